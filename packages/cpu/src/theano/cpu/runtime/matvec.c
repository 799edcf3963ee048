/* Own products of a matrix and a vector, for processors with AVX-512, or AVX2 and FMA.
 *
 * A matrix is read once, in the order of its memory, from where it lies: with contiguous rows each result is a dot
 * product of a row; with contiguous columns the columns are added up. The order of additions depends on the sizes only. */
#include "interrupt.h"
#include "short_product.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "folds.h"

#define CHAINS 4                /* partial sums of a row */
#define GROUP 8                 /* rows that are added at the same time */
#define STRIP 8                 /* vectors of columns whose sums fit the registers */
#define SHORT 8                 /* vectors of a row, up to which the sums of as many rows as lanes are a vector */
#define FURTHER 8192            /* bytes to what is asked for while rows pass, for the second cache */
#define LEAF 2048               /* of a row: one step of a sum in double precision */
#define STRETCH 16384           /* bytes of a row of sums that stay in the cache */
#define CACHED ((idx)512 << 10) /* bytes of a matrix that is read by strips of columns */

#define VECTOR F32_WIDE
#define FOLD fold_f32_wide
#define FOLD_ALL fold_all_f32_wide
#define DOTS 4
#include "vectors.h"
#include "matvec.h"

#define VECTOR F64_WIDE
#define FOLD fold_f64_wide
#define FOLD_ALL fold_all_f64_wide
#define DOTS 4
#include "vectors.h"
#include "matvec.h"

#define VECTOR F32_HALF
#define FOLD fold_f32_half
#define FOLD_ALL fold_all_f32_half
#define DOTS 2
#include "vectors.h"
#include "matvec.h"

#define VECTOR F64_HALF
#define FOLD fold_f64_half
#define FOLD_ALL fold_all_f64_half
#define DOTS 2
#include "vectors.h"
#include "matvec.h"

typedef struct {
    void (*along)(idx m, idx k, const void *a, idx ars, const void *v, double alpha, double beta, void *out);
    void (*strips)(idx k, idx n, const void *b, idx brs, const void *v, double alpha, double beta, void *out);
    void (*add_rows)(idx k, idx n, const void *b, idx brs, const void *v, void *sums);
    void (*finish)(idx n, const void *sums, double alpha, double beta, void *out);
} Unit;

#define UNIT(x) {x##_along, x##_strips, x##_add_rows, x##_finish}

static const Unit units[2][2] = {{UNIT(f32_half), UNIT(f64_half)}, {UNIT(f32_wide), UNIT(f64_wide)}};

typedef struct {
    const Unit *u;
    const Matrix *x;
    const char *v;
    double alpha, beta;
    char *out;
    idx isz, step; /* rows of a chunk, each of which is computed as it would be alone */
} Share;

static void along_chunk(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    const Matrix *x = h->x;
    const idx i = chunk * h->step, m = x->rows - i < h->step ? x->rows - i : h->step;
    (void)worker;
    h->u->along(m, x->cols, x->data + i * x->rs, x->rs / h->isz, h->v, h->alpha, h->beta, h->out + i * h->isz);
}

static void across_chunk(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    const idx isz = h->isz, ars = h->x->cs / isz;
    const idx first = chunk * h->step, end = h->x->rows - first < h->step ? h->x->rows : first + h->step;
    char sums[STRETCH] __attribute__((aligned(64)));
    (void)worker;
    for (idx step, j = first; j < end; j += step) {
        step = end - j < STRETCH / isz ? end - j : STRETCH / isz;
        memset(sums, 0, (size_t)(step * isz));
        h->u->add_rows(h->x->cols, step, h->x->data + j * isz, ars, h->v, sums);
        h->u->finish(step, sums, h->alpha, h->beta, h->out + j * isz);
    }
}

static void across(Share *h, int threads, double ps)
{
    const idx n = h->x->rows, k = h->x->cols;
    if (n * h->isz <= STRIP * 32 * rt_vector_unit() || n * k * h->isz <= CACHED) {
        h->u->strips(k, n, h->x->data, h->x->cs / h->isz, h->v, h->alpha, h->beta, h->out);
        return;
    }
    if (threads > 1 || ps > RT_LONG_PS)
        h->step = rt_pool_step(n, 256, threads, ps);
    rt_parallel(threads, rt_pool_chunks(n, h->step), across_chunk, h);
}

