/* Gamma and beta numbers: the twin of theano/tensor/random/gammas.py, operation by operation. By G. Marsaglia and
 * W. W. Tsang (2000). */
#include "draws.h"

/* A group makes so many gamma numbers. A beta number is made of two: the second ones lie in the upper half. */
typedef struct {
    double a[RT_SLOTS]; /* parameters */
    double d[RT_SLOTS], c[RT_SLOTS]; /* what is computed of them */
    double x[RT_SLOTS], u[RT_SLOTS]; /* normal and uniform numbers */
    double made[RT_SLOTS]; /* gamma numbers of a, or of a + 1 where that is below 1 */
    int64_t done[RT_SLOTS];
} Gammas;

static double next_open(Series *x)
{
    uint64_t bits = rt_random_next64(x);
    return open64((uint32_t)(bits >> 32), (uint32_t)bits);
}

static double next_normal(Series *x)
{
    double radius = sqrt(-2.0 * log64(next_open(x))), c, s;
    uint64_t bits = rt_random_next64(x);
    turn64((uint32_t)(bits >> 32), (uint32_t)bits, &c, &s);
    return radius * c;
}

ALWAYS double middle(double a) { return (a < 1.0 ? a + 1.0 : a) - 1.0 / 3.0; }

CLONES static void fit_each(Gammas *g)
{
    for (int i = 0; i < RT_SLOTS; i++) {
        g->d[i] = middle(g->a[i]);
        g->c[i] = 1.0 / sqrt(9.0 * g->d[i]);
    }
}

/* The first attempts, and which of them the squeeze accepts. */
CLONES static void propose(const uint32_t *w, Gammas *g)
{
    normals64(w, RT_SLOTS / 2, g->x);
    for (int i = 0; i < RT_SLOTS; i++)
        g->u[i] = open64(w[2 * RT_SLOTS + i], w[3 * RT_SLOTS + i]);
    for (int i = 0; i < RT_SLOTS; i++) {
        double x = g->x[i], v = 1.0 + g->c[i] * x, square = x * x;
        v = v * v * v;
        g->made[i] = g->d[i] * v;
        g->done[i] = (v > 0.0) & (g->u[i] < 1.0 - 0.0331 * (square * square));
    }
}

/* The number of a slot whose first attempt may be a failure; the next ones are those of a series. */
static double settle(const Gammas *g, idx slot, Series *s)
{
    double d = g->d[slot], c = g->c[slot], x = g->x[slot], u = g->u[slot];
    for (;;) {
        double v = 1.0 + c * x, square = x * x;
        v = v * v * v;
        if (v > 0.0 && (u < 1.0 - 0.0331 * (square * square) || log64(u) < 0.5 * square + d * (1.0 - v + log64(v))))
            return d * v;
        x = next_normal(s);
        u = next_open(s);
    }
}

/* Each element that is not done: first all of its first number, then of its second one. */
static void settle_all(const Job *job, idx at, idx n, int numbers, Gammas *g)
{
    for (idx i = 0; i < n; i++) {
        idx second = RT_SLOTS / 2 + i;
        if (g->done[i] && (numbers == 1 || g->done[second]))
            continue;
        Series s;
        rt_random_series(&s, &job->stream, (uint64_t)(at + i), 1);
        g->made[i] = settle(g, i, &s);
        if (numbers == 2)
            g->made[second] = settle(g, second, &s);
    }
}

/* Gamma numbers of `a` for the `n` elements, and whether all parameters are 1 or more. */
static int make_gammas(const Job *job, const uint32_t *w, idx at, idx n, int numbers, const Tile *tiles, const Fit *fit,
                       Gammas *g)
{
    int plain = 1;
    for (int k = 0; k < numbers; k++) {
        idx most = RT_SLOTS / numbers, from = k * most;
        for (idx i = 0; i < most; i++)
            g->a[from + i] = fit->shared ? fit->p[k] : i < n ? tiles[k].d[i] : 1.0;
        for (idx i = 0; i < most; i++)
            plain &= g->a[from + i] >= 1.0;
    }
    fit_each(g);
    propose(w, g);
    settle_all(job, at, n, numbers, g);
    return plain;
}

