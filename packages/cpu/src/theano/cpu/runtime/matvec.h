/* Template of the products of a matrix and a vector for one element type and one vector unit; included by matvec.c.
 *
 * Wants: NAME(x), TYPE, VEC, LANES, TARGET, SET1, ZERO, LOAD, STORE, FMA, MUL, ADD, LOAD_SOME and STORE_SOME for the
 * first few lanes, FOLD and FOLD_ALL (the sums of the lanes of four vectors, and of as many as they have lanes), and DOTS, the
 * rows whose partial sums fit the registers. */

/* sums[i] += row i times v, for r rows, each in CHAINS partial sums. A single row is one of a matrix that comes from main
 * memory: what lies further on is asked for, beyond what processors do by themselves. */
static inline __attribute__((always_inline)) TARGET void NAME(dots)(const int r, idx k, const TYPE *a, idx ars,
                                                                    const TYPE *v, __m256d *sums)
{
    VEC acc[DOTS][CHAINS], row[4];
    UNROLL for (int i = 0; i < r; i++)
        UNROLL for (int j = 0; j < CHAINS; j++)
            acc[i][j] = ZERO();
    idx p = 0;
    for (; p + CHAINS * LANES <= k; p += CHAINS * LANES)
        UNROLL for (int j = 0; j < CHAINS; j++) {
            const VEC x = LOAD(v + p + j * LANES);
            if (r == 1)
                __builtin_prefetch((const char *)(a + p + j * LANES) + FURTHER, 0, 2);
            UNROLL for (int i = 0; i < r; i++)
                acc[i][j] = FMA(LOAD(a + i * ars + p + j * LANES), x, acc[i][j]);
        }
    UNROLL for (int j = 0; j < CHAINS; j++) {
        if (p + j * LANES >= k)
            break;
        const int n = k - p - j * LANES < LANES ? (int)(k - p - j * LANES) : LANES;
        const VEC x = LOAD_SOME(v + p + j * LANES, n);
        UNROLL for (int i = 0; i < r; i++)
            acc[i][j] = FMA(LOAD_SOME(a + i * ars + p + j * LANES, n), x, acc[i][j]);
    }
    UNROLL for (int i = 0; i < 4; i++)
        row[i] = i < r ? ADD(ADD(acc[i][0], acc[i][2]), ADD(acc[i][1], acc[i][3])) : row[0];
    *sums = _mm256_add_pd(*sums, FOLD(row[0], row[1], row[2], row[3]));
}

/* The contracted dim in lengths of LEAF: the vector stays in the cache, and long sums stay accurate. */
static inline __attribute__((always_inline)) TARGET void NAME(rows)(const int r, idx k, const TYPE *a, idx ars,
                                                                    const TYPE *v, double alpha, double beta, TYPE *out)
{
    double sums[4];
    __m256d four = _mm256_setzero_pd();
    for (idx p = 0; p < k; p += LEAF)
        NAME(dots)(r, k - p < LEAF ? k - p : LEAF, a + p, ars, v + p, &four);
    _mm256_storeu_pd(sums, four);
    for (int i = 0; i < r; i++) {
        const TYPE value = (TYPE)alpha * (TYPE)sums[i];
        out[i] = beta != 0 ? (TYPE)beta * out[i] + value : value;
    }
}

/* The first `rows` of as many short rows as a vector has lanes. */
static inline __attribute__((always_inline)) TARGET void NAME(group)(int rows, idx k, const TYPE *a, idx ars, const TYPE *v,
                                                                     double alpha, double beta, TYPE *out)
{
    VEC acc[LANES];
    idx p = 0;
    UNROLL for (int i = 0; i < LANES; i++)
        acc[i] = ZERO();
    for (; p + LANES <= k; p += LANES) {
        const VEC x = LOAD(v + p);
        UNROLL for (int i = 0; i < LANES; i++)
            acc[i] = FMA(LOAD(a + (i < rows ? i * ars : 0) + p), x, acc[i]);
    }
    if (p < k) {
        const int some = (int)(k - p);
        const VEC x = LOAD_SOME(v + p, some);
        UNROLL for (int i = 0; i < LANES; i++)
            acc[i] = FMA(LOAD_SOME(a + (i < rows ? i * ars : 0) + p, some), x, acc[i]);
    }
    VEC value = MUL(SET1((TYPE)alpha), FOLD_ALL(acc));
    if (beta != 0)
        value = FMA(SET1((TYPE)beta), LOAD_SOME(out, rows), value);
    STORE_SOME(out, rows, value);
}

/* As `along`. */
static TARGET void NAME(short_rows)(idx m, idx k, const TYPE *a, idx ars, const TYPE *v, double alpha, double beta, TYPE *out)
{
    for (; m >= LANES; m -= LANES, a += LANES * ars, out += LANES)
        NAME(group)(LANES, k, a, ars, v, alpha, beta, out);
    if (m > 0)
        NAME(group)((int)m, k, a, ars, v, alpha, beta, out);
}

/* out = alpha a v + beta out: m rows of k contiguous numbers. A matrix that comes from main memory is read in one stream,
 * which processors fetch ahead twice as fast as four. */
