/* Binomial and Poisson counts: the twin of theano/tensor/random/counts.py, operation by
 * operation. Large ones by W. Hoermann (1993). */
#include "draws.h"

#define SMALL 10.0
#define LARGEST 0x1p52

/* What Stirling's formula for log(k!) lacks. */
static const double near[10] = {0.08106146679532726,  0.0413406959554093,   0.02767792568499834, 0.020790672103765093,
                                0.016644691189821193, 0.013876128823070748, 0.01189670994589177, 0.010411265261972096,
                                0.009255462182712733, 0.00833056343336287};

/* Where the formula of stirling() is not precise enough: looked up beforehand, which vectors cannot. */
static double near_zero(double k) { return k >= 0.0 && k < 10.0 ? near[(int)k] : 0.0; }

ALWAYS double stirling(double k, double known)
{
    double x = 1.0 / (k + 1.0), far = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 * (x * x)) * (x * x)) * x;
    return k < 10.0 ? known : far;
}

ALWAYS double log_factorial(double k, double known)
{
    return (k + 0.5) * log64(k + 1.0) - (k + 1.0) + 0.9189385332046727 + stirling(k, known);
}

/* Chances of counts up to 0, 1, ... until they grow no more; `n` is the largest count that is possible. `ratio(k)` is the
 * chance of k by that of k - 1. */
#define TABULATE(chance_of_none, n, ratio)                                                                             \
    double term = f->totals[0] = chance_of_none;                                                                       \
    f->most = n < RT_MOST_STEPS - 1 ? (int)n : RT_MOST_STEPS - 1;                                                      \
    for (f->steps = 1; f->steps <= f->most; f->steps++) {                                                              \
        int k = f->steps;                                                                                              \
        term = term * (ratio);                                                                                         \
        f->totals[k] = f->totals[k - 1] + term;                                                                        \
        if (k > SMALL && f->totals[k] == f->totals[k - 1])                                                             \
            break;                                                                                                     \
    }

/* How many of `n` numbers are not above `u`: they ascend, so that is where `u` falls. */
CLONES static int count_below(const double *totals, int n, double u)
{
    int64_t below = 0;
    for (int i = 0; i < n; i++)
        below += totals[i] <= u;
    return (int)below;
}

/* The same for one number. */
#define WALK(chance_of_none, n, ratio)                                                                                 \
    double u = rt_random_next(x), term = chance_of_none, total = term;                                                 \
    int k = 0;                                                                                                         \
    while (u >= total && k + 1 < RT_MOST_STEPS && n >= k + 1) {                                                        \
        k++;                                                                                                           \
        term = term * (ratio);                                                                                         \
        total = total + term;                                                                                          \
    }                                                                                                                  \
    return k;

/* The two numbers in [0, 1) that each element of a group begins with: those that rt_random_next gives. */
CLONES static void uniforms(const uint32_t *w, double *u, double *v)
{
    for (int i = 0; i < RT_SLOTS; i++) {
        u[i] = whole(w[i]) * 0x1p-32 + (double)(int32_t)(w[RT_SLOTS + i] >> 11) * 0x1p-53;
        v[i] = whole(w[2 * RT_SLOTS + i]) * 0x1p-32 + (double)(int32_t)(w[3 * RT_SLOTS + i] >> 11) * 0x1p-53;
    }
}

/* Attempts at large counts: two uniform numbers, and the count that they propose. */
typedef struct {
    double u[RT_SLOTS], v[RT_SLOTS], k[RT_SLOTS], known[RT_SLOTS], rest[RT_SLOTS];
    int64_t good[RT_SLOTS];
} Attempts;

ALWAYS double proposed(double u, const Fit *f)
{
    double x = u - 0.5, wide = 0.5 - fabs(x);
    return floor((2.0 * f->c[2] / wide + f->c[3]) * x + f->c[4]);
}

/* Whether an attempt is good, to be seen at once. */
ALWAYS int squeezed(double u, double v, const Fit *f) { return (0.5 - fabs(u - 0.5) >= 0.07) & (v <= f->c[5]); }

CLONES static void propose(Attempts *a, const Fit *f)
{
    for (int i = 0; i < RT_SLOTS; i++) {
        a->k[i] = proposed(a->u[i], f);
        a->good[i] = squeezed(a->u[i], a->v[i], f);
    }
}

typedef struct {
    double (*draw)(Series *x, const Fit *f);
    void (*decide)(Attempts *a, int n, const Fit *f); /* which attempts are good */
} CountLaw;

