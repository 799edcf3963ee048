/* Template of largest and smallest elements for one element type and one vector unit; included by largest.c.
 *
 * Wants the names of vectors.h. Of two equal elements, and of a number and NaN, LARGER and SMALLER give the second. */

#define WORDS (RT_PARTS / LANES)

#define DEFINE_EXTREME(name, PICK)                                                                                     \
    /* Elements `n`, a multiple of RT_PARTS, into as many partial results. */                                          \
    static TARGET int NAME(name##_along)(char *parts, const char *from, idx n)                                         \
    {                                                                                                                  \
        TYPE *into = (TYPE *)parts;                                                                                    \
        const TYPE *x = (const TYPE *)from;                                                                            \
        VEC part[WORDS];                                                                                               \
        SEEN one = NUMBERS, other = NUMBERS;                                                                           \
        UNROLL for (int w = 0; w < WORDS; w++)                                                                         \
            part[w] = LOAD(into + w * LANES);                                                                          \
        for (; n >= 2 * RT_PARTS; n -= 2 * RT_PARTS, x += 2 * RT_PARTS)                                                \
            UNROLL for (int w = 0; w < WORDS; w++)                                                                     \
            {                                                                                                          \
                VEC u = LOAD(x + w * LANES), v = LOAD(x + RT_PARTS + w * LANES);                                       \
                part[w] = PICK(PICK(v, u), part[w]);                                                                   \
                if (w & 1)                                                                                             \
                    other = LOOK(other, u, v);                                                                         \
                else                                                                                                   \
                    one = LOOK(one, u, v);                                                                             \
            }                                                                                                          \
        UNROLL for (int w = 0; n && w < WORDS; w++)                                                                    \
        {                                                                                                              \
            VEC u = LOAD(x + w * LANES);                                                                               \
            part[w] = PICK(u, part[w]);                                                                                \
            one = LOOK(one, u, u);                                                                                     \
        }                                                                                                              \
        if (!ONLY_NUMBERS(BOTH(one, other)))                                                                           \
            return 0;                                                                                                  \
        UNROLL for (int w = 0; w < WORDS; w++)                                                                         \
            STORE(into + w * LANES, part[w]);                                                                          \
        return 1;                                                                                                      \
    }                                                                                                                  \
    /* Elements of DEEP rows into accumulators side by side: whole vectors, and `some` more elements. */               \
    static inline __attribute__((always_inline)) TARGET void NAME(name##_stretch)(TYPE *a, const char *x, idx stride,  \
                                                                                  idx n, SEEN *one, SEEN *other)       \
    {                                                                                                                  \
        for (idx i = 0; i + LANES <= n; i += LANES, x += sizeof(VEC)) {                                                \
            VEC best = LOAD(a + i);                                                                                    \
            UNROLL for (int k = 0; k < DEEP; k += 2)                                                                   \
            {                                                                                                          \
                VEC u = LOAD((const TYPE *)(x + k * stride)), v = LOAD((const TYPE *)(x + (k + 1) * stride));          \
                best = PICK(PICK(v, u), best);                                                                         \
                if (k & 2)                                                                                             \
                    *other = LOOK(*other, u, v);                                                                       \
                else                                                                                                   \
                    *one = LOOK(*one, u, v);                                                                           \
            }                                                                                                          \
            STORE(a + i, best);                                                                                        \
        }                                                                                                              \
        const int some = (int)(n % LANES);                                                                             \
        if (some) {                                                                                                    \
            TYPE *rest = a + n - some;                                                                                 \
            VEC best = LOAD_SOME(rest, some);                                                                          \
            UNROLL for (int k = 0; k < DEEP; k++)                                                                      \
            {                                                                                                          \
                VEC u = LOAD_SOME((const TYPE *)(x + k * stride), some);                                               \
                best = PICK(u, best);                                                                                  \
                *one = LOOK(*one, u, u);                                                                               \
            }                                                                                                          \
            STORE_SOME(rest, some, best);                                                                              \
        }                                                                                                              \
    }                                                                                                                  \
    static TARGET idx NAME(name##_down)(char *acc, const char *x, idx stride, idx rows, idx n)                         \
    {                                                                                                                  \
        const idx step = STRETCH_BYTES / (idx)sizeof(TYPE);                                                            \
        idx done = 0;                                                                                                  \
        for (; rows - done >= DEEP; done += DEEP, x += DEEP * stride) {                                                \
            SEEN one = NUMBERS, other = NUMBERS;                                                                       \
            for (idx from = 0; from < n; from += step) {                                                               \
                const char *y = x + from * (idx)sizeof(TYPE);                                                          \
                if (rows - done >= 2 * DEEP)                                                                           \
                    rt_ask_for(y + DEEP * stride, stride, DEEP, STRETCH_BYTES);                                        \
                NAME(name##_stretch)((TYPE *)acc + from, y, stride, n - from < step ? n - from : step, &one, &other);  \
            }                                                                                                          \
            if (!ONLY_NUMBERS(BOTH(one, other)))                                                                       \
                break;                                                                                                 \
        }                                                                                                              \
        return done;                                                                                                   \
    }

DEFINE_EXTREME(largest, LARGER)
DEFINE_EXTREME(smallest, SMALLER)

static const Extreme NAME(extremes)[2] = {{NAME(largest_along), NAME(largest_down)},
                                          {NAME(smallest_along), NAME(smallest_down)}};
#undef DEFINE_EXTREME
#undef WORDS
#include "vectors_end.h"
