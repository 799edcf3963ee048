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
#define AND(a, b) ((a) & (b))
#define OR(a, b) ((a) | (b))

/* One leaf, n > 0: LANES partial results, then a tree over them. */
#define DEFINE_LEAF(name, type, op, neutral)                                                                           \
    static CLONES type name##_leaf(const type *x, idx n)                                                               \
    {                                                                                                                  \
        type part[LANES];                                                                                              \
        idx i = 0;                                                                                                     \
        for (int j = 0; j < LANES; j++)                                                                                \
            part[j] = (type)(neutral);                                                                                 \
        for (; i + LANES <= n; i += LANES)                                                                             \
            for (int j = 0; j < LANES; j++)                                                                            \
                part[j] = (type)op(part[j], x[i + j]);                                                                 \
        for (int j = 0; i + j < n; j++)                                                                                \
            part[j] = (type)op(part[j], x[i + j]);                                                                     \
        for (int half = LANES / 2; half; half /= 2)                                                                    \
            for (int j = 0; j < half; j++)                                                                             \
                part[j] = (type)op(part[j], part[j + half]);                                                           \
        return part[0];                                                                                                \
    }

#define DEFINE(name, type, op, neutral)                                                                                \
    DEFINE_LEAF(name, type, op, neutral)                                                                               \
    static type name##_short(const type *x, idx n)                                                                     \
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
    static type name##_tree(const type *x, idx n)                                                                      \
    {                                                                                                                  \
        if (n <= RT_SHORT) {                                                                                              \
            type sum = x[0];                                                                                           \
            for (idx i = 1; i < n; i++)                                                                                \
                sum = (type)op(sum, x[i]);                                                                             \
            return sum;                                                                                                \
        }                                                                                                              \
        if (n <= RT_MEDIUM)                                                                                               \
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
        type b = name##_tree((const type *)tile, n);                                                                   \
        *a = (type)op(*a, b);                                                                                          \
    }                                                                                                                  \
    static CLONES void name##_across(char *acc, const char *tile, idx n)                                               \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        const type *restrict x = (const type *)tile;                                                                   \
        for (idx i = 0; i < n; i++)                                                                                    \
            a[i] = (type)op(a[i], x[i]);                                                                               \
    }                                                                                                                  \
    static CLONES void name##_down(char *acc, const char *tile, idx stride, idx rows, idx n)                           \
    {                                                                                                                  \
        type *restrict a = (type *)acc;                                                                                \
        for (; rows >= 4; rows -= 4, tile += 4 * stride) {                                                             \
            const type *x = (const type *)tile, *y = (const type *)(tile + stride);                                    \
            const type *z = (const type *)(tile + 2 * stride), *w = (const type *)(tile + 3 * stride);                 \
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
    DEFINE(add_##name, type, ADD, 0)                                                                                   \
    DEFINE(mul_##name, type, MUL, 1)                                                                                   \
    DEFINE(max_##name, type, MAX_INT, smallest)                                                                        \
    DEFINE(min_##name, type, MIN_INT, largest)                                                                         \
    DEFINE(and_##name, type, AND, ~(type)0)                                                                            \
    DEFINE(or_##name, type, OR, 0)

#define DEFINE_FLOAT(name, type)                                                                                       \
    DEFINE(add_##name, type, ADD, 0)                                                                                   \
    DEFINE(mul_##name, type, MUL, 1)                                                                                   \
    DEFINE(max_##name, type, MAX_FLOAT, -INFINITY)                                                                     \
    DEFINE(min_##name, type, MIN_FLOAT, INFINITY)

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
DEFINE(and_b8, uint8_t, AND, 1)
DEFINE(or_b8, uint8_t, OR, 0)
DEFINE(mul_b8, uint8_t, AND, 1)
DEFINE(max_b8, uint8_t, OR, 0)
DEFINE(min_b8, uint8_t, AND, 1)

#define ROW(kind, short, name, number)                                                                                 \
    {kind, number, short##_##name##_init, short##_##name##_along, short##_##name##_across, short##_##name##_down}
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
                          {NULL, 0, NULL, NULL, NULL, NULL}};

int rt_find_leaf(const char *kind, int typenum)
{
    for (int i = 0; rt_leaves[i].kind; i++)
        if (rt_leaves[i].typenum == typenum && strcmp(rt_leaves[i].kind, kind) == 0)
            return i;
    return -1;
}