/* out = alpha x v + beta out with contiguous v and out; 0 when the matrix lies in an unsuitable way. */
int rt_matvec(double alpha, const Matrix *x, const char *v, double beta, char *out, idx isz, int threads)
{
    if (!rt_vector_unit() || x->rs % isz || x->cs % isz)
        return 0;
    const Matrix column = {0, x->cols, 1, 0, 0};
    const double ps = rt_product_ps(x, &column, isz);
    Share h = {&units[rt_vector_unit() - 1][isz == 8], x, v, alpha, beta, out, isz, x->rows};
    if (x->cs == isz || x->cols == 1) {
        if (threads > 1 || ps > RT_LONG_PS)
            h.step = rt_pool_step(x->rows, 16, threads, ps);
        rt_parallel(threads, rt_pool_chunks(x->rows, h.step), along_chunk, &h);
    } else if (x->rs == isz || x->rows == 1) {
        across(&h, threads, ps);
    } else {
        return 0;
    }
    return 1;
}

int rt_matvec_reads(const Matrix *x, idx isz) { return rt_vector_unit() && x->cs == isz && x->rs % isz == 0; }

void rt_dot_rows(const Matrix *x, const char *v, char *out, idx isz, int stream)
{
    const Unit *u = &units[rt_vector_unit() - 1][isz == 8];
    const int is_short = x->cols * isz <= SHORT * 32 * rt_vector_unit(); /* these are not added one by one */
    const idx step = stream && !is_short ? 1 : x->rows;
    for (idx i = 0; i < x->rows; i += step)
        u->along(step, x->cols, x->data + i * x->rs, x->rs / isz, v, 1, 0, out + i * isz);
}

void rt_add_rows(const Matrix *x, const char *factors, char *sums, idx isz)
{
    units[rt_vector_unit() - 1][isz == 8].add_rows(x->rows, x->cols, x->data, x->rs / isz, factors, sums);
}

int rt_short_product(ShortProduct *s, const Matrix *x, idx isz)
{
    static short_fn (*const finders[2][2])(int, int) = {{f32_half_short_product, f64_half_short_product},
                                                        {f32_wide_short_product, f64_wide_short_product}};
    const idx lanes = 32 * rt_vector_unit() / isz, n = x->rows, k = x->cols;
    if (!lanes || n < 1 || k < 1 || n > MAX_PADDED || k > MAX_PADDED || x->rs % isz || x->cs % isz)
        return 0;
    const idx padded = (n + lanes - 1) / lanes * lanes;
    const int by_columns = x->cs != isz && k > 1 && (x->rs == isz || n == 1);
    s->run = finders[rt_vector_unit() - 1][isz == 8]((int)(padded / lanes), !by_columns);
    s->depth = k;
    s->width = padded;
    s->narrow = n <= lanes && n <= MAX_NARROW && k <= lanes && k <= MAX_NARROW;
    memset(s->rows, 0, sizeof s->rows);
    for (idx p = 0; p < k; p++)
        for (idx i = 0; i < n; i++)
            memcpy(s->rows + (p * padded + i) * isz, x->data + i * x->rs + p * x->cs, (size_t)isz);
    return 1;
}

#else

int rt_short_product(ShortProduct *s, const Matrix *x, idx isz) { return (void)s, (void)x, (void)isz, 0; }

int rt_matvec(double alpha, const Matrix *x, const char *v, double beta, char *out, idx isz, int threads)
{
    (void)alpha, (void)x, (void)v, (void)beta, (void)out, (void)isz, (void)threads;
    return 0;
}

int rt_matvec_reads(const Matrix *x, idx isz) { return (void)x, (void)isz, 0; }

void rt_dot_rows(const Matrix *x, const char *v, char *out, idx isz, int stream)
{
    (void)x, (void)v, (void)out, (void)isz, (void)stream;
}

void rt_add_rows(const Matrix *x, const char *factors, char *sums, idx isz)
{
    (void)x, (void)factors, (void)sums, (void)isz;
}

#endif
