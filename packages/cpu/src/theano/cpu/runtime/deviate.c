/* See deviate.h. By hand: compilers keep these partial results in memory, and read an element for each use that it has. */
#include "deviate.h"
#include "levels.h"

/* A vector that lies across two lines of the cache takes twice as long to read. */
#ifdef ISA_512
#define READ_ONCE(v) __asm__("" : "+x"(v))
#else
#define READ_ONCE(v) (void)0
#endif

/* A few vectors of partial results at a time, as many as there are registers for. Sums and squares are added by a fused
 * multiplication by 1, which rounds as an addition does and where additions take the time has units of its own. */
#define DEFINE_DEVIATE(name, isa, in, type, width, load, fused)                                                        \
    isa static void name(Parts *to, const in *x, idx n, double about)                                                  \
    {                                                                                                                  \
        const idx whole = n & -RT_PARTS;                                                                               \
        type m = {0}, one = {0};                                                                                       \
        m += about;                                                                                                    \
        one += 1;                                                                                                      \
        for (int from = 0; from < RT_PARTS; from += 4 * width) {                                                       \
            const in *p = x + from, *const end = p + whole;                                                            \
            type a[4] = {0}, b[4] = {0}, c[4] = {0};                                                                   \
            for (; p < end; p += RT_PARTS)                                                                             \
                _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)                                                    \
                {                                                                                                      \
                    type v = load(p + width * k);                                                                      \
                    READ_ONCE(v);                                                                                      \
                    type d = v - m;                                                                                    \
                    a[k] = fused(v, one, a[k]);                                                                        \
                    b[k] += d;                                                                                         \
                    c[k] = fused(d * d, one, c[k]);                                                                    \
                }                                                                                                      \
            _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)                                                        \
            {                                                                                                          \
                memcpy(to->sums + from + width * k, &a[k], sizeof(type));                                              \
                memcpy(to->rests + from + width * k, &b[k], sizeof(type));                                             \
                memcpy(to->squares + from + width * k, &c[k], sizeof(type));                                           \
            }                                                                                                          \
        }                                                                                                              \
        for (idx i = whole; i < n; i++) {                                                                              \
            const double v = x[i], d = v - about;                                                                      \
            to->sums[i - whole] += v;                                                                                  \
            to->rests[i - whole] += d;                                                                                 \
            to->squares[i - whole] += d * d;                                                                           \
        }                                                                                                              \
    }

DEFINE_DEVIATE(f64_any, ISA_ANY, double, double, 1, ITSELF, PLAIN)
DEFINE_DEVIATE(f32_any, ISA_ANY, float, double, 1, ITSELF, PLAIN)
#ifdef ISA_512
DEFINE_DEVIATE(f64_512, ISA_512, double, __m512d, 8, _mm512_loadu_pd, _mm512_fmadd_pd)
DEFINE_DEVIATE(f32_512, ISA_512, float, __m512d, 8, WIDEN_512, _mm512_fmadd_pd)
DEFINE_DEVIATE(f64_256, ISA_256, double, __m256d, 4, _mm256_loadu_pd, _mm256_fmadd_pd)
DEFINE_DEVIATE(f32_256, ISA_256, float, __m256d, 4, WIDEN_256, _mm256_fmadd_pd)
#endif

static CLONES void join(Parts *restrict a, const Parts *restrict b)
{
    for (int j = 0; j < RT_PARTS; j++) {
        a->sums[j] += b->sums[j];
        a->rests[j] += b->rests[j];
        a->squares[j] += b->squares[j];
    }
}

/* At most `blocks` blocks, a power of two, merged pairwise as fold.c does it. */
static void deviate_f64(Parts *to, const double *x, idx n, int blocks, double about)
{
    const idx half = blocks / 2 * (RT_BLOCK / 2);
    if (blocks == 1) {
        BEST(f64)(to, x, n, about);
        return;
    }
    deviate_f64(to, x, n < half ? n : half, blocks / 2, about);
    if (n > half) {
        Parts next;
        deviate_f64(&next, x + half, n - half, blocks / 2, about);
        join(to, &next);
    }
}

void rt_deviate(Parts *to, const char *x, idx n, int wide, double about)
{
    if (wide)
        BEST(f32)(to, (const float *)x, n, about);
    else
        deviate_f64(to, (const double *)x, n, RT_STRETCH, about);
}
