/* Accumulators of reductions: elements folded into partial results side by side, or lane by lane into many accumulators.
 *
 * The order of sums is fixed by the code (see fold.c), not by the vector width of the machine, so results are the same on
 * every CPU. In maximum and minimum NaN wins. */
#include "kernel.h"

#include <math.h>
#include <stdint.h>

#define LANES RT_PARTS

#define ADD(a, b) ((a) + (b))
#define MUL(a, b) ((a) * (b))
#define MAX_INT(a, b) ((a) >= (b) ? (a) : (b))
#define MIN_INT(a, b) ((a) <= (b) ? (a) : (b))
/* NaN stays in a, since all comparisons with it fail, and is taken from b; this form is one that gcc vectorises. */
#define MAX_FLOAT(a, b) ((b) != (b) ? (b) : (a) < (b) ? (b) : (a))
#define MIN_FLOAT(a, b) ((b) != (b) ? (b) : (a) > (b) ? (b) : (a))
#define AND(a, b) ((a) & (b))
#define OR(a, b) ((a) | (b))

/* Elements `n`, a multiple of LANES, into LANES partial results. */
#define DEFINE_FOLD(name, type, in, op)                                                                                \
    static CLONES void name##_fold(char *parts, const char *from, idx n)                                               \
    {                                                                                                                  \
        const in *x = (const in *)from;                                                                                \
        type part[LANES]; /* a copy of our own stays in registers */                                                   \
        memcpy(part, parts, sizeof part);                                                                              \
        for (idx i = 0; i < n; i += LANES)                                                                             \
            for (int j = 0; j < LANES; j++)                                                                            \
                part[j] = (type)op(part[j], x[i + j]);                                                                 \
        memcpy(parts, part, sizeof part);                                                                              \
    }

/* Largest or smallest: with care for NaN where there may be one. */
#define DEFINE_EXTREME(name, type, op, least)                                                                          \
    DEFINE_FOLD(name##_careful, type, type, op)                                                                        \
    static void name##_fold(char *parts, const char *from, idx n)                                                      \
    {                                                                                                                  \
        if (!rt_extremes_along(sizeof(type), least, parts, from, n))                                                   \
            name##_careful_fold(parts, from, n);                                                                       \
    }

/* init: `n` accumulators to the neutral element. few: the result of 0 < n <= RT_MEDIUM elements. merge: that of LANES
 * partial results. */
#define DEFINE_REST(name, type, in, op, neutral)                                                                       \
    static const type name##_start[LANES] __attribute__((aligned(RT_ALIGN))) = {[0 ... LANES - 1] = (type)(neutral)};  \
    static void name##_init(char *acc, const char *unused, idx n)                                                      \
    {                                                                                                                  \
        (void)unused;                                                                                                  \
        for (idx i = 0; i < n; i++)                                                                                    \
            ((type *)acc)[i] = (type)(neutral);                                                                        \
    }                                                                                                                  \
    static void name##_few(char *acc, const char *from, idx n)                                                         \
    {                                                                                                                  \
        const in *x = (const in *)from;                                                                                \
        type part[8], sum = x[0];                                                                                      \
        idx i = 1;                                                                                                     \
        if (n > RT_SHORT) {                                                                                            \
            for (int j = 0; j < 8; j++)                                                                                \
                part[j] = x[j];                                                                                        \
            for (i = 8; i + 8 <= n; i += 8)                                                                            \
                for (int j = 0; j < 8; j++)                                                                            \
                    part[j] = (type)op(part[j], x[i + j]);                                                             \
            for (int j = 0; j < 4; j++)                                                                                \
                part[j] = (type)op(part[j], part[j + 4]);                                                              \
            part[0] = (type)op(part[0], part[2]);                                                                      \
            part[1] = (type)op(part[1], part[3]);                                                                      \
            sum = (type)op(part[0], part[1]);                                                                          \
        }                                                                                                              \
        for (; i < n; i++) /* apart from `part`, which then stays in registers */                                      \
            sum = (type)op(sum, x[i]);                                                                                 \
        *(type *)acc = (type)op((type)(neutral), sum); /* -0 becomes 0, as it does for NumPy */                        \
    }                                                                                                                  \
    static CLONES void name##_merge(char *acc, const char *parts, idx unused)                                          \
    {                                                                                                                  \
        const type *part = (const type *)parts;                                                                        \
        type half[16], quarter[8], eighth[4]; /* in arrays of their own, which stay in registers */                    \
        (void)unused;                                                                                                  \
        for (int j = 0; j < 16; j++)                                                                                   \
            half[j] = (type)op(part[j], part[j + 16]);                                                                 \
        for (int j = 0; j < 8; j++)                                                                                    \
            quarter[j] = (type)op(half[j], half[j + 8]);                                                               \
        for (int j = 0; j < 4; j++)                                                                                    \
            eighth[j] = (type)op(quarter[j], quarter[j + 4]);                                                          \
        eighth[0] = (type)op(eighth[0], eighth[2]);                                                                    \
        eighth[1] = (type)op(eighth[1], eighth[3]);                                                                    \
        *(type *)acc = (type)op(eighth[0], eighth[1]);                                                                 \
    }                                                                                                                  \
    static CLONES void name##_across(char *acc, const char *tile, idx n)                                               \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        const in *restrict x = (const in *)tile;                                                                       \
        for (idx i = 0; i < n; i++)                                                                                    \
            a[i] = (type)op(a[i], x[i]);                                                                               \
    }

