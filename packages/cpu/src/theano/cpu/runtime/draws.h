/* What the draws of all laws share. */
#ifndef THEANO_DRAWS_H
#define THEANO_DRAWS_H

#include "random.h"

typedef union {
    double d[RT_GROUP];
    int64_t i[RT_GROUP];
    char bytes[RT_GROUP * 8];
} Tile;

/* What a law has computed of its parameters, for elements that have the same. */
#define RT_MOST_STEPS 150
typedef struct {
    int shared, known;            /* by all elements: worth a table; whether `p` is set */
    double p[2], c[9];
    int steps, most;              /* totals that are known; the largest count */
    double totals[RT_MOST_STEPS]; /* chances of counts up to each number */
} Fit;

/* Laws that may reject what they have drawn: elements take their first words from a group, more from their series. */
typedef struct Job Job;
typedef struct {
    idx most; /* elements of a group */
    void (*fit)(Fit *f); /* from `p` */
    /* numbers `at` to `at` + `n` of a draw, with parameters in tiles where they are not shared */
    void (*make)(const Job *job, const uint32_t *w, idx at, idx n, Tile *tiles, Fit *fit, double *out);
    int (*broken)(const double *parameters); /* which demand they break, or -1 */
    const char *demands[2][2]; /* what is asked of the parameter that each is about, what to do */
} SeriesLaw;
extern const SeriesLaw rt_poisson, rt_binomial, rt_gamma, rt_beta;

/* The work of one draw. */
struct Job {
    Stream stream;
    Call *call;
    const Thunk *t;
    int64_t law;
    int typenum, failed;
    shape_fn shape;
    const SeriesLaw *series;
    idx size, itemsize, most; /* elements, bytes of one, elements of a group */
    idx step;                 /* groups of a chunk */
    char *out;
    double *tails;      /* multinomial: what is left for a category and those behind it */
    idx categories;
    const char *demand; /* what a parameter breaks, what to do, and the parameter */
    const char *advice;
    double bad;
    int64_t low, high;
};

/* draws.c */
void rt_draw_parameter(const Job *job, int k, idx at, idx n, Tile *tile);
int rt_draw_reject(Job *job, const char *demand, const char *advice, double bad);

/* series.c */
const SeriesLaw *rt_series_law(int64_t law);
int rt_series_fill(Job *job, const uint32_t *w, idx at, idx n, Fit *fit);
void rt_series_fit(const SeriesLaw *law, Fit *fit, double p, double q);
int rt_multinomial_open(Job *job);
int rt_multinomial_fill(Job *job, idx at, idx n);

/* counts.c */
double rt_binomial_number(Series *x, Fit *f, double n, double p);

#endif
