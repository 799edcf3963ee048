/* Gamma and beta numbers from the series of a position: the twin of theano/tensor/random/gammas.py, operation by
 * operation. By G. Marsaglia and W. W. Tsang (2000). */
#include "random.h"

#define LOWEST -1e300

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

static double log_gamma_number(Series *s, double a)
{
    double d = (a < 1.0 ? a + 1.0 : a) - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d), out;
    for (;;) {
        double x = next_normal(s), u = next_open(s), v = 1.0 + c * x, square = x * x;
        v = v * v * v;
        if (!(v > 0.0))
            continue;
        double log_v = log64(v);
        if (u < 1.0 - 0.0331 * (square * square) || log64(u) < 0.5 * square + d * (1.0 - v + log_v)) {
            out = log64(d) + log_v;
            break;
        }
    }
    if (a < 1.0) {
        out = out + log64(next_open(s)) / a;
        out = out < LOWEST ? LOWEST : out;
    }
    return out;
}

static int is_good(double a) { return a >= 1e-290 && a <= 1e290; }

static void nothing_to_fit(Fit *f) { (void)f; }

static double gamma_number(Series *x, Fit *f) { return exp64(log_gamma_number(x, f->p[0])); }

static int gamma_broken(const double *p) { return is_good(p[0]) ? -1 : 0; }

const SeriesLaw rt_gamma = {
    nothing_to_fit, gamma_number, gamma_broken, {{"gamma: parameters above 0, from 1e-290 to 1e290", "give other parameters"}}};

static double beta_number(Series *s, Fit *f)
{
    double x = log_gamma_number(s, f->p[0]), y = log_gamma_number(s, f->p[1]), top = x > y ? x : y;
    double a = exp64(x - top), b = exp64(y - top);
    return a / (a + b);
}

static int beta_broken(const double *p) { return !is_good(p[0]) ? 0 : is_good(p[1]) ? -1 : 1; }

#define BETA {"beta: parameters above 0, from 1e-290 to 1e290", "give other parameters"}
const SeriesLaw rt_beta = {nothing_to_fit, beta_number, beta_broken, {BETA, BETA}};