#define STRETCH 64 /* elements */
#define DEEP 8     /* rows */

/* down: `rows` rows into `n` accumulators side by side, four for each load and store of those. Twice as many gain a
 * tenth where the memory is slow and lose as much where it is not. */
#define DEFINE_DOWN(way, type, in, op, across)                                                                         \
    static CLONES void way(char *acc, const char *tile, idx stride, idx rows, idx n)                                   \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        for (; rows >= 4; rows -= 4, tile += 4 * stride)                                                               \
            for (idx from = 0; from < n; from += STRETCH) {                                                            \
                const in *x = (const in *)tile, *y = (const in *)(tile + stride);                                      \
                const in *z = (const in *)(tile + 2 * stride), *w = (const in *)(tile + 3 * stride);                   \
                idx end = n - from < STRETCH ? n : from + STRETCH;                                                     \
                if (rows >= DEEP + 4)                                                                                  \
                    rt_ask_for(tile + DEEP * stride + from * (idx)sizeof(in), stride, 4, STRETCH * sizeof(in));        \
                for (idx i = from; i < end; i++) {                                                                     \
                    type p = x[i], q = y[i], r = z[i], s = w[i], b = a[i];                                             \
                    b = (type)op(b, p);                                                                                \
                    b = (type)op(b, q);                                                                                \
                    b = (type)op(b, r);                                                                                \
                    a[i] = (type)op(b, s);                                                                             \
                }                                                                                                      \
            }                                                                                                          \
        for (; rows > 0; rows--, tile += stride)                                                                       \
            across(acc, tile, n);                                                                                      \
    }

