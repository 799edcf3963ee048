/* Position of the first maximum of a long row; NaN counts as largest.
 *
 * Vectors keep only which block the maximum of each lane came from, and the position is looked for in one block. No
 * branch depends on where the maximum lies: a mispredicted one costs more than that search. */
#include "kernel.h"

#define BLOCK RT_LONG_ROW
#define LANES 32 /* gcc leaves vectors behind where loops are so short that it unrolls them: not 16 */
#define LAST 255 /* number of blocks and of places in a block; fits into each type of marks */
#define SPAN ((idx)(LAST - 1) * BLOCK)

#define LARGER(a, b) ((b) > (a) ? (b) : (a))
/* Of `count` numbers above 0 the largest whose element is `v`; so that is the first, if they decrease. */
#define LARGEST_MARK(result, count, mark, x, v, number)                                                                \
    mark result = 0;                                                                                                   \
    for (int j = 0; j < count; j++) {                                                                                  \
        mark here = (mark)(-(mark)((x)[j] == v) & (mark)(number));                                                     \
        result = here > result ? here : result;                                                                        \
    }

/* Integers are no NaN: then all that concerns sums, which show NaN (or infinities of both signs), disappears. */
#define DEFINE_SPAN(name, type, mark, floating)                                                                        \
    static CLONES idx nan_##name(const type *x, idx n)                                                                 \
    {                                                                                                                  \
        idx at = 0;                                                                                                    \
        for (; at + BLOCK <= n; at += BLOCK) {                                                                         \
            mark any = 0;                                                                                              \
            for (int j = 0; j < BLOCK; j++)                                                                            \
                any |= x[at + j] != x[at + j];                                                                         \
            if (any)                                                                                                   \
                break;                                                                                                 \
        }                                                                                                              \
        while (at < n && x[at] == x[at])                                                                               \
            at++;                                                                                                      \
        return at;                                                                                                     \
    }                                                                                                                  \
    /* BLOCK <= n <= SPAN. Vectors that cross cache lines are read twice as slowly, so blocks begin at whole lines;    \
     * the first elements, and the last block, may be looked at twice. */                                              \
    static CLONES idx span_##name(const type *x, idx n)                                                                \
    {                                                                                                                  \
        type best[LANES], sums[LANES], half[16], quarter[8], eighth[4], v;                                             \
        mark origin[LANES], nan = 0;                                                                                   \
        idx skip = (idx)((-(uintptr_t)x & (RT_ALIGN - 1)) / sizeof(type)), head = skip > 0;                            \
        for (int j = 0; j < LANES; j++) {                                                                              \
            best[j] = LARGER(x[j], x[j + LANES]);                                                                      \
            sums[j] = floating ? x[j] + x[j + LANES] : 0;                                                              \
            origin[j] = (mark)LAST;                                                                                    \
        }                                                                                                              \
        for (idx at = skip, number = head; at < n; at += BLOCK, number++) {                                            \
            const type *y = x + (at + BLOCK <= n ? at : n - BLOCK);                                                    \
            mark from = (mark)(LAST - number);                                                                         \
            type part[2 * LANES], sum[2 * LANES];                                                                      \
            for (int j = 0; j < 2 * LANES; j++) {                                                                      \
                part[j] = LARGER(y[j], y[j + 2 * LANES]);                                                              \
                sum[j] = floating ? y[j] + y[j + 2 * LANES] : 0;                                                       \
            }                                                                                                          \
            for (int i = 4 * LANES; i < BLOCK; i += 2 * LANES)                                                         \
                for (int j = 0; j < 2 * LANES; j++) {                                                                  \
                    part[j] = LARGER(part[j], y[i + j]);                                                               \
                    sum[j] += floating ? y[i + j] : 0;                                                                 \
                }                                                                                                      \
            for (int j = 0; j < LANES; j++) {                                                                          \
                type top = LARGER(part[j], part[j + LANES]);                                                           \
                mark take = (mark)-(mark)(top > best[j]);                                                              \
                origin[j] = (mark)((origin[j] & ~take) | (from & take));                                               \
                best[j] = LARGER(best[j], top);                                                                        \
                sums[j] += floating ? sum[j] + sum[j + LANES] : 0;                                                     \
            }                                                                                                          \
        }                                                                                                              \
        for (int j = 0; floating && j < LANES; j++)                                                                    \
            nan |= sums[j] != sums[j];                                                                                 \
        if (nan) {                                                                                                     \
            idx at = nan_##name(x, n);                                                                                 \
            if (at < n)                                                                                                \
                return at;                                                                                             \
        }                                                                                                              \
        for (int j = 0; j < 16; j++)                                                                                   \
            half[j] = LARGER(best[j], best[j + 16]);                                                                   \
        for (int j = 0; j < 8; j++)                                                                                    \
            quarter[j] = LARGER(half[j], half[j + 8]);                                                                 \
        for (int j = 0; j < 4; j++)                                                                                    \
            eighth[j] = LARGER(quarter[j], quarter[j + 4]);                                                            \
        eighth[0] = LARGER(eighth[0], eighth[2]);                                                                      \
        eighth[1] = LARGER(eighth[1], eighth[3]);                                                                      \
        v = LARGER(eighth[0], eighth[1]);                                                                              \
        LARGEST_MARK(block, LANES, mark, best, v, origin[j])                                                           \
        idx number = LAST - (idx)block, at = number < head ? 0 : skip + (number - head) * BLOCK;                       \
        if (at + BLOCK > n)                                                                                            \
            at = n - BLOCK;                                                                                            \
        LARGEST_MARK(place, BLOCK, mark, x + at, v, LAST - j)                                                          \
        return at + LAST - (idx)place;                                                                                 \
    }                                                                                                                  \
    static idx long_##name(const char *row, idx n)                                                                     \
    {                                                                                                                  \
        const type *x = (const type *)row;                                                                             \
        idx best = span_##name(x, n < SPAN ? n : SPAN);                                                                \
        for (idx from = SPAN; from < n && x[best] == x[best]; from += SPAN) {                                          \
            idx at = from + BLOCK <= n ? from : n - BLOCK;                                                             \
            at += span_##name(x + at, n - at < SPAN ? n - at : SPAN);                                                  \
            best = x[at] > x[best] || x[at] != x[at] ? at : best;                                                      \
        }                                                                                                              \
        return best;                                                                                                   \
    }

