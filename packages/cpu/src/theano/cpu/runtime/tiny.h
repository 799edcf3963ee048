/* Template of batches of tiny matrix products for one element type and one vector unit; included by tiny.c.
 *
 * Wants the names of vectors.h. The length that is contracted is a constant of each function, so the rows of the second
 * operand stay in registers, and no item pays for a loop over it. */

/* Items in a row; rows of the second operand are contiguous. */
static inline __attribute__((always_inline)) TARGET void NAME(items)(const int k, const Items *t, idx count)
{
    const idx isz = sizeof(TYPE), m = t->x.rows, n = t->y.cols;
    const idx ars = t->x.rs / isz, acs = t->x.cs / isz, brs = t->y.rs / isz;
    for (idx item = 0; item < count; item++)
        for (idx j = 0; j < n; j += LANES) {
            const TYPE *a = (const TYPE *)(t->x.data + item * t->xs);
            const TYPE *b = (const TYPE *)(t->y.data + item * t->ys) + j;
            TYPE *c = (TYPE *)(t->out + item * t->os) + j;
            const int some = n - j < LANES ? (int)(n - j) : LANES;
            VEC row[MOST_CONTRACTED];
            UNROLL for (int p = 0; p < k; p++)
                row[p] = LOAD_SOME(b + p * brs, some);
            for (idx i = 0; i < m; i++, a += ars, c += n) {
                VEC sum = ZERO();
                UNROLL for (int p = 0; p < k; p++)
                    sum = FMA(SET1(a[p * acs]), row[p], sum);
                STORE_SOME(c, some, sum);
            }
        }
}

#define LENGTH(k)                                                                                                      \
    static TARGET void NAME(items_##k)(const Items *t, idx count) { NAME(items)(k, t, count); }
LENGTHS
#undef LENGTH

static void (*const NAME(tiny)[MOST_CONTRACTED + 1])(const Items *, idx) = {
#define LENGTH(k) [k] = NAME(items_##k),
    LENGTHS
#undef LENGTH
};
#include "vectors_end.h"