/* Largest or smallest: with care for NaN from the first rows on that have one. */
#define DEFINE_EXTREME_DOWN(name, type, op, least)                                                                     \
    DEFINE_DOWN(name##_careful_down, type, type, op, name##_across)                                                    \
    static void name##_down(char *acc, const char *tile, idx stride, idx rows, idx n)                                  \
    {                                                                                                                  \
        idx done = rt_extremes_down(sizeof(type), least, acc, tile, stride, rows, n);                                  \
        name##_careful_down(acc, tile + done * stride, stride, rows - done, n);                                        \
    }

#define DEFINE(name, type, in, op, neutral)                                                                            \
    DEFINE_FOLD(name, type, in, op)                                                                                    \
    DEFINE_REST(name, type, in, op, neutral)                                                                           \
    DEFINE_DOWN(name##_down, type, in, op, name##_across)

#define DEFINE_INT(name, type, smallest, largest)                                                                      \
    DEFINE(add_##name, type, type, ADD, 0)                                                                             \
    DEFINE(mul_##name, type, type, MUL, 1)                                                                             \
    DEFINE(max_##name, type, type, MAX_INT, smallest)                                                                  \
    DEFINE(min_##name, type, type, MIN_INT, largest)                                                                   \
    DEFINE(and_##name, type, type, AND, ~(type)0)                                                                      \
    DEFINE(or_##name, type, type, OR, 0)

#define DEFINE_FLOAT(name, type)                                                                                       \
    DEFINE(add_##name, type, type, ADD, 0)                                                                             \
    DEFINE(mul_##name, type, type, MUL, 1)                                                                             \
    DEFINE_EXTREME(max_##name, type, MAX_FLOAT, 0)                                                                     \
    DEFINE_REST(max_##name, type, type, MAX_FLOAT, -INFINITY)                                                          \
    DEFINE_EXTREME_DOWN(max_##name, type, MAX_FLOAT, 0)                                                                \
    DEFINE_EXTREME(min_##name, type, MIN_FLOAT, 1)                                                                     \
    DEFINE_REST(min_##name, type, type, MIN_FLOAT, INFINITY)                                                           \
    DEFINE_EXTREME_DOWN(min_##name, type, MIN_FLOAT, 1)

DEFINE_INT(i8, int8_t, INT8_MIN, INT8_MAX)
DEFINE_INT(u8, uint8_t, 0, UINT8_MAX)
DEFINE_INT(i16, int16_t, INT16_MIN, INT16_MAX)
DEFINE_INT(u16, uint16_t, 0, UINT16_MAX)
DEFINE_INT(i32, int32_t, INT32_MIN, INT32_MAX)
DEFINE_INT(u32, uint32_t, 0, UINT32_MAX)
DEFINE_INT(i64, int64_t, INT64_MIN, INT64_MAX)
DEFINE_INT(u64, uint64_t, 0, UINT64_MAX)
DEFINE_FLOAT(f32, float)
DEFINE_FLOAT(f64, double)
DEFINE_REST(add_wide, double, float, ADD, 0)
DEFINE_DOWN(add_wide_down, double, float, ADD, add_wide_across)
DEFINE(and_b8, uint8_t, uint8_t, AND, 1)
DEFINE(or_b8, uint8_t, uint8_t, OR, 0)
DEFINE(mul_b8, uint8_t, uint8_t, AND, 1)
DEFINE(max_b8, uint8_t, uint8_t, OR, 0)
DEFINE(min_b8, uint8_t, uint8_t, AND, 1)

/* float32, each widened before it is added. */
static void add_wide_fold(char *parts, const char *from, idx n)
{
    rt_add_wide((double *)parts, (const float *)from, n);
}

#define WHOLE ((idx)1 << 16) /* long, but threads share longer rows */
#define ROW(kind, short, name, number, block)                                                                          \
    {kind, number, block, short##_##name##_start, short##_##name##_init, short##_##name##_few,                         \
     short##_##name##_fold, short##_##name##_merge, short##_##name##_across, short##_##name##_down,                    \
     short##_##name##_few, short##_##name##_across}
#define ROWS(name, number, block)                                                                                      \
    ROW("add", add, name, number, block), ROW("mul", mul, name, number, block),                                        \
        ROW("maximum", max, name, number, WHOLE), ROW("minimum", min, name, number, WHOLE)
#define ROWS_INT(name, number)                                                                                         \
    ROWS(name, number, WHOLE), ROW("and", and, name, number, WHOLE), ROW("or", or, name, number, WHOLE)

const Leaf rt_leaves[] = {ROWS(f64, NPY_DOUBLE, RT_BLOCK / 2),
                          ROWS(f32, NPY_FLOAT, RT_BLOCK / 2),
                          ROWS_INT(i64, NPY_LONG),
                          ROWS_INT(u64, NPY_ULONG),
                          ROWS_INT(i32, NPY_INT),
                          ROWS_INT(u32, NPY_UINT),
                          ROWS_INT(i16, NPY_SHORT),
                          ROWS_INT(u16, NPY_USHORT),
                          ROWS_INT(i8, NPY_BYTE),
                          ROWS_INT(u8, NPY_UBYTE),
                          ROW("and", and, b8, NPY_BOOL, WHOLE),
                          ROW("or", or, b8, NPY_BOOL, WHOLE),
                          ROW("add", or, b8, NPY_BOOL, WHOLE),
                          ROW("mul", mul, b8, NPY_BOOL, WHOLE),
                          ROW("maximum", max, b8, NPY_BOOL, WHOLE),
                          ROW("minimum", min, b8, NPY_BOOL, WHOLE),
                          {"add float32", NPY_DOUBLE, 16 * RT_BLOCK, add_wide_start, add_wide_init, add_wide_few, add_wide_fold,
                           add_wide_merge, add_wide_across, add_wide_down, add_f64_few, add_f64_across},
                          {0}};

int rt_find_leaf(const char *kind, int typenum)
{
    for (int i = 0; rt_leaves[i].kind; i++)
        if (rt_leaves[i].typenum == typenum && strcmp(rt_leaves[i].kind, kind) == 0)
            return i;
    return -1;
}
