/* Template of matrix products as dot products, for one element type and one vector unit; included by dots.c.
 *
 * Wants the names of vectors.h, FOLD, which sums up the lanes of four vectors, PUT, which stores such sums times a factor, DOT_TILES, the sizes that fit the
 * registers, and MOST_ROWS, the height of the largest. */

/* out = alpha a b + beta out for mr rows and nr columns, all of which are contiguous along the contracted dim.
 * Groups of four results are summed up at a time. */
static inline __attribute__((always_inline)) TARGET void NAME(dots)(const int mr, const int nr, const Dots *t,
                                                                    const TYPE *a, const TYPE *b, TYPE *out)
{
    const idx ars = t->ars, bcs = t->bcs;
    const int groups = (mr * nr + 3) / 4;
    __m256d sums[MOST_ROWS];
    UNROLL for (int g = 0; g < groups; g++)
        sums[g] = _mm256_setzero_pd();
    for (idx left, k = t->k; k > 0; k -= left) {
        VEC acc[4 * MOST_ROWS];
        UNROLL for (int i = 0; i < 4 * groups; i++)
            acc[i] = ZERO();
        left = k < LEAF ? k : LEAF;
        idx p = left;
        for (; p >= LANES; p -= LANES, a += LANES, b += LANES) {
            VEC column[4];
            UNROLL for (int j = 0; j < nr; j++)
                column[j] = LOAD(b + j * bcs);
            UNROLL for (int j = 0; j < nr; j++)
                HOLD(column[j]);
            UNROLL for (int i = 0; i < mr; i++) {
                const VEC x = LOAD(a + i * ars);
                UNROLL for (int j = 0; j < nr; j++)
                    acc[i * nr + j] = FMA(x, column[j], acc[i * nr + j]);
            }
        }
        if (p > 0) {
            VEC column[4];
            UNROLL for (int j = 0; j < nr; j++)
                column[j] = LOAD_SOME(b + j * bcs, p);
            UNROLL for (int i = 0; i < mr; i++) {
                const VEC x = LOAD_SOME(a + i * ars, p);
                UNROLL for (int j = 0; j < nr; j++)
                    acc[i * nr + j] = FMA(x, column[j], acc[i * nr + j]);
            }
        }
        UNROLL for (int g = 0; g < groups; g++)
            sums[g] = _mm256_add_pd(sums[g], FOLD(acc[4 * g], acc[4 * g + 1], acc[4 * g + 2], acc[4 * g + 3]));
    }
    if (nr == 4 && t->beta == 0) {
        UNROLL for (int i = 0; i < mr; i++)
            PUT(out + i * t->crs, sums[i], t->alpha);
        return;
    }
    TYPE values[4 * MOST_ROWS];
    UNROLL for (int g = 0; g < groups; g++)
        PUT(values + 4 * g, sums[g], t->alpha);
    UNROLL for (int i = 0; i < mr; i++, out += t->crs)
        UNROLL for (int j = 0; j < nr; j++)
            out[j] = t->beta != 0 ? (TYPE)t->beta * out[j] + values[i * nr + j] : values[i * nr + j];
}

#define TILE(mr, nr)                                                                                                   \
    static TARGET void NAME(dots_##mr##_##nr)(const Dots *t, const TYPE *a, const TYPE *b, TYPE *out)                  \
    {                                                                                                                  \
        NAME(dots)(mr, nr, t, a, b, out);                                                                              \
    }
DOT_TILES
#undef TILE

static void (*const NAME(dot_tiles)[MOST_ROWS + 1][5])(const Dots *, const TYPE *, const TYPE *, TYPE *) = {
#define TILE(mr, nr) [mr][nr] = NAME(dots_##mr##_##nr),
    DOT_TILES
#undef TILE
};

/* Rows of the next tile: about half of what is left, where that is too much for one tile and not enough for two. */
static inline int NAME(dot_rows)(idx left, int nr)
{
    int most = MOST_ROWS;
    while (!NAME(dot_tiles)[most][nr])
        most--;
    return (int)(left >= 2 * most || left == most ? most : left > most ? (left + 1) / 2 : left);
}

/* All of a part of the result; the longer operand is read once. */
static void NAME(dot_product)(const Dots *t, idx m, idx n, const void *x, const void *y, void *result)
{
    const TYPE *a = x, *b = y;
    TYPE *out = result;
    if (m > n)
        for (idx mr, i = 0; i < m; i += mr) {
            mr = NAME(dot_rows)(m - i, n < 4 ? (int)n : 4);
            for (idx j = 0; j < n; j += 4)
                NAME(dot_tiles)[mr][n - j < 4 ? n - j : 4](t, a + i * t->ars, b + j * t->bcs, out + i * t->crs + j);
        }
    else
        for (idx nr, j = 0; j < n; j += nr) {
            nr = n - j < 4 ? n - j : 4;
            for (idx mr, i = 0; i < m; i += mr) {
                mr = NAME(dot_rows)(m - i, (int)nr);
                NAME(dot_tiles)[mr][nr](t, a + i * t->ars, b + j * t->bcs, out + i * t->crs + j);
            }
        }
}
#undef FOLD
#undef PUT
#undef DOT_TILES
#undef MOST_ROWS
#include "vectors_end.h"
