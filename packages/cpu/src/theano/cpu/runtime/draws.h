/* What the draws of all laws share. */
#ifndef THEANO_DRAWS_H
#define THEANO_DRAWS_H

#include "random.h"

/* The work of one draw. */
typedef struct {
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
} Job;

typedef union {
    double d[RT_GROUP];
    int64_t i[RT_GROUP];
    char bytes[RT_GROUP * 8];
} Tile;

/* draws.c */
void rt_draw_parameter(const Job *job, int k, idx at, idx n, Tile *tile);
int rt_draw_reject(Job *job, const char *demand, const char *advice, double bad);

/* series.c */
const SeriesLaw *rt_series_law(int64_t law);
int rt_series_fill(Job *job, idx at, idx n);
int rt_multinomial_open(Job *job);
int rt_multinomial_fill(Job *job, idx at, idx n);

#endif