static TARGET void NAME(along)(idx m, idx k, const void *matrix, idx ars, const void *v, double alpha, double beta,
                               void *result)
{
    const TYPE *a = matrix;
    TYPE *out = result;
    if (k <= SHORT * LANES) {
        NAME(short_rows)(m, k, a, ars, v, alpha, beta, out);
        return;
    }
    if (m * k * (idx)sizeof(TYPE) <= RT_FAR_AWAY)
        for (; m >= DOTS; m -= DOTS, a += DOTS * ars, out += DOTS)
            NAME(rows)(DOTS, k, a, ars, v, alpha, beta, out);
    for (; m > 0; m--, a += ars, out++)
        NAME(rows)(1, k, a, ars, v, alpha, beta, out);
}

/* sums += v b for u rows of n numbers. Rows that all lie off the vectors' alignment in the same way begin with less than a
 * vector, since loads across cache lines cost twice; no number is computed differently for that. */
static inline __attribute__((always_inline)) TARGET void NAME(add)(const int u, idx n, const TYPE *b, idx brs,
                                                                   const TYPE *v, TYPE *sums)
{
    VEC x[GROUP], even, odd;
    idx j = 0;
    UNROLL for (int i = 0; i < u; i++)
        x[i] = SET1(v[i]);
#define ADD_GROUP(READ, WRITE)                                                                                         \
    even = MUL(x[0], READ(b));                                                                                         \
    odd = u > 1 ? MUL(x[u > 1], READ(b + brs)) : ZERO();                                                               \
    UNROLL for (int i = 2; i < u; i += 2)                                                                              \
    {                                                                                                                  \
        even = FMA(x[i], READ(b + i * brs), even);                                                                     \
        odd = FMA(x[i + 1], READ(b + (i + 1) * brs), odd);                                                             \
    }                                                                                                                  \
    WRITE(sums, ADD(READ(sums), ADD(even, odd)));
#define READ_SOME(p) LOAD_SOME(p, some)
#define WRITE_SOME(p, value) STORE_SOME(p, some, value)
    int some = brs % LANES ? 0 : (int)(-(uintptr_t)b % (LANES * sizeof(TYPE)) / sizeof(TYPE));
    if (some && some < n) {
        ADD_GROUP(READ_SOME, WRITE_SOME)
        j = some;
        b += some;
        sums += some;
    }
    for (; j + LANES <= n; j += LANES, b += LANES, sums += LANES) {
        ADD_GROUP(LOAD, STORE)
    }
    if (j < n) {
        some = (int)(n - j);
        ADD_GROUP(READ_SOME, WRITE_SOME)
    }
#undef READ_SOME
#undef WRITE_SOME
#undef ADD_GROUP
}

/* sums += v b: k rows of n contiguous numbers */
static TARGET void NAME(add_rows)(idx k, idx n, const void *matrix, idx brs, const void *vector, void *sums)
{
    const TYPE *b = matrix, *v = vector;
    for (; k >= GROUP; k -= GROUP, b += GROUP * brs, v += GROUP)
        NAME(add)(GROUP, n, b, brs, v, sums);
    for (; k > 0; k--, b += brs, v++)
        NAME(add)(1, n, b, brs, v, sums);
}

/* out = alpha sums + beta out */
static void NAME(finish)(idx n, const void *from, double alpha, double beta, void *result)
{
    const TYPE *sums = from;
    TYPE *out = result;
    for (idx i = 0; i < n; i++)
        out[i] = beta != 0 ? (TYPE)beta * out[i] + (TYPE)alpha * sums[i] : (TYPE)alpha * sums[i];
}

/* All k rows, each added by ADD_ROW to one of u partial sums in turn; then these as a tree: the order that `strip` and
 * `spread` have in common, and so their bits. */
#define ADD_ROWS                                                                                                       \
    idx p = 0;                                                                                                         \
    for (; p + u <= k; p += u)                                                                                         \
        UNROLL for (int i = 0; i < u; i++)                                                                             \
        {                                                                                                              \
            ADD_ROW(p + i, i)                                                                                          \
        }                                                                                                              \
    UNROLL for (int i = 0; i < u - 1; i++)                                                                             \
    {                                                                                                                  \
        if (p + i >= k)                                                                                                \
            break;                                                                                                     \
        ADD_ROW(p + i, i)                                                                                              \
    }                                                                                                                  \
    UNROLL for (int half = u / 2; half > 0; half /= 2)                                                                 \
        UNROLL for (int i = 0; i < half * nv; i++)                                                                     \
            acc[i] = ADD(acc[i], acc[i + half * nv]);

