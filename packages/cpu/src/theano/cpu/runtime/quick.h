/* Steps of a loop in their settled form: everything but addresses is known from an earlier run of the same thunk. */
#ifndef THEANO_QUICK_H
#define THEANO_QUICK_H

#include "kernel.h"
#include "matrix.h"

/* A thunk whose operands keep their shape and layout from run to run, and wait for a next run in the same call. */
typedef struct Quick {
    int (*run)(Call *c, const struct Quick *q); /* NULL: not of this kind; returns 0 when it is for the thunk after all */
    const Sweep *sweep; /* elementwise work on contiguous operands: body and number of elements */
    idx n;
    int8_t same[RT_MAXOPS]; /* for each operand: another one that must have its address, or -1 */
    Matrix a, b; /* a matrix times a vector or another matrix: out = alpha a b + beta z */
    double alpha, beta, ps;
    char *ready;      /* panels of b, a block of memory (recycle.h), or NULL */
    const Thunk *whole; /* a thunk that runs as usual, but with those panels */
    idx isz, bytes;
    int32_t slots[RT_MAXOPS]; /* of the operands of the sweep; or of a, v, z, out */
} Quick;

/* What lasts in a loop: whether the second operand of the product stays as it is, and the steps to come. */
typedef struct {
    int fixed;
    idx steps;
} Outlook;

/* Packs the second operand of a product that stays as it is if that pays; returns 0 when not, or when there is no room. */
int rt_make_quick_ready(Quick *q, const Outlook *o);

/* Each fills in `q` if `t`, which has just run, is of its kind and does little enough. */
void rt_map_quicken(Call *c, const Thunk *t, Quick *q);
void rt_product_quicken(Call *c, const Thunk *t, Quick *q);
int32_t rt_second_factor(const Thunk *t);
int rt_activated_run(Call *c, const Thunk *t);
void rt_activated_quicken(Call *c, const Thunk *t, Quick *q, const Outlook *o);
void rt_matrices_quicken(Call *c, const Thunk *t, Quick *q, const Outlook *o);

#endif
