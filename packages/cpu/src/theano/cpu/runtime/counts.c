/* Binomial and Poisson counts from the series of a position: the twin of theano/tensor/random/counts.py, operation by
 * operation. Large ones by W. Hoermann (1993). */
#include "random.h"

#define SMALL 10.0
#define MOST_STEPS 150
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

static double poisson_small(Series *x, double lam)
{
    double u = rt_random_next(x), term = exp64(0.0 - lam), total = term, k = 0;
    for (int step = 1; step < MOST_STEPS && u >= total; step++) {
        term = term * (lam / step);
        k = step;
        total = total + term;
    }
    return k;
}

static double poisson_large(Series *x, double lam)
{
    double root = sqrt(lam), log_lam = log64(lam), b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
    double log_alpha = log64(1.1239 + 1.1328 / (b - 3.4)), limit = 0.9277 - 3.6224 / (b - 2.0);
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

static double poisson(Series *x, const double *p) { return p[0] < SMALL ? poisson_small(x, p[0]) : poisson_large(x, p[0]); }

static int poisson_broken(const double *p) { return p[0] >= 0 && p[0] <= LARGEST ? -1 : 0; }

const SeriesLaw rt_poisson = {poisson, poisson_broken, {{"poisson: means from 0 to 2**52", "give other means"}}};

/* Of small negative numbers. */
static double log1_plus(double x)
{
    return x > -1e-4 ? x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25))) : log64(1.0 + x);
}

static double binomial_small(Series *x, double n, double p)
{
    double u = rt_random_next(x), term = exp64(n * log1_plus(0.0 - p)), ratio = p / (1.0 - p), total = term, k = 0;
    for (int step = 1; step < MOST_STEPS && u >= total && n >= step; step++) {
        term = term * ((n - (step - 1.0)) / step * ratio);
        k = step;
        total = total + term;
    }
    return k;
}

static double binomial_large(Series *x, double n, double p)
{
    double deviation = sqrt(n * p * (1.0 - p)), b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p;
    double c = n * p + 0.5, limit = 0.92 - 4.2 / b, ratio = p / (1.0 - p), alpha = (2.83 + 5.1 / b) * deviation;
    double top = floor((n + 1.0) * p);
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

static double binomial(Series *x, const double *p)
{
    int flip = p[1] > 0.5;
    double n = p[0], q = flip ? 1.0 - p[1] : p[1];
    double k = n * q < SMALL ? binomial_small(x, n, q) : binomial_large(x, n, q);
    return flip ? n - k : k;
}

static int binomial_broken(const double *p)
{
    return !(p[0] >= 0 && p[0] <= LARGEST) ? 0 : p[1] >= 0 && p[1] <= 1 ? -1 : 1;
}

const SeriesLaw rt_binomial = {binomial,
                               binomial_broken,
                               {{"binomial: trials from 0 to 2**52", "give another n"},
                                {"binomial: probabilities from 0 to 1", "rescale p"}}};
