/* Products of a short matrix that stays the same and many vectors, one after the other, for generated loops. */
#ifndef THEANO_SHORT_PRODUCT_H
#define THEANO_SHORT_PRODUCT_H

#include "matrix.h"

#define MAX_PADDED 16 /* rows and columns; see PADDED in theano.cpu.padded_printer */
#define MAX_NARROW 8  /* as NARROW in theano.cpu.narrow_printer */

struct ShortProduct;
typedef void (*short_fn)(const struct ShortProduct *s, const void *v, void *out);

/* The columns of the matrix, filled up with zeros to whole vectors. Generated code knows the order of the members. */
typedef struct ShortProduct {
    short_fn run;      /* reads `depth` elements of v, writes whole vectors of out */
    int64_t depth, width; /* number of columns, and elements of one, zeros included */
    int64_t narrow;    /* no more than MAX_NARROW both, and the sum of products in the order of a tree has the same bits */
    char rows[MAX_PADDED * MAX_PADDED * 8] __attribute__((aligned(64)));
} ShortProduct;

/* Makes `s` of `x`; 0 when there is no way to have the bits of `rt_matvec`. */
int rt_short_product(ShortProduct *s, const Matrix *x, idx isz);

#endif
