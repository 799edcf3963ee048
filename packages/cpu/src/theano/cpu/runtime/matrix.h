/* Matrices as BLAS steps see them. */
#ifndef THEANO_MATRIX_H
#define THEANO_MATRIX_H

#include "runtime.h"

typedef struct {
    char *data;
    idx rows, cols, rs, cs; /* strides in bytes */
} Matrix;

size_t rt_product_room(const Matrix *x, const Matrix *y, idx isz);
void rt_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room);
int rt_skinny_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz);
size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz);
int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room);
void rt_rank_one(double alpha, const char *x, const char *y, idx rows, idx cols, char *out, idx isz);

#endif
