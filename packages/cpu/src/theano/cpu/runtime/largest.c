/* Largest and smallest elements among numbers. Instructions for that lose NaN, so pairs of elements are compared beside:
 * half an instruction for each, which also runs elsewhere in the processor than an addition would. */
#include "kernel.h"
#include "matrix.h"

#if defined(__x86_64__) && defined(__GNUC__)

#define UNROLL _Pragma("GCC unroll 16")
#define DEEP 8            /* rows for each load and store of the accumulators */
#define STRETCH_BYTES 256 /* of a row, before the next row's turn */

typedef struct {
    int (*along)(char *parts, const char *x, idx n);
    idx (*down)(char *acc, const char *x, idx stride, idx rows, idx n);
} Extreme;

#define VECTOR F32_WIDE
#include "vectors.h"
#include "largest.h"

#define VECTOR F64_WIDE
#include "vectors.h"
#include "largest.h"

#define VECTOR F32_HALF
#include "vectors.h"
#include "largest.h"

#define VECTOR F64_HALF
#include "vectors.h"
#include "largest.h"

static const Extreme *find(int size, int least)
{
    static const Extreme *const known[2][2] = {{f32_half_extremes, f64_half_extremes},
                                               {f32_wide_extremes, f64_wide_extremes}};
    return rt_vector_unit() ? &known[rt_vector_unit() - 1][size == 8][least] : NULL;
}

int rt_extremes_along(int size, int least, char *parts, const char *x, idx n)
{
    const Extreme *found = find(size, least);
    return found && found->along(parts, x, n);
}

idx rt_extremes_down(int size, int least, char *acc, const char *x, idx stride, idx rows, idx n)
{
    const Extreme *found = find(size, least);
    return found ? found->down(acc, x, stride, rows, n) : 0;
}

#else

int rt_extremes_along(int size, int least, char *parts, const char *x, idx n)
{
    (void)size, (void)least, (void)parts, (void)x, (void)n;
    return 0;
}

idx rt_extremes_down(int size, int least, char *acc, const char *x, idx stride, idx rows, idx n)
{
    (void)size, (void)least, (void)acc, (void)x, (void)stride, (void)rows, (void)n;
    return 0;
}

#endif