/* Takes the good ones of the attempts of `slots` (NULL: all) over to `out`; `slots` is then the list of the others. */
static int take(const Attempts *a, int n, const int *slots, int *left, double *out)
{
    int others = 0;
    for (int i = 0; i < n; i++) {
        int slot = slots ? slots[i] : i;
        out[slot] = a->k[i];
        left[others] = slot;
        others += !a->good[i];
    }
    return others;
}

/* The first attempts of a group, with shared parameters; returns how many failed, and which. */
static int first_attempts(const CountLaw *law, Attempts *a, int n, const Fit *f, int *left, double *out)
{
    int unsure[RT_SLOTS], others;
    propose(a, f);
    others = take(a, n, NULL, unsure, out);
    for (int i = 0; i < others; i++) {
        a->u[i] = a->u[unsure[i]];
        a->v[i] = a->v[unsure[i]];
        a->k[i] = a->k[unsure[i]];
        a->known[i] = near_zero(a->k[i]);
        a->rest[i] = near_zero(f->p[0] - a->k[i]);
    }
    law->decide(a, others, f);
    return take(a, others, unsure, left, out);
}

static int small_counts(const Attempts *a, int n, const Fit *f, double *out)
{
    for (int i = 0; i < n; i++) {
        int k = count_below(f->totals, f->steps, a->u[i]);
        out[i] = k < f->steps ? k : f->most;
    }
    return 0;
}

/* Counts of a group. */
static void make_counts(const CountLaw *law, const Job *job, const uint32_t *w, idx at, int n, const Tile *tiles, Fit *fit,
                        int large, double *out)
{
    Attempts a;
    int left[RT_SLOTS], others = n;
    if (fit->shared) {
        uniforms(w, a.u, a.v);
        others = large ? first_attempts(law, &a, n, fit, left, out) : small_counts(&a, n, fit, out);
    }
    for (int i = 0; i < others; i++) {
        int slot = fit->shared ? left[i] : i;
        Series x;
        if (!fit->shared)
            rt_series_fit(job->series, fit, tiles[0].d[i], job->t->nin > 3 ? tiles[1].d[i] : 0);
        rt_random_seeded(&x, &job->stream, (uint64_t)(at + slot), w + slot);
        out[slot] = law->draw(&x, fit);
    }
}

static void poisson_fit(Fit *f)
{
    double lam = f->p[0];
    if (lam < SMALL) {
        if (f->shared) {
            TABULATE(exp64(0.0 - lam), LARGEST, lam / k)
        }
        return;
    }
    double root = sqrt(lam), b = 0.931 + 2.53 * root;
    f->c[0] = log64(lam);
    f->c[1] = log64(1.1239 + 1.1328 / (b - 3.4));
    f->c[2] = -0.059 + 0.02483 * b;
    f->c[3] = b;
    f->c[4] = lam + 0.43;
    f->c[5] = 0.9277 - 3.6224 / (b - 2.0);
}

static double poisson_small(Series *x, double lam) { WALK(exp64(0.0 - lam), LARGEST, lam / k) }

ALWAYS int poisson_accepts(double u, double v, double k, double known, const Fit *f)
{
    double wide = 0.5 - fabs(u - 0.5), low = log64(v) + f->c[1] - log64(f->c[2] / (wide * wide) + f->c[3]);
    return (k >= 0.0) & !((wide < 0.013) & (v > wide)) & (low <= k * f->c[0] - f->p[0] - log_factorial(k, known));
}

CLONES static void poisson_decide(Attempts *a, int n, const Fit *f)
{
    for (int i = 0; i < n; i++)
        a->good[i] = poisson_accepts(a->u[i], a->v[i], a->k[i], a->known[i], f);
}

static double poisson_number(Series *x, const Fit *f)
{
    if (f->p[0] < SMALL)
        return poisson_small(x, f->p[0]);
    for (;;) {
        double u = rt_random_next(x), v = rt_random_next(x), k = proposed(u, f);
        if (squeezed(u, v, f) || poisson_accepts(u, v, k, near_zero(k), f))
            return k;
    }
}

static const CountLaw poisson = {poisson_number, poisson_decide};

static void make_poisson(const Job *job, const uint32_t *w, idx at, idx n, Tile *tiles, Fit *fit, double *out)
{
    make_counts(&poisson, job, w, at, (int)n, tiles, fit, fit->shared && fit->p[0] >= SMALL, out);
}

static int poisson_broken(const double *p) { return p[0] >= 0 && p[0] <= LARGEST ? -1 : 0; }

