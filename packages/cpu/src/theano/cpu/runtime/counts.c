/* Binomial and Poisson counts from the series of a position: the twin of theano/tensor/random/counts.py, operation by
 * operation. Large ones by W. Hoermann (1993). */
#include "random.h"

#define SMALL 10.0
#define LARGEST 0x1p52

/* What Stirling's formula for log(k!) lacks. */
static double stirling(double k)
{
    static const double near[10] = {0.08106146679532726,  0.0413406959554093,   0.02767792568499834, 0.020790672103765093,
                                    0.016644691189821193, 0.013876128823070748, 0.01189670994589177, 0.010411265261972096,
                                    0.009255462182712733, 0.00833056343336287};
    if (k < 10.0)
        return near[(int)k];
    double x = 1.0 / (k + 1.0);
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 * (x * x)) * (x * x)) * x;
}

static double log_factorial(double k)
{
    return (k + 0.5) * log64(k + 1.0) - (k + 1.0) + 0.9189385332046727 + stirling(k);
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

static double small_count(Series *x, const Fit *f)
{
    int k = count_below(f->totals, f->steps, rt_random_next(x));
    return k < f->steps ? k : f->most;
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
    f->c[0] = -0.059 + 0.02483 * b;
    f->c[1] = b;
    f->c[2] = log64(lam);
    f->c[3] = log64(1.1239 + 1.1328 / (b - 3.4));
    f->c[4] = 0.9277 - 3.6224 / (b - 2.0);
}

static double poisson_small(Series *x, double lam) { WALK(exp64(0.0 - lam), LARGEST, lam / k) }

static double poisson_large(Series *x, const Fit *f)
{
    double lam = f->p[0], a = f->c[0], b = f->c[1], log_lam = f->c[2], log_alpha = f->c[3], limit = f->c[4];
    for (;;) {
        double u = rt_random_next(x) - 0.5, v = rt_random_next(x), us = 0.5 - fabs(u);
        double k = floor((2.0 * a / us + b) * u + lam + 0.43);
        if (us >= 0.07 && v <= limit)
            return k;
        if (!(k >= 0.0) || (us < 0.013 && v > us))
            continue;
        double low = log64(v) + log_alpha - log64(a / (us * us) + b);
        if (low <= k * log_lam - lam - log_factorial(k))
            return k;
    }
}

static double poisson(Series *x, Fit *f)
{
    if (f->p[0] >= SMALL)
        return poisson_large(x, f);
    return f->shared ? small_count(x, f) : poisson_small(x, f->p[0]);
}

static int poisson_broken(const double *p) { return p[0] >= 0 && p[0] <= LARGEST ? -1 : 0; }

const SeriesLaw rt_poisson = {poisson_fit, poisson, poisson_broken, {{"poisson: means from 0 to 2**52", "give other means"}}};

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
}

static double binomial_small(Series *x, const Fit *f)
{
    double n = f->p[0];
    WALK(exp64(n * log1_plus(0.0 - f->c[0])), n, (n - (k - 1.0)) / k * f->c[1])
}

static double binomial_large(Series *x, const Fit *f)
{
    double n = f->p[0], ratio = f->c[1], a = f->c[2], b = f->c[3], c = f->c[4], limit = f->c[5], alpha = f->c[6];
    double top = f->c[7];
    for (;;) {
        double u = rt_random_next(x) - 0.5, v = rt_random_next(x), us = 0.5 - fabs(u);
        double k = floor((2.0 * a / us + b) * u + c);
        if (us >= 0.07 && v <= limit)
            return k;
        if (!(k >= 0.0 && k <= n))
            continue;
        double low = log64(v * alpha / (a / (us * us) + b));
        double high = (top + 0.5) * log64((top + 1.0) / (ratio * (n - top + 1.0)));
        high = high + (n + 1.0) * log64((n - top + 1.0) / (n - k + 1.0));
        high = high + (k + 0.5) * log64(ratio * (n - k + 1.0) / (k + 1.0));
        high = high + stirling(top) + stirling(n - top) - stirling(k) - stirling(n - k);
        if (low <= high)
            return k;
    }
}

static double binomial(Series *x, Fit *f)
{
    double n = f->p[0], k;
    if (n * f->c[0] >= SMALL)
        k = binomial_large(x, f);
    else
        k = f->shared ? small_count(x, f) : binomial_small(x, f);
    return f->p[1] > 0.5 ? n - k : k;
}

static int binomial_broken(const double *p)
{
    return !(p[0] >= 0 && p[0] <= LARGEST) ? 0 : p[1] >= 0 && p[1] <= 1 ? -1 : 1;
}

const SeriesLaw rt_binomial = {binomial_fit,
                               binomial,
                               binomial_broken,
                               {{"binomial: trials from 0 to 2**52", "give another n"},
                                {"binomial: probabilities from 0 to 1", "rescale p"}}};
