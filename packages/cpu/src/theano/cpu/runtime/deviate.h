/* Partial sums of the elements of a row, of what is left of them without a number, and of the squares of that. */
#ifndef THEANO_DEVIATE_H
#define THEANO_DEVIATE_H

#include "kernel.h"

/* RT_PARTS of each. */
typedef struct {
    double sums[RT_PARTS], rests[RT_PARTS], squares[RT_PARTS];
} Parts;

#define RT_STRETCH 4 /* blocks of float64, at most */

/* At most one block of float32, RT_STRETCH blocks of float64: the sums are those of fold.c. */
void rt_deviate(Parts *to, const char *x, idx n, int wide, double about);

#endif
