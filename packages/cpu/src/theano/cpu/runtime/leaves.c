/* Accumulators of reductions: a tile into one accumulator (`along`), or lane by lane into many (`across`).
 *
 * Sums use 4 x 8 partial sums in leaves of 1024 elements, merged pairwise: the order is fixed by the code, not by the
 * vector width of the machine, so results are the same on every CPU. In maximum and minimum NaN wins. */
#include "kernel.h"

#include <math.h>
#include <stdint.h>

#define LANES 32
#define LEAF 1024

#define ADD(a, b) ((a) + (b))
#define MUL(a, b) ((a) * (b))
#define MAX_INT(a, b) ((a) >= (b) ? (a) : (b))
#define MIN_INT(a, b) ((a) <= (b) ? (a) : (b))
/* NaN stays in a, since all comparisons with it fail, and is taken from b; this form is one that gcc vectorises. */
#define MAX_FLOAT(a, b) ((b) != (b) ? (b) : (a) < (b) ? (b) : (a))
#define MIN_FLOAT(a, b) ((b) != (b) ? (b) : (a) > (b) ? (b) : (a))
/* Without care for NaN: one instruction. */
#define LARGER(a, b) ((a) < (b) ? (b) : (a))
#define SMALLER(a, b) ((a) > (b) ? (b) : (a))
#define AND(a, b) ((a) & (b))
#define OR(a, b) ((a) | (b))

/* LANES partial results into one; in arrays of their own, which stay in registers. */
#define MERGE(type, op, part)                                                                                          \
    type half[16], quarter[8], eighth[4];                                                                              \
    for (int j = 0; j < 16; j++)                                                                                       \
        half[j] = (type)op(part[j], part[j + 16]);                                                                     \
    for (int j = 0; j < 8; j++)                                                                                        \
        quarter[j] = (type)op(half[j], half[j + 8]);                                                                   \
    for (int j = 0; j < 4; j++)                                                                                        \
        eighth[j] = (type)op(quarter[j], quarter[j + 4]);                                                              \
    eighth[0] = (type)op(eighth[0], eighth[2]);                                                                        \
    eighth[1] = (type)op(eighth[1], eighth[3]);                                                                        \
    return (type)op(eighth[0], eighth[1]);

/* One leaf, n > 0: LANES partial results, then a tree over them. */
#define DEFINE_LEAF(name, type, in, op, neutral)                                                                       \
    static CLONES type name##_leaf(const in *x, idx n)                                                                 \
    {                                                                                                                  \
        type part[LANES];                                                                                              \
        idx i = 0;                                                                                                     \
        for (int j = 0; j < LANES; j++)                                                                                \
            part[j] = (type)(neutral);                                                                                 \
        for (; i + LANES <= n; i += LANES)                                                                             \
            for (int j = 0; j < LANES; j++)                                                                            \
                part[j] = (type)op(part[j], x[i + j]);                                                                 \
        if (i < n) { /* apart from `part`, which then stays in registers */                                            \
            type rest[LANES];                                                                                          \
            for (int j = 0; j < LANES; j++)                                                                            \
                rest[j] = part[j];                                                                                     \
            for (int j = 0; i + j < n; j++)                                                                            \
                rest[j] = (type)op(rest[j], x[i + j]);                                                                 \
            MERGE(type, op, rest)                                                                                      \
        }                                                                                                              \
        MERGE(type, op, part)                                                                                          \
    }

/* Largest or smallest of at least 2 * LANES numbers. Instructions for that lose NaN, which shows as bits above infinity;
 * some numbers may be looked at twice. */
typedef int32_t seen_int32_t __attribute__((may_alias));
typedef int64_t seen_int64_t __attribute__((may_alias));
#define DEFINE_EXTREME(name, type, bits, infinite, op, plain, neutral)                                                 \
    static CLONES type name##_leaf(const type *x, idx n)                                                               \
    {                                                                                                                  \
        type part[2 * LANES], once[LANES], value = (type)(neutral);                                                    \
        bits top[2 * LANES], worst = 0;                                                                                \
        for (int j = 0; j < 2 * LANES; j++) {                                                                          \
            part[j] = (type)(neutral);                                                                                 \
            top[j] = 0;                                                                                                \
        }                                                                                                              \
        for (idx i = 0; i < n; i += 2 * LANES) {                                                                       \
            idx at = i + 2 * LANES <= n ? i : n - 2 * LANES;                                                           \
            const type *y = x + at;                                                                                    \
            const seen_##bits *b = (const seen_##bits *)y;                                                             \
            for (int j = 0; j < 2 * LANES; j++) {                                                                      \
                bits size = b[j] & ~((bits)1 << (8 * sizeof(bits) - 1));                                                      \
                part[j] = plain(part[j], y[j]);                                                                        \
                top[j] = top[j] < size ? size : top[j];                                                                \
            }                                                                                                          \
        }                                                                                                              \
        for (int j = 0; j < LANES; j++) {                                                                              \
            once[j] = plain(part[j], part[j + LANES]);                                                                 \
            top[j] = top[j] < top[j + LANES] ? top[j + LANES] : top[j];                                                \
        }                                                                                                              \
        for (int j = 0; j < LANES; j++)                                                                                \
            worst = worst < top[j] ? top[j] : worst;                                                                   \
        if (worst > infinite) {                                                                                        \
            for (idx i = 0; i < n; i++)                                                                                \
                value = (type)op(value, x[i]);                                                                         \
            return value;                                                                                              \
        }                                                                                                              \
        MERGE(type, plain, once)                                                                                       \
    }

