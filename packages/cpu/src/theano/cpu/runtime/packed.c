/* Own product of matrices of small and medium size, for processors with AVX-512, or AVX2 and FMA.
 *
 * Panels of the second operand are packed when that pays (many rows) or must be (strides); the first is read where it
 * lies, whatever its strides, so transposed operands cost nothing. Where the result has few columns and the first operand
 * is transposed, its transpose is computed, so that vectors are full. The order of additions depends on the sizes only. */
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define UNROLL _Pragma("GCC unroll 16")
#define MAX_ROWS 12
#define MAX_VECTORS 4
#define DEPTH 256      /* of the contracted dim at a time: a panel is then 64 KiB */
#define FLAT 48        /* the same where rows are read in place: they stay in the cache while all columns pass */
#define PANEL (DEPTH * MAX_VECTORS * 64)
#define PACK_ROWS 36   /* rows from which packing a panel pays */
#define LONGEST ((idx)1 << 25) /* products: from there on the library's threads may win */
#define NARROW 16      /* columns: where libraries are slow whatever the length */

typedef struct {
    idx k, depth, ars, acs, ldb, crs, ccs, n; /* strides in elements; n columns are stored */
    double alpha, beta;
} Tile;

/* Vectors of a panel of the result, which has m rows and n columns. */
static idx vectors_of(idx m, idx n, idx lanes)
{
    idx all = (n + lanes - 1) / lanes, best = m <= 6 ? 4 : m <= 8 ? 3 : m <= 12 ? 2 : 4;
    if (rt_vector_unit() < 2)
        best = 2;
    return all < best ? all : best;
}

#define WIDE_CASES                                                                                                     \
    case 1: ROWS(12, 1) ROWS(8, 1) ROWS(4, 1) ROWS(2, 1) ROWS(1, 1) break;                                             \
    case 2: ROWS(12, 2) ROWS(10, 2) ROWS(8, 2) ROWS(6, 2) ROWS(4, 2) ROWS(2, 2) ROWS(1, 2) break;                      \
    case 3: ROWS(8, 3) ROWS(4, 3) ROWS(2, 3) ROWS(1, 3) break;                                                         \
    default: ROWS(6, 4) ROWS(4, 4) ROWS(2, 4) ROWS(1, 4) break;
#define HALF_CASES                                                                                                     \
    case 1: ROWS(10, 1) ROWS(4, 1) ROWS(2, 1) ROWS(1, 1) break;                                                        \
    default: ROWS(6, 2) ROWS(4, 2) ROWS(2, 2) ROWS(1, 2) break;

#define NAME(x) f32_wide_##x
#define CASES WIDE_CASES
#define TYPE float
#define VEC __m512
#define LANES 16
#define TARGET __attribute__((target("avx512f")))
#define SET1 _mm512_set1_ps
#define ZERO _mm512_setzero_ps
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define FMA _mm512_fmadd_ps
#define MUL _mm512_mul_ps
#include "tiles.h"

#define NAME(x) f64_wide_##x
#define CASES WIDE_CASES
#define TYPE double
#define VEC __m512d
#define LANES 8
#define TARGET __attribute__((target("avx512f")))
#define SET1 _mm512_set1_pd
#define ZERO _mm512_setzero_pd
#define LOAD _mm512_loadu_pd
#define STORE _mm512_storeu_pd
#define FMA _mm512_fmadd_pd
#define MUL _mm512_mul_pd
#include "tiles.h"

#define NAME(x) f32_half_##x
#define CASES HALF_CASES
#define TYPE float
#define VEC __m256
#define LANES 8
#define TARGET __attribute__((target("avx2,fma")))
#define SET1 _mm256_set1_ps
#define ZERO _mm256_setzero_ps
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define FMA _mm256_fmadd_ps
#define MUL _mm256_mul_ps
#include "tiles.h"

#define NAME(x) f64_half_##x
#define CASES HALF_CASES
#define TYPE double
#define VEC __m256d
#define LANES 4
#define TARGET __attribute__((target("avx2,fma")))
#define SET1 _mm256_set1_pd
#define ZERO _mm256_setzero_pd
#define LOAD _mm256_loadu_pd
#define STORE _mm256_storeu_pd
#define FMA _mm256_fmadd_pd
#define MUL _mm256_mul_pd
#include "tiles.h"

/* Whether the transpose of the result is computed: few columns, and a first operand with contiguous columns. */
static int turns(const Matrix *x, const Matrix *y, idx isz)
{
    const idx lanes = rt_vector_unit() * 32 / isz;
    return y->cols < 2 * lanes && x->rows > y->cols && x->rows >= lanes && x->rs == isz && x->cs != isz &&
           x->rows <= ((idx)1 << 18) / y->cols;
}