const SeriesLaw rt_poisson = {
    RT_SLOTS, poisson_fit, make_poisson, poisson_broken, {{"poisson: means from 0 to 2**52", "give other means"}}};

/* Of small negative numbers. */
static double log1_plus(double x)
{
    return x > -1e-4 ? x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25))) : log64(1.0 + x);
}

static void binomial_fit(Fit *f)
{
    double n = f->p[0], p = f->p[1] > 0.5 ? 1.0 - f->p[1] : f->p[1];
    f->c[0] = p;
    f->c[1] = p / (1.0 - p);
    if (n * p < SMALL) {
        if (f->shared) {
            TABULATE(exp64(n * log1_plus(0.0 - p)), n, (n - (k - 1.0)) / k * f->c[1])
        }
        return;
    }
    double deviation = sqrt(n * p * (1.0 - p)), b = 1.15 + 2.53 * deviation;
    f->c[2] = -0.0873 + 0.0248 * b + 0.01 * p;
    f->c[3] = b;
    f->c[4] = n * p + 0.5;
    f->c[5] = 0.92 - 4.2 / b;
    f->c[6] = (2.83 + 5.1 / b) * deviation;
    f->c[7] = floor((n + 1.0) * p);
    f->c[8] = (f->c[7] + 0.5) * log64((f->c[7] + 1.0) / (f->c[1] * (n - f->c[7] + 1.0)));
    f->c[8] = f->c[8] + stirling(f->c[7], near_zero(f->c[7])) + stirling(n - f->c[7], near_zero(n - f->c[7]));
}

static double binomial_small(Series *x, const Fit *f)
{
    double n = f->p[0];
    WALK(exp64(n * log1_plus(0.0 - f->c[0])), n, (n - (k - 1.0)) / k * f->c[1])
}

ALWAYS int binomial_accepts(double u, double v, double k, double known, double rest, const Fit *f)
{
    double n = f->p[0], ratio = f->c[1], top = f->c[7], wide = 0.5 - fabs(u - 0.5);
    double low = log64(v * f->c[6] / (f->c[2] / (wide * wide) + f->c[3]));
    double high = (n + 1.0) * log64((n - top + 1.0) / (n - k + 1.0));
    high = high + (k + 0.5) * log64(ratio * (n - k + 1.0) / (k + 1.0));
    high = high + f->c[8] - stirling(k, known) - stirling(n - k, rest);
    return (k >= 0.0) & (k <= n) & (low <= high);
}

CLONES static void binomial_decide(Attempts *a, int n, const Fit *f)
{
    for (int i = 0; i < n; i++)
        a->good[i] = binomial_accepts(a->u[i], a->v[i], a->k[i], a->known[i], a->rest[i], f);
}

static int is_large(const Fit *f) { return f->p[0] * f->c[0] >= SMALL; }

static double binomial_number(Series *x, const Fit *f)
{
    if (!is_large(f))
        return binomial_small(x, f);
    for (;;) {
        double u = rt_random_next(x), v = rt_random_next(x), k = proposed(u, f);
        if (squeezed(u, v, f) || binomial_accepts(u, v, k, near_zero(k), near_zero(f->p[0] - k), f))
            return k;
    }
}

static const CountLaw binomial = {binomial_number, binomial_decide};

/* The counts of one outcome become those of the other, if that was the likely one. */
static double flipped(double k, double n, double p) { return p > 0.5 ? n - k : k; }

static void make_binomial(const Job *job, const uint32_t *w, idx at, idx n, Tile *tiles, Fit *fit, double *out)
{
    make_counts(&binomial, job, w, at, (int)n, tiles, fit, fit->shared && is_large(fit), out);
    for (idx i = 0; i < n; i++)
        out[i] = fit->shared ? flipped(out[i], fit->p[0], fit->p[1]) : flipped(out[i], tiles[0].d[i], tiles[1].d[i]);
}

static int binomial_broken(const double *p)
{
    return !(p[0] >= 0 && p[0] <= LARGEST) ? 0 : p[1] >= 0 && p[1] <= 1 ? -1 : 1;
}

const SeriesLaw rt_binomial = {RT_SLOTS,
                               binomial_fit,
                               make_binomial,
                               binomial_broken,
                               {{"binomial: trials from 0 to 2**52", "give another n"},
                                {"binomial: probabilities from 0 to 1", "rescale p"}}};

/* One number of a series, with a fit for whatever came before. */
double rt_binomial_number(Series *x, Fit *fit, double n, double p)
{
    rt_series_fit(&rt_binomial, fit, n, p);
    return flipped(binomial_number(x, fit), n, p);
}
