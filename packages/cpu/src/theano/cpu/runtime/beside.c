/* Sums of many short rows that lie side by side, element k of each next to element k of the others: all of a row is added
 * up in registers, in the order of leaves.c for a row of that length. */
#include "kernel.h"

#define MOST 16 /* rows at once: 8 partial sums of each fill half of the widest registers */
#define LEAST 8

#define ADD_UP(to, from)                                                                                               \
    for (int l = 0; l < w; l++)                                                                                        \
        to[l] += from[l];
#define ADD_ROW(to, k, in)                                                                                             \
    for (int l = 0; l < w; l++)                                                                                        \
        to[l] += ((const in *)(x + (k) * stride))[l];
#define START(to, k, in)                                                                                               \
    for (int l = 0; l < w; l++)                                                                                        \
        to[l] = ((const in *)(x + (k) * stride))[l];

/* Element k of row l stands at x + k * stride + l elements; `length` > 0. */
#define DEFINE_BESIDE(name, type, in)                                                                                  \
    static inline __attribute__((always_inline)) void name##_some(type *acc, const char *x, idx stride, idx length, int w)\
    {                                                                                                                  \
        type p0[MOST], p1[MOST], p2[MOST], p3[MOST], p4[MOST], p5[MOST], p6[MOST], p7[MOST];                           \
        idx k = 1;                                                                                                     \
        START(p0, 0, in)                                                                                               \
        if (length > RT_SHORT) {                                                                                       \
            START(p1, 1, in) START(p2, 2, in) START(p3, 3, in) START(p4, 4, in) START(p5, 5, in) START(p6, 6, in)      \
            START(p7, 7, in)                                                                                           \
            for (k = 8; k + 8 <= length; k += 8) {                                                                     \
                ADD_ROW(p0, k, in) ADD_ROW(p1, k + 1, in) ADD_ROW(p2, k + 2, in) ADD_ROW(p3, k + 3, in)                \
                ADD_ROW(p4, k + 4, in) ADD_ROW(p5, k + 5, in) ADD_ROW(p6, k + 6, in) ADD_ROW(p7, k + 7, in)            \
            }                                                                                                          \
            ADD_UP(p0, p4) ADD_UP(p1, p5) ADD_UP(p2, p6) ADD_UP(p3, p7)                                                \
            ADD_UP(p0, p2) ADD_UP(p1, p3) ADD_UP(p0, p1)                                                               \
        }                                                                                                              \
        for (; k < length; k++)                                                                                        \
            ADD_ROW(p0, k, in)                                                                                         \
        for (int l = 0; l < w; l++)                                                                                    \
            acc[l] = 0 + p0[l]; /* -0 becomes 0 */                                                                     \
    }                                                                                                                  \
    /* The last rows are added up together with some before them, a second time. */                                    \
    static CLONES void name(char *acc, const char *x, idx stride, idx length, idx n)                                   \
    {                                                                                                                  \
        idx i = 0;                                                                                                     \
        for (; i + MOST <= n; i += MOST)                                                                               \
            name##_some((type *)acc + i, x + i * (idx)sizeof(in), stride, length, MOST);                               \
        for (; i < n; i += LEAST) {                                                                                    \
            idx from = i + LEAST <= n ? i : n - LEAST;                                                                 \
            name##_some((type *)acc + from, x + from * (idx)sizeof(in), stride, length, LEAST);                        \
        }                                                                                                              \
    }

DEFINE_BESIDE(beside_f64, double, double)
DEFINE_BESIDE(beside_f32, float, float)
DEFINE_BESIDE(beside_wide, double, float)

const idx rt_least_beside = LEAST;

/* What adds up at least rt_least_beside rows of at most RT_MEDIUM elements, for sums; else NULL. */
beside_fn rt_find_beside(const char *kind, int typenum)
{
    if (strcmp(kind, "add float32") == 0)
        return beside_wide;
    if (strcmp(kind, "add") != 0)
        return NULL;
    return typenum == NPY_DOUBLE ? beside_f64 : typenum == NPY_FLOAT ? beside_f32 : NULL;
}