/* What lifts gamma numbers of a + 1 to those of a: uniform numbers of the first blocks of their series. */
static void read_lifts(const Job *job, idx at, int numbers, double *u)
{
    Batch b;
    idx n = RT_SLOTS / numbers;
    for (idx i = 0; i < n; i += RT_LANES) {
        rt_random_batch(&b, &job->stream, (uint64_t)(at + i));
        for (int k = 0; k < numbers; k++)
            for (int lane = 0; lane < RT_LANES; lane++)
                u[k * n + i + lane] = open64(b.words[2 * k * RT_LANES + lane], b.words[(2 * k + 1) * RT_LANES + lane]);
    }
}

/* Logarithms of gamma numbers. */
CLONES static void logarithms(const double *a, const double *made, const double *u, double *out)
{
    for (int i = 0; i < RT_SLOTS; i++) {
        double log_made = log64(made[i]), lifted = log_made + log64(u[i]) / a[i];
        out[i] = a[i] < 1.0 ? lifted : log_made;
    }
}

CLONES static void exponentials(const double *a, const double *made, const double *logs, double *out)
{
    for (int i = 0; i < RT_SLOTS; i++) {
        double lifted = exp64(logs[i]);
        out[i] = a[i] < 1.0 ? lifted : made[i];
    }
}

static void make_gamma(const Job *job, const uint32_t *w, idx at, idx n, Tile *tiles, Fit *fit, double *out)
{
    Gammas g;
    if (make_gammas(job, w, at, n, 1, tiles, fit, &g)) {
        memcpy(out, g.made, (size_t)n * sizeof(double));
        return;
    }
    double u[RT_SLOTS], logs[RT_SLOTS];
    read_lifts(job, at, 1, u);
    logarithms(g.a, g.made, u, logs);
    exponentials(g.a, g.made, logs, out);
}

CLONES static void shares(const double *x, const double *y, double *out)
{
    for (int i = 0; i < RT_SLOTS / 2; i++)
        out[i] = x[i] / (x[i] + y[i]);
}

/* Shares where a parameter is below 1: gamma numbers may then be too small for a float, their logarithms are not. */
CLONES static void log_shares(const Gammas *g, const double *x, const double *y, double *out)
{
    const double *a = g->a, *b = a + RT_SLOTS / 2, *made = g->made, *other = made + RT_SLOTS / 2;
    for (int i = 0; i < RT_SLOTS / 2; i++) {
        double top = x[i] > y[i] ? x[i] : y[i], p = exp64(x[i] - top), q = exp64(y[i] - top);
        int plain = (a[i] >= 1.0) & (b[i] >= 1.0);
        p = plain ? made[i] : p;
        q = plain ? other[i] : q;
        out[i] = p / (p + q);
    }
}

static void make_beta(const Job *job, const uint32_t *w, idx at, idx n, Tile *tiles, Fit *fit, double *out)
{
    enum { HALF = RT_SLOTS / 2 };
    Gammas g;
    if (make_gammas(job, w, at, n, 2, tiles, fit, &g)) {
        shares(g.made, g.made + HALF, out);
        return;
    }
    double u[RT_SLOTS], logs[RT_SLOTS];
    read_lifts(job, at, 2, u);
    logarithms(g.a, g.made, u, logs);
    log_shares(&g, logs, logs + HALF, out);
}

static void nothing_to_fit(Fit *f) { (void)f; }

static int is_good(double a) { return a >= 1e-290 && a <= 1e290; }

static int gamma_broken(const double *p) { return is_good(p[0]) ? -1 : 0; }

static int beta_broken(const double *p) { return !is_good(p[0]) ? 0 : is_good(p[1]) ? -1 : 1; }

#define DEMAND(law) {law ": parameters above 0, from 1e-290 to 1e290", "give other parameters"}
const SeriesLaw rt_gamma = {RT_SLOTS, nothing_to_fit, make_gamma, gamma_broken, {DEMAND("gamma")}};
const SeriesLaw rt_beta = {RT_SLOTS / 2, nothing_to_fit, make_beta, beta_broken, {DEMAND("beta"), DEMAND("beta")}};