/* Marks are as wide as elements, and signed where machines compare these faster. */
DEFINE_SPAN(f64, double, int64_t, 1)
DEFINE_SPAN(f32, float, int32_t, 1)
DEFINE_SPAN(i64, int64_t, int64_t, 0)
DEFINE_SPAN(u64, uint64_t, int64_t, 0)
DEFINE_SPAN(i32, int32_t, int32_t, 0)
DEFINE_SPAN(u32, uint32_t, int32_t, 0)
DEFINE_SPAN(i16, int16_t, int16_t, 0)
DEFINE_SPAN(u16, uint16_t, int16_t, 0)
DEFINE_SPAN(i8, int8_t, uint8_t, 0)
DEFINE_SPAN(u8, uint8_t, uint8_t, 0)

idx rt_first_maximum(const Slot *s, const char *row, idx n)
{
    if (s->kind == 'f')
        return s->itemsize == 8 ? long_f64(row, n) : long_f32(row, n);
    int wraps = s->kind != 'i';
    switch (s->itemsize) {
    case 8: return wraps ? long_u64(row, n) : long_i64(row, n);
    case 4: return wraps ? long_u32(row, n) : long_i32(row, n);
    case 2: return wraps ? long_u16(row, n) : long_i16(row, n);
    default: return wraps ? long_u8(row, n) : long_i8(row, n);
    }
}
