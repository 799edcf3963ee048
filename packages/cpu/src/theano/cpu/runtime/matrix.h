/* Matrices as BLAS steps see them. */
#ifndef THEANO_MATRIX_H
#define THEANO_MATRIX_H

#include "runtime.h"

typedef struct {
    char *data;
    idx rows, cols, rs, cs; /* strides in bytes */
} Matrix;

#define RT_FAR_AWAY ((idx)8 << 20) /* bytes of a matrix that comes from main memory */

/* The widest vectors that products may use: 2 AVX-512, 1 AVX2 with FMA, 0 none of these. */
extern int rt_widest;

static inline int rt_vector_unit(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (rt_widest > 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"))
        return 2;
    return rt_widest > 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

/* Picoseconds that a product takes on one core: of matrices by the arithmetic, of a matrix and a vector by the reading. */
static inline double rt_product_ps(const Matrix *x, const Matrix *y, idx isz)
{
    return (double)x->rows * (double)x->cols * (double)y->cols * (double)isz * (x->rows == 1 || y->cols == 1 ? 20 : 3);
}

/* `threads`: see pool.h; the way and the order of additions do not depend on it. */
size_t rt_product_room(const Matrix *x, const Matrix *y, idx isz, int threads);
void rt_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room, int threads);
size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz, int threads);
int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                      int threads);
#ifndef RT_FINISHED
#define RT_FINISHED ((idx)16 << 10) /* bytes of a block of a product that is finished at a time */
#endif
/* Work on a block of a product: `rows` by `cols` at position (i, j), of contiguous rows that are `stride` bytes apart. */
typedef struct Finish {
    void (*run)(const struct Finish *f, idx i, idx j, idx rows, idx cols, char *block, idx stride,
                int worker);
} Finish;
/* Products by own kernels whose second operand was made ready before (`ready`, else NULL), and whose result is finished
 * block by block instead of being stored (`finish`, else NULL), with the bits of `rt_product`. `rt_ready_bytes` and
 * `rt_special_room` are 0 where the product is not of the kind; `strided`: it would be packed in any case. */
size_t rt_ready_bytes(const Matrix *x, const Matrix *y, idx isz, int *strided);
void rt_make_ready(const Matrix *x, const Matrix *y, idx isz, char *ready);
size_t rt_special_room(const Matrix *x, const Matrix *y, idx isz, const char *ready, const Finish *finish, int threads);
void rt_special_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                        const char *ready, const Finish *finish, int threads);
/* The same as dot products, for few rows or columns; `rt_dots`: whether a product is of this kind, which goes first. */
int rt_dots(const Matrix *x, const Matrix *y, idx isz);
size_t rt_dots_room(const Matrix *x, const Matrix *y, idx isz);
int rt_dots_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                    int threads);
int rt_matvec(double alpha, const Matrix *x, const char *v, double beta, char *out, idx isz, int threads);
/* The same in parts, for a matrix of contiguous rows: products of rows and a vector, and rows added up, each times its
 * factor. `stream`: the rows come from main memory. */
int rt_matvec_reads(const Matrix *x, idx isz);
void rt_dot_rows(const Matrix *x, const char *v, char *out, idx isz, int stream);
void rt_add_rows(const Matrix *x, const char *factors, char *sums, idx isz);
void rt_rank_one(double alpha, const char *x, idx xs, const char *y, const Matrix *z, char *out, idx isz);

/* Products of the items of a batch: x, y and out of the first one, and the bytes from item to item. */
typedef struct {
    Matrix x, y;
    char *out;
    idx xs, ys, os, isz;
} Items;

/* Whether `rt_tiny_products` takes items of this size and layout. */
int rt_tiny(const Items *t);
void rt_tiny_products(const Items *t, idx first, idx count);
int rt_packed_items(const Items *t, idx first, idx count, char *room);

#endif