#define DEFINE(name, type, in, op, neutral)                                                                            \
    DEFINE_LEAF(name, type, in, op, neutral)                                                                           \
    DEFINE_REST(name, type, in, op, neutral, RT_MEDIUM)

#define DEFINE_REST(name, type, in, op, neutral, medium)                                                                    \
    static type name##_short(const in *x, idx n)                                                                     \
    {                                                                                                                  \
        type part[8];                                                                                                  \
        idx i = 8;                                                                                                     \
        for (int j = 0; j < 8; j++)                                                                                    \
            part[j] = x[j];                                                                                            \
        for (; i + 8 <= n; i += 8)                                                                                     \
            for (int j = 0; j < 8; j++)                                                                                \
                part[j] = (type)op(part[j], x[i + j]);                                                                 \
        for (int j = 0; j < 4; j++)                                                                                    \
            part[j] = (type)op(part[j], part[j + 4]);                                                                  \
        part[0] = (type)op(part[0], part[2]);                                                                          \
        part[1] = (type)op(part[1], part[3]);                                                                          \
        type sum = (type)op(part[0], part[1]);                                                                         \
        for (; i < n; i++) /* apart from `part`, which then stays in registers */                                      \
            sum = (type)op(sum, x[i]);                                                                                 \
        return sum;                                                                                                    \
    }                                                                                                                  \
    static type name##_tree(const in *x, idx n)                                                                      \
    {                                                                                                                  \
        if (n <= RT_SHORT) {                                                                                              \
            type sum = x[0];                                                                                           \
            for (idx i = 1; i < n; i++)                                                                                \
                sum = (type)op(sum, x[i]);                                                                             \
            return sum;                                                                                                \
        }                                                                                                              \
        if (n <= medium)                                                                                                  \
            return name##_short(x, n);                                                                                 \
        if (n <= LEAF)                                                                                                 \
            return name##_leaf(x, n);                                                                                  \
        idx half = (n / 2 + LEAF - 1) / LEAF * LEAF;                                                                   \
        type a = name##_tree(x, half), b = name##_tree(x + half, n - half);                                            \
        return (type)op(a, b);                                                                                         \
    }                                                                                                                  \
    static void name##_init(char *acc, const char *tile, idx n)                                                        \
    {                                                                                                                  \
        (void)tile;                                                                                                    \
        for (idx i = 0; i < n; i++)                                                                                    \
            ((type *)acc)[i] = (type)(neutral);                                                                        \
    }                                                                                                                  \
    static void name##_along(char *acc, const char *tile, idx n)                                                       \
    {                                                                                                                  \
        type *a = (type *)acc;                                                                                         \
        type b = name##_tree((const in *)tile, n);                                                                   \
        *a = (type)op(*a, b);                                                                                          \
    }                                                                                                                  \
    static CLONES void name##_across(char *acc, const char *tile, idx n)                                               \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        const in *restrict x = (const in *)tile;                                                                   \
        for (idx i = 0; i < n; i++)                                                                                    \
            a[i] = (type)op(a[i], x[i]);                                                                               \
    }                                                                                                                  \
    static CLONES void name##_down(char *acc, const char *tile, idx stride, idx rows, idx n)                           \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        for (; rows >= 4; rows -= 4, tile += 4 * stride) {                                                             \
            const in *x = (const in *)tile, *y = (const in *)(tile + stride);                                    \
            const in *z = (const in *)(tile + 2 * stride), *w = (const in *)(tile + 3 * stride);                 \
            for (idx i = 0; i < n; i++) {                                                                              \
                type p = x[i], q = y[i], r = z[i], s = w[i], b = a[i];                                                 \
                b = (type)op(b, p);                                                                                    \
                b = (type)op(b, q);                                                                                    \
                b = (type)op(b, r);                                                                                    \
                a[i] = (type)op(b, s);                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        for (; rows > 0; rows--, tile += stride)                                                                       \
            name##_across(acc, tile, n);                                                                               \
    }

