/* Own products of few rows or few columns as dot products, for processors with AVX-512, or AVX2 and FMA.
 *
 * Where rows of the first operand and columns of the second are contiguous, nothing need be packed; where the result has
 * few columns or few rows, the smaller operand is brought into that order. Every result is added up in the same order,
 * wherever it stands. */
#include "interrupt.h"
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "folds.h"

#define HOLD(v) __asm__("" : "+v"(v)) /* in a register: compilers otherwise load it anew for each use */
#define FEW_ROWS 24
#define FEW_COLUMNS 12
#define LEAF 2048 /* of the contracted dim: one step of a sum in double precision */

typedef struct {
    idx k, ars, bcs, crs; /* strides in elements: of rows, of columns, of rows of the result */
    double alpha, beta;
} Dots;

static inline __attribute__((always_inline, target("avx2"))) void put_f64(double *out, __m256d sums, double alpha)
{
    _mm256_storeu_pd(out, _mm256_mul_pd(_mm256_set1_pd(alpha), sums));
}

static inline __attribute__((always_inline, target("avx2"))) void put_f32(float *out, __m256d sums, double alpha)
{
    _mm_storeu_ps(out, _mm_mul_ps(_mm_set1_ps((float)alpha), _mm256_cvtpd_ps(sums)));
}

#define ROW_OF_TILES(mr) TILE(mr, 1) TILE(mr, 2) TILE(mr, 3) TILE(mr, 4)
#define HALF_TILES ROW_OF_TILES(1) ROW_OF_TILES(2)
#define WIDE_TILES                                                                                                     \
    HALF_TILES ROW_OF_TILES(3) ROW_OF_TILES(4) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(5, 2) TILE(6, 2)      \
    TILE(7, 2) TILE(8, 2)

#define VECTOR F32_WIDE
#define FOLD fold_f32_wide
#define PUT put_f32
#define MOST_ROWS 8
#define DOT_TILES WIDE_TILES
#include "vectors.h"
#include "dots.h"

#define VECTOR F64_WIDE
#define FOLD fold_f64_wide
#define PUT put_f64
#define MOST_ROWS 8
#define DOT_TILES WIDE_TILES
#include "vectors.h"
#include "dots.h"

#define VECTOR F32_HALF
#define FOLD fold_f32_half
#define PUT put_f32
#define MOST_ROWS 2
#define DOT_TILES HALF_TILES
#include "vectors.h"
#include "dots.h"

#define VECTOR F64_HALF
#define FOLD fold_f64_half
#define PUT put_f64
#define MOST_ROWS 2
#define DOT_TILES HALF_TILES
#include "vectors.h"
#include "dots.h"

static void (*const products[2][2])(const Dots *, idx, idx, const void *, const void *, void *) = {
    {f32_half_dot_product, f64_half_dot_product}, {f32_wide_dot_product, f64_wide_dot_product}};

/* Whether this is for dot products: few rows and contiguous columns, or few columns and contiguous rows. Summing up the
 * lanes must be little of the work, more so the better the other way would fill its vectors. */
int rt_dots(const Matrix *x, const Matrix *y, idx isz)
{
    const idx bytes = x->cols * isz;
    if (!rt_vector_unit() || (x->rs | x->cs | y->rs | y->cs) & (isz - 1))
        return 0;
    if (x->rows <= FEW_ROWS && y->rs == isz && y->cs != isz && bytes >= 32 * x->rows)
        return 1;
    if (y->cols > FEW_COLUMNS || x->cs != isz || x->rows < y->cols)
        return 0;
    return y->cols > 4 ? bytes >= 512 : bytes >= 64 || y->rs == isz;
}

/* Numbers from one row or column of a copy to the next: each begins a line of the cache, since loads across lines cost
 * twice. */
static idx pace(idx k, idx isz) { return (k * isz + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN / isz; }

static size_t copied(idx count, idx k, int there, idx isz)
{
    return there ? 0 : (size_t)(count * pace(k, isz) * isz) + RT_ALIGN;
}

size_t rt_dots_room(const Matrix *x, const Matrix *y, idx isz)
{
    return rt_dots(x, y, isz) ? copied(x->rows, x->cols, x->cs == isz, isz) + copied(y->cols, x->cols, y->rs == isz, isz) : 0;
}

/* A product, and how threads share it: `step` of the longer side in a chunk. */
typedef struct {
    Dots t;
    idx m, n, isz, step;
    const char *a, *b;
    char *out;
} Product;

static void run_chunk(void *arg, idx chunk, int worker)
{
    const Product *q = arg;
    const int tall = q->m > q->n;
    const idx i = tall ? chunk * q->step : 0, j = tall ? 0 : chunk * q->step;
    const idx m = tall && q->m - i > q->step ? q->step : q->m - i, n = !tall && q->n - j > q->step ? q->step : q->n - j;
    (void)worker;
    products[rt_vector_unit() == 2][q->isz == 8](&q->t, m, n, q->a + i * q->t.ars * q->isz, q->b + j * q->t.bcs * q->isz,
                                                 q->out + (i * q->t.crs + j) * q->isz);
}

/* out = alpha x y + beta out; 0 when it is for another way. */
int rt_dots_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                    int threads)
{
    if (!rt_dots(x, y, isz))
        return 0;
    const idx k = x->cols, m = x->rows, n = y->cols;
    Product q = {{k, x->rs / isz, y->cs / isz, n, alpha, beta}, m, n, isz, m > n ? m : n, x->data, y->data, out};
    room = (char *)(((uintptr_t)room + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN);
    if (x->cs != isz) {
        const idx dims[2] = {m, k}, from[2] = {x->rs, x->cs}, to[2] = {pace(k, isz) * isz, isz};
        rt_copy(2, dims, room, to, x->data, from, isz);
        q.a = room;
        q.t.ars = pace(k, isz);
    } else if (y->rs != isz) {
        const idx dims[2] = {n, k}, from[2] = {y->cs, y->rs}, to[2] = {pace(k, isz) * isz, isz};
        rt_copy(2, dims, room, to, y->data, from, isz);
        q.b = room;
        q.t.bcs = pace(k, isz);
    }
    const double ps = rt_product_ps(x, y, isz);
    if (threads > 1 || ps > RT_LONG_PS)
        q.step = rt_pool_step(q.step, 16, threads, ps);
    rt_parallel(threads, rt_pool_chunks(m > n ? m : n, q.step), run_chunk, &q);
    return 1;
}

#else

int rt_dots(const Matrix *x, const Matrix *y, idx isz) { return (void)x, (void)y, (void)isz, 0; }
size_t rt_dots_room(const Matrix *x, const Matrix *y, idx isz) { return (void)x, (void)y, (void)isz, 0; }

int rt_dots_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                    int threads)
{
    (void)alpha, (void)x, (void)y, (void)beta, (void)out, (void)isz, (void)room, (void)threads;
    return 0;
}

#endif