static int suits(const Matrix *x, const Matrix *y, idx isz)
{
    if (!rt_vector_unit() || x->rs % isz || x->cs % isz || y->rs % isz || y->cs % isz)
        return 0;
    if (y->cols < 5 || x->rows * x->cols > (y->cols > NARROW ? LONGEST : LONGEST * 16) / y->cols)
        return 0;
    if (y->cs != isz && x->rows < 48)
        return 0; /* packing costs more than it gains */
    if (turns(x, y, isz))
        return 2;
    return y->cols > NARROW || x->rows >= 128;
}

size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz, int threads)
{
    const int suit = x->rows && x->cols && y->cols ? suits(x, y, isz) : 0;
    return suit ? PANEL * (size_t)threads + (suit == 2 ? (size_t)(x->rows * y->cols * isz) : 0) + RT_ALIGN : 0;
}

#define DEFINE_TURN(name, type)                                                                                        \
    /* out = alpha transpose(turned) + beta out; out has m rows and n columns */                                      \
    static void name(idx m, idx n, const type *turned, double alpha, double beta, type *out)                          \
    {                                                                                                                  \
        for (idx i = 0; i < m; i++)                                                                                    \
            for (idx j = 0; j < n; j++, out++) {                                                                       \
                type value = (type)alpha * turned[j * m + i];                                                          \
                *out = beta != 0 ? (type)beta * *out + value : value;                                                  \
            }                                                                                                          \
    }

DEFINE_TURN(f32_turn, float)
DEFINE_TURN(f64_turn, double)

/* A product, and how threads share it: `rows` by `cols` of the result in a chunk. */
typedef struct {
    Tile t;
    idx m, n, vectors;
    const char *a, *b;
    idx brs, bcs;
    char *out;
    idx isz;
    char *room;
    idx rows, cols;
} Product;

static void run_chunk(void *arg, idx chunk, int worker)
{
    const Product *q = arg;
    const idx across = rt_pool_chunks(q->n, q->cols), i = chunk / across * q->rows, j = chunk % across * q->cols;
    const idx m = q->m - i < q->rows ? q->m - i : q->rows, end = q->n - j < q->cols ? q->n : j + q->cols;
    const char *a = q->a + i * q->t.ars * q->isz, *room = q->room + (size_t)worker * PANEL;
    char *out = q->out + i * q->t.crs * q->isz;
#define RUN(name, type)                                                                                                \
    name(q->t, q->vectors, m, q->n, j, end, (const type *)a, (const type *)q->b, q->brs, q->bcs, (type *)out, (type *)room)
    if (rt_vector_unit() == 2)
        q->isz == 8 ? RUN(f64_wide_product, double) : RUN(f32_wide_product, float);
    else
        q->isz == 8 ? RUN(f64_half_product, double) : RUN(f32_half_product, float);
}

#define LEAST_ROWS 48 /* of a chunk: each packs its panels anew */

static void run(Product *q, int threads)
{
    const idx lanes = rt_vector_unit() * 32 / q->isz;
    const double ps = (double)q->m * (double)q->n * (double)q->t.k * (double)q->isz * 3;
    q->vectors = vectors_of(q->m, q->n, lanes);
    const idx width = q->vectors * lanes, panels = rt_pool_chunks(q->n, width);
    q->rows = q->m;
    q->cols = q->n;
    if (threads > 1 && (panels >= 4 * threads || q->m < LEAST_ROWS * threads))
        q->cols = rt_pool_step(panels, 1, threads, ps) * width;
    else if (threads > 1)
        q->rows = rt_pool_step(q->m, LEAST_ROWS, threads, ps);
    rt_parallel(threads, rt_pool_chunks(q->m, q->rows) * rt_pool_chunks(q->n, q->cols), run_chunk, q);
}

int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                      int threads)
{
    const int suit = suits(x, y, isz);
    const idx xrs = x->rs / isz, xcs = x->cs / isz, yrs = y->rs / isz, ycs = y->cs / isz, m = x->rows, n = y->cols;
    if (suit == 2) {
        char *turned = room + PANEL * (size_t)threads;
        Tile t = {x->cols, FLAT, ycs, yrs, 0, m, 1, 0, 1, 0};
        Product q = {t, n, m, 0, y->data, x->data, xcs, xrs, turned, isz, room, 0, 0};
        run(&q, threads);
        if (isz == 8)
            f64_turn(m, n, (double *)turned, alpha, beta, (double *)out);
        else
            f32_turn(m, n, (float *)turned, alpha, beta, (float *)out);
    } else if (suit) {
        Tile t = {x->cols, DEPTH, xrs, xcs, 0, n, 1, 0, alpha, beta};
        Product q = {t, m, n, 0, x->data, y->data, yrs, ycs, out, isz, room, 0, 0};
        run(&q, threads);
    }
    return suit;
}

#else

size_t rt_packed_room(const Matrix *x, const Matrix *y, idx isz, int threads)
{
    return (void)x, (void)y, (void)isz, (void)threads, 0;
}

int rt_packed_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room,
                      int threads)
{
    (void)alpha, (void)x, (void)y, (void)beta, (void)out, (void)isz, (void)room, (void)threads;
    return 0;
}

#endif