/* out = alpha v b + beta out for nv vectors of columns, whose sums stay in registers: u partial sums of each. */
static inline __attribute__((always_inline)) TARGET void NAME(strip)(const int nv, const int u, idx k, int last,
                                                                     const TYPE *b, idx brs, const TYPE *v,
                                                                     double alpha, double beta, TYPE *out)
{
    VEC acc[STRIP];
    UNROLL for (int i = 0; i < nv * u; i++)
        acc[i] = ZERO();
#define ADD_ROW(p, i)                                                                                                  \
    const VEC x = SET1(v[p]);                                                                                          \
    const TYPE *from = b + (p) * brs;                                                                                  \
    UNROLL for (int j = 0; j < nv - 1; j++)                                                                            \
        acc[i * nv + j] = FMA(x, LOAD(from + j * LANES), acc[i * nv + j]);                                             \
    acc[i * nv + nv - 1] = FMA(x, LOAD_SOME(from + (nv - 1) * LANES, last), acc[i * nv + nv - 1]);
    ADD_ROWS
#undef ADD_ROW
    UNROLL for (int j = 0; j < nv; j++) {
        const int some = j == nv - 1 ? last : LANES;
        VEC value = MUL(SET1((TYPE)alpha), acc[j]);
        if (beta != 0)
            value = FMA(SET1((TYPE)beta), LOAD_SOME(out + j * LANES, some), value);
        STORE_SOME(out + j * LANES, some, value);
    }
}

/* out = alpha v b + beta out: k rows of n contiguous numbers, by strips of columns of about the same width. */
static TARGET void NAME(strips)(idx k, idx n, const void *matrix, idx brs, const void *v, double alpha, double beta,
                                void *result)
{
    const TYPE *b = matrix;
    TYPE *out = result;
    idx vectors = (n + LANES - 1) / LANES, strips = (vectors + STRIP - 1) / STRIP;
    const idx sole = strips == 1 ? 0 : STRIP; /* the number of partial sums must not change from strip to strip */
    for (; strips > 0; strips--) {
        const idx nv = (vectors + strips - 1) / strips, width = n < nv * LANES ? n : nv * LANES;
        const int last = (int)(width - (nv - 1) * LANES);
#define CASE(name, nv, u)                                                                                              \
    case name: NAME(strip)(nv, u, k, last, b, brs, v, alpha, beta, out); break;
        switch (sole + nv) {
            CASE(1, 1, 8) CASE(2, 2, 4) CASE(3, 3, 2) CASE(4, 4, 2)
            CASE(STRIP + 4, 4, 1)
            case 5: CASE(STRIP + 5, 5, 1)
            case 6: CASE(STRIP + 6, 6, 1)
            case 7: CASE(STRIP + 7, 7, 1)
            case 8: CASE(STRIP + 8, 8, 1)
        }
#undef CASE
        b += width;
        out += width;
        n -= width;
        vectors -= nv;
    }
}

/* out = b v: k rows of nv vectors, times one number each, in u partial sums as in `strip`; whole vectors of out are written.
 * A dot product of a row that is no longer than `short_rows` takes, in LANES partial sums, has the same bits. */
static inline __attribute__((always_inline)) TARGET void NAME(spread)(const int nv, const int u, idx k, const TYPE *b,
                                                                      const TYPE *v, TYPE *out)
{
    VEC acc[16];
    UNROLL for (int i = 0; i < nv * u; i++)
        acc[i] = ZERO();
#define ADD_ROW(p, i)                                                                                                  \
    const VEC x = SET1(v[p]);                                                                                          \
    UNROLL for (int j = 0; j < nv; j++)                                                                                \
        acc[(i) * nv + j] = FMA(x, LOAD(b + ((p) * nv + j) * LANES), acc[(i) * nv + j]);
    ADD_ROWS
#undef ADD_ROW
    UNROLL for (int j = 0; j < nv; j++)
        STORE(out + j * LANES, acc[j]);
}

#define SPREAD(nv, u)                                                                                                  \
    static TARGET void NAME(spread_##nv##_##u)(const ShortProduct *s, const void *v, void *out)                        \
    {                                                                                                                  \
        NAME(spread)(nv, u, s->depth, (const TYPE *)s->rows, v, out);                                                  \
    }
SPREAD(1, 8)
#if LANES == 4
SPREAD(1, 4)
SPREAD(2, 4)
SPREAD(3, 2)
SPREAD(3, 4)
SPREAD(4, 2)
SPREAD(4, 4)
#elif LANES == 8
SPREAD(2, 4)
SPREAD(2, 8)
#else
SPREAD(1, 16)
#endif
#undef SPREAD

/* The function for nv vectors; `by_rows`: the matrix is one that `short_rows` takes, not `strips`. */
static short_fn NAME(short_product)(int nv, int by_rows)
{
#if LANES == 4
    static const short_fn all[2][4] = {
        {NAME(spread_1_8), NAME(spread_2_4), NAME(spread_3_2), NAME(spread_4_2)},
        {NAME(spread_1_4), NAME(spread_2_4), NAME(spread_3_4), NAME(spread_4_4)}};
#elif LANES == 8
    static const short_fn all[2][2] = {{NAME(spread_1_8), NAME(spread_2_4)}, {NAME(spread_1_8), NAME(spread_2_8)}};
#else
    static const short_fn all[2][1] = {{NAME(spread_1_8)}, {NAME(spread_1_16)}};
#endif
    return all[by_rows][nv - 1];
}

#undef FOLD
#undef FOLD_ALL
#undef DOTS
#undef ADD_ROWS
#include "vectors_end.h"
