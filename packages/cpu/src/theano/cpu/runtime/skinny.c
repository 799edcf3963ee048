/* Own product for few rows: blocks of 6 rows by 4 vectors in registers, the second operand read where it lies.
 *
 * Libraries pack their operands first, which does not pay when each element is used a few times only. Needs AVX-512;
 * elsewhere, and for other shapes, the library does it. */
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f")))
#define UNROLL _Pragma("GCC unroll 8")
#define ROWS 6
#define VECTORS 4

typedef struct {
    idx k, ars, acs, ldb, ldc; /* strides in elements */
    double alpha, beta;
    unsigned mask; /* lanes of the last vector */
} Shape;

/* out[MR][NV vectors] = alpha a b + beta out; MR and NV are constants where this is inlined */
#define DEFINE_MICRO(name, type, vec, mtype, lanes, set1, zero, load, mask_load, mask_store, fma, mul)                 \
    static inline __attribute__((always_inline)) WIDE void name##_micro(const int mr, const int nv, const Shape *s,    \
                                                                        const type *a, const type *b, type *c)         \
    {                                                                                                                  \
        vec acc[ROWS][VECTORS];                                                                                        \
        const mtype mask = (mtype)s->mask;                                                                             \
        UNROLL for (int i = 0; i < mr; i++)                                                                            \
            UNROLL for (int v = 0; v < nv; v++)                                                                        \
                acc[i][v] = zero();                                                                                    \
        for (idx p = 0; p < s->k; p++, b += s->ldb, a += s->acs) {                                                     \
            vec row[VECTORS];                                                                                          \
            UNROLL for (int v = 0; v < nv - 1; v++)                                                                    \
                row[v] = load(b + v * lanes);                                                                          \
            row[nv - 1] = mask_load(mask, b + (nv - 1) * lanes);                                                       \
            UNROLL for (int i = 0; i < mr; i++) {                                                                      \
                vec x = set1(a[i * s->ars]);                                                                           \
                UNROLL for (int v = 0; v < nv; v++)                                                                    \
                    acc[i][v] = fma(x, row[v], acc[i][v]);                                                             \
            }                                                                                                          \
        }                                                                                                              \
        vec alpha = set1((type)s->alpha), beta = set1((type)s->beta);                                                  \
        UNROLL for (int i = 0; i < mr; i++, c += s->ldc)                                                               \
            UNROLL for (int v = 0; v < nv; v++) {                                                                      \
                const mtype m = v == nv - 1 ? mask : (mtype)~0u;                                                       \
                vec value = mul(alpha, acc[i][v]);                                                                     \
                if (s->beta != 0)                                                                                      \
                    value = fma(beta, mask_load(m, c + v * lanes), value);                                             \
                mask_store(c + v * lanes, m, value);                                                                   \
            }                                                                                                          \
    }                                                                                                                  \
    static WIDE void name##_rows(int mr, int nv, const Shape *s, const type *a, const type *b, type *c)                \
    {                                                                                                                  \
        switch (mr * 8 + nv) {                                                                                         \
            CASES(name, 1) CASES(name, 2) CASES(name, 3) CASES(name, 4) CASES(name, 5) CASES(name, 6)                  \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_product(Shape *s, const Matrix *x, const Matrix *y, idx first, idx end, type *out)              \
    {                                                                                                                  \
        const type *a = (const type *)x->data, *b = (const type *)y->data;                                             \
        const idx blocks = (x->rows + ROWS - 1) / ROWS, step = (x->rows + blocks - 1) / blocks;                        \
        for (idx j = first; j < end; j += VECTORS * lanes) {                                                           \
            idx n = y->cols - j < VECTORS * lanes ? y->cols - j : VECTORS * lanes;                                     \
            int nv = (int)((n + lanes - 1) / lanes), last = (int)(n - (nv - 1) * lanes);                               \
            s->mask = (1u << last) - 1;                                                                                \
            for (idx i = 0; i < x->rows; i += step) {                                                                  \
                int mr = x->rows - i < step ? (int)(x->rows - i) : (int)step;                                          \
                name##_rows(mr, nv, s, a + i * s->ars, b + j, out + i * s->ldc + j);                                   \
            }                                                                                                          \
        }                                                                                                              \
    }

#define CASE(name, mr, nv)                                                                                             \
    case mr * 8 + nv: name##_micro(mr, nv, s, a, b, c); break;
#define CASES(name, mr) CASE(name, mr, 1) CASE(name, mr, 2) CASE(name, mr, 3) CASE(name, mr, 4)

DEFINE_MICRO(f32, float, __m512, __mmask16, 16, _mm512_set1_ps, _mm512_setzero_ps, _mm512_loadu_ps, _mm512_maskz_loadu_ps,
             _mm512_mask_storeu_ps, _mm512_fmadd_ps, _mm512_mul_ps)
DEFINE_MICRO(f64, double, __m512d, __mmask8, 8, _mm512_set1_pd, _mm512_setzero_pd, _mm512_loadu_pd, _mm512_maskz_loadu_pd,
             _mm512_mask_storeu_pd, _mm512_fmadd_pd, _mm512_mul_pd)

/* Few rows, and a strip of the second operand that stays in the cache while they pass. */
static int suits(const Matrix *x, const Matrix *y, idx isz)
{
    idx strip = x->cols * VECTORS * 64;
    if (x->rows * x->cols > ((idx)1 << 24) / y->cols)
        return 0; /* long enough for the library's threads */
    if (y->cols <= 16 && x->cols >= 256)
        return 0; /* vectors that are not full do not make up for the packing that is saved */
    if (y->cs != isz || y->cols < 4 || x->rs % isz || x->cs % isz || y->rs % isz)
        return 0;
    if ((x->rows > 256 && strip > (idx)32 << 10) || (x->rows > 96 && strip > (idx)128 << 10) || strip > (idx)512 << 10)
        return 0;
    return rt_vector_unit() == 2;
}

typedef struct {
    Shape s;
    const Matrix *x, *y;
    char *out;
    idx isz, cols; /* columns of a chunk */
} Share;

static void run_chunk(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    const idx first = chunk * h->cols, end = h->y->cols - first < h->cols ? h->y->cols : first + h->cols;
    Shape s = h->s;
    (void)worker;
    if (h->isz == 8)
        f64_product(&s, h->x, h->y, first, end, (double *)h->out);
    else
        f32_product(&s, h->x, h->y, first, end, (float *)h->out);
}

int rt_skinny_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, int threads)
{
    if (!suits(x, y, isz))
        return 0;
    Share h = {{x->cols, x->rs / isz, x->cs / isz, y->rs / isz, y->cols, alpha, beta, 0}, x, y, out, isz, y->cols};
    if (threads > 1)
        h.cols = rt_pool_step(y->cols, VECTORS * 64 / isz, threads, rt_product_ps(x, y, isz));
    rt_parallel(threads, rt_pool_chunks(y->cols, h.cols), run_chunk, &h);
    return 1;
}

#else

int rt_skinny_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, int threads)
{
    (void)alpha, (void)x, (void)y, (void)beta, (void)out, (void)isz, (void)threads;
    return 0;
}

#endif