#define DEFINE_INT(name, type, smallest, largest)                                                                      \
    DEFINE(add_##name, type, type, ADD, 0)                                                                                   \
    DEFINE(mul_##name, type, type, MUL, 1)                                                                                   \
    DEFINE(max_##name, type, type, MAX_INT, smallest)                                                                        \
    DEFINE(min_##name, type, type, MIN_INT, largest)                                                                         \
    DEFINE(and_##name, type, type, AND, ~(type)0)                                                                            \
    DEFINE(or_##name, type, type, OR, 0)

#define DEFINE_FLOAT(name, type, bits, infinite)                                                                       \
    DEFINE(add_##name, type, type, ADD, 0)                                                                             \
    DEFINE(mul_##name, type, type, MUL, 1)                                                                             \
    DEFINE_EXTREME(max_##name, type, bits, infinite, MAX_FLOAT, LARGER, -INFINITY)                                     \
    DEFINE_REST(max_##name, type, type, MAX_FLOAT, -INFINITY, 2 * LANES)                                                        \
    DEFINE_EXTREME(min_##name, type, bits, infinite, MIN_FLOAT, SMALLER, INFINITY)                                     \
    DEFINE_REST(min_##name, type, type, MIN_FLOAT, INFINITY, 2 * LANES)

DEFINE_INT(i8, int8_t, INT8_MIN, INT8_MAX)
DEFINE_INT(u8, uint8_t, 0, UINT8_MAX)
DEFINE_INT(i16, int16_t, INT16_MIN, INT16_MAX)
DEFINE_INT(u16, uint16_t, 0, UINT16_MAX)
DEFINE_INT(i32, int32_t, INT32_MIN, INT32_MAX)
DEFINE_INT(u32, uint32_t, 0, UINT32_MAX)
DEFINE_INT(i64, int64_t, INT64_MIN, INT64_MAX)
DEFINE_INT(u64, uint64_t, 0, UINT64_MAX)
DEFINE_FLOAT(f32, float, int32_t, 0x7f800000)
DEFINE_FLOAT(f64, double, int64_t, 0x7ff0000000000000)
DEFINE(add_wide, double, float, ADD, 0)
DEFINE(and_b8, uint8_t, uint8_t, AND, 1)
DEFINE(or_b8, uint8_t, uint8_t, OR, 0)
DEFINE(mul_b8, uint8_t, uint8_t, AND, 1)
DEFINE(max_b8, uint8_t, uint8_t, OR, 0)
DEFINE(min_b8, uint8_t, uint8_t, AND, 1)

#define ROW(kind, short, name, number)                                                                                 \
    {kind, number, short##_##name##_init, short##_##name##_along, short##_##name##_across, short##_##name##_down,      \
     short##_##name##_along, short##_##name##_across}
#define ROWS_FLOAT(name, number)                                                                                       \
    ROW("add", add, name, number), ROW("mul", mul, name, number), ROW("maximum", max, name, number),                   \
        ROW("minimum", min, name, number)
#define ROWS_INT(name, number) ROWS_FLOAT(name, number), ROW("and", and, name, number), ROW("or", or, name, number)

const Leaf rt_leaves[] = {ROWS_FLOAT(f64, NPY_DOUBLE),
                          ROWS_FLOAT(f32, NPY_FLOAT),
                          ROWS_INT(i64, NPY_LONG),
                          ROWS_INT(u64, NPY_ULONG),
                          ROWS_INT(i32, NPY_INT),
                          ROWS_INT(u32, NPY_UINT),
                          ROWS_INT(i16, NPY_SHORT),
                          ROWS_INT(u16, NPY_USHORT),
                          ROWS_INT(i8, NPY_BYTE),
                          ROWS_INT(u8, NPY_UBYTE),
                          ROW("and", and, b8, NPY_BOOL),
                          ROW("or", or, b8, NPY_BOOL),
                          ROW("add", or, b8, NPY_BOOL),
                          ROW("mul", mul, b8, NPY_BOOL),
                          ROW("maximum", max, b8, NPY_BOOL),
                          ROW("minimum", min, b8, NPY_BOOL),
                          {"add float32", NPY_DOUBLE, add_wide_init, add_wide_along, add_wide_across, add_wide_down,
                           add_f64_along, add_f64_across},
                          {NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL}};

int rt_find_leaf(const char *kind, int typenum)
{
    for (int i = 0; rt_leaves[i].kind; i++)
        if (rt_leaves[i].typenum == typenum && strcmp(rt_leaves[i].kind, kind) == 0)
            return i;
    return -1;
}
