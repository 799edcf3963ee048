/* float32 widened to float64 on its way from memory, where conversions are cheapest: compilers load first and convert
 * halves of registers, which takes twice as many instructions. */
#include "kernel.h"
#include "levels.h"

/* Apart, since it is written out as a copy of a few words, which takes long. */
__attribute__((noinline)) static void copy_rest(float *to, const float *x, idx n) { memcpy(to, x, (size_t)n * sizeof *x); }

/* add: elements `n`, a multiple of RT_PARTS, into RT_PARTS sums. both: any number of elements into RT_PARTS sums of their
 * own, the total of these, and that of the squares, which float64 holds exactly: so a fused multiplication and addition
 * gives the same bits. What is left over goes into the first sums; zeros behind it change nothing. Additions are shared
 * between the units that add and those that multiply (by 1). */
#define DEFINE_ADD(level, isa, type, width, load, fused)                                                               \
    isa static void add_##level(double *sums, const float *x, idx n)                                                   \
    {                                                                                                                  \
        type a[RT_PARTS / width], one = {0};                                                                           \
        one += 1;                                                                                                      \
        memcpy(a, sums, sizeof a);                                                                                     \
        for (; n > 0; n -= RT_PARTS, x += RT_PARTS)                                                                    \
            _Pragma("GCC unroll 8") for (int k = 0; k < RT_PARTS / width; k++)                                         \
                a[k] = fused(load(x + width * k), one, a[k]);                                                          \
        memcpy(sums, a, sizeof a);                                                                                     \
    }

#define DEFINE_BOTH(level, isa, type, width, load, fused, add_up)                                                      \
    isa static double both_##level(double *sums, const float *x, idx n, double *total, const char *soon)               \
    {                                                                                                                  \
        type a[RT_PARTS / width] = {0}, b[RT_PARTS / width] = {0}, one = {0};                                          \
        one += 1;                                                                                                      \
        const float *end = x + (n & -RT_PARTS);                                                                        \
        for (; x < end; x += RT_PARTS) {                                                                               \
            if (soon) {                                                                                                \
                __builtin_prefetch(soon, 1);                                                                           \
                __builtin_prefetch(soon + 64, 1);                                                                      \
                soon += RT_PARTS * sizeof(float);                                                                      \
            }                                                                                                          \
            _Pragma("GCC unroll 8") for (int k = 0; k < RT_PARTS / width; k++)                                         \
            {                                                                                                          \
                type v = load(x + width * k);                                                                          \
                if (k & 1)                                                                                             \
                    a[k] += v;                                                                                         \
                else                                                                                                   \
                    a[k] = fused(v, one, a[k]);                                                                        \
                b[k] = fused(v, v, b[k]);                                                                              \
            }                                                                                                          \
        }                                                                                                              \
        if (n % RT_PARTS) {                                                                                            \
            float rest[RT_PARTS] = {0};                                                                                \
            copy_rest(rest, x, n % RT_PARTS);                                                                          \
            _Pragma("GCC unroll 8") for (int k = 0; k < RT_PARTS / width; k++)                                         \
            {                                                                                                          \
                type v = load(rest + width * k);                                                                       \
                a[k] += v;                                                                                             \
                b[k] = fused(v, v, b[k]);                                                                              \
            }                                                                                                          \
        }                                                                                                              \
        _Pragma("GCC unroll 8") for (int k = 0; k < RT_PARTS / width; k++)                                             \
            memcpy(sums + width * k, &a[k], sizeof a[k]);                                                              \
        *total = add_up(a);                                                                                            \
        return add_up(b);                                                                                              \
    }

/* All RT_PARTS numbers, in the order of leaves.c. */
static double total_any(const double *part)
{
    double half[16], total[8];
    for (int j = 0; j < 16; j++)
        half[j] = part[j] + part[j + 16];
    for (int j = 0; j < 8; j++)
        total[j] = half[j] + half[j + 8];
    return ((total[0] + total[4]) + (total[2] + total[6])) + ((total[1] + total[5]) + (total[3] + total[7]));
}

#ifdef ISA_512
ISA_256 static double total_of_4(__m256d a)
{
    __m128d b = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(b, _mm_unpackhi_pd(b, b)));
}

ISA_256 static double total_256(const __m256d *part)
{
    __m256d half[4] = {part[0] + part[4], part[1] + part[5], part[2] + part[6], part[3] + part[7]};
    return total_of_4((half[0] + half[2]) + (half[1] + half[3]));
}

ISA_512 static double total_512(const __m512d *part)
{
    __m512d all = (part[0] + part[2]) + (part[1] + part[3]);
    return total_of_4(_mm512_castpd512_pd256(all) + _mm512_extractf64x4_pd(all, 1));
}

DEFINE_ADD(512, ISA_512, __m512d, 8, WIDEN_512, _mm512_fmadd_pd)
DEFINE_ADD(256, ISA_256, __m256d, 4, WIDEN_256, _mm256_fmadd_pd)
DEFINE_BOTH(512, ISA_512, __m512d, 8, WIDEN_512, _mm512_fmadd_pd, total_512)
DEFINE_BOTH(256, ISA_256, __m256d, 4, WIDEN_256, _mm256_fmadd_pd, total_256)
DEFINE_BOTH(half, ISA_HALF, __m256d, 4, WIDEN_256, _mm256_fmadd_pd, total_256)
#endif
DEFINE_ADD(any, ISA_ANY, double, 1, ITSELF, PLAIN)
DEFINE_BOTH(any, ISA_ANY, double, 1, ITSELF, PLAIN, total_any)

/* Processors with units of 256 bits widen wide vectors in twice as many steps, and in those units that add: narrow ones
 * take 2.4 cycles for 16 elements in place of 4. */
static int halves(void)
{
#ifdef ISA_512
    return __builtin_cpu_is("amdfam19h") && __builtin_cpu_supports("avx512vl");
#else
    return 0;
#endif
}

void rt_add_wide(double *sums, const float *x, idx n)
{
#ifdef ISA_512
    if (halves()) {
        add_256(sums, x, n);
        return;
    }
#endif
    BEST(add)(sums, x, n);
}

double rt_add_wide_squares(double *sums, const float *x, idx n, double *total, const char *soon)
{
#ifdef ISA_512
    if (halves())
        return both_half(sums, x, n, total, soon);
#endif
    return BEST(both)(sums, x, n, total, soon);
}
