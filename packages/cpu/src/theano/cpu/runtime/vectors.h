/* One kind of vector: its element type, registers and instructions under common names, for code that is compiled once for
 * each kind. FMA_LOW computes the first LOW lanes only, in half the time where processors run wide operations in two
 * halves, or have units for half a vector; LOW is 0 where that gains nothing. Define VECTOR, include this and the code, then vectors_end.h. */
#ifndef THEANO_VECTORS_H
#define THEANO_VECTORS_H

#include <immintrin.h>
#include <stdint.h>

#define F32_WIDE 1
#define F64_WIDE 2
#define F32_HALF 3
#define F64_HALF 4

static const int32_t lanes32[16] = {-1, -1, -1, -1, -1, -1, -1, -1}; /* from 8 - n on: n lanes */
static const int64_t lanes64[8] = {-1, -1, -1, -1};

#define MASK32(n) _mm256_loadu_si256((const __m256i *)(lanes32 + 8 - (n)))
#define MASK64(n) _mm256_loadu_si256((const __m256i *)(lanes64 + 4 - (n)))

#endif

#if VECTOR == F32_WIDE
#define NAME(x) f32_wide_##x
#define TYPE float
#define VEC __m512
#define LANES 16
#define TARGET __attribute__((target("avx512f,fma")))
#define SET1 _mm512_set1_ps
#define ZERO _mm512_setzero_ps
#define LARGER _mm512_max_ps
#define SMALLER _mm512_min_ps
#define SEEN __mmask16
#define NUMBERS ((SEEN)-1)
#define LOOK(seen, a, b) _mm512_mask_cmp_ps_mask(seen, a, b, _CMP_ORD_Q)
#define BOTH(a, b) ((SEEN)((a) & (b)))
#define ONLY_NUMBERS(seen) ((seen) == NUMBERS)
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define FMA _mm512_fmadd_ps
#define LOW 8
#define FMA_LOW(a, b, c)                                                                                               \
    _mm512_castps256_ps512(                                                                                            \
        _mm256_fmadd_ps(_mm512_castps512_ps256(a), _mm512_castps512_ps256(b), _mm512_castps512_ps256(c)))
#define MUL _mm512_mul_ps
#define ADD _mm512_add_ps
#define LOAD_SOME(p, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p)
#define STORE_SOME(p, n, v) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), v)
#elif VECTOR == F64_WIDE
#define NAME(x) f64_wide_##x
#define TYPE double
#define VEC __m512d
#define LANES 8
#define TARGET __attribute__((target("avx512f,fma")))
#define SET1 _mm512_set1_pd
#define ZERO _mm512_setzero_pd
#define LARGER _mm512_max_pd
#define SMALLER _mm512_min_pd
#define SEEN __mmask8
#define NUMBERS ((SEEN)-1)
#define LOOK(seen, a, b) _mm512_mask_cmp_pd_mask(seen, a, b, _CMP_ORD_Q)
#define BOTH(a, b) ((SEEN)((a) & (b)))
#define ONLY_NUMBERS(seen) ((seen) == NUMBERS)
#define LOAD _mm512_loadu_pd
#define STORE _mm512_storeu_pd
#define FMA _mm512_fmadd_pd
#define LOW 4
#define FMA_LOW(a, b, c)                                                                                               \
    _mm512_castpd256_pd512(                                                                                            \
        _mm256_fmadd_pd(_mm512_castpd512_pd256(a), _mm512_castpd512_pd256(b), _mm512_castpd512_pd256(c)))
#define MUL _mm512_mul_pd
#define ADD _mm512_add_pd
#define LOAD_SOME(p, n) _mm512_maskz_loadu_pd((__mmask8)((1u << (n)) - 1), p)
#define STORE_SOME(p, n, v) _mm512_mask_storeu_pd(p, (__mmask8)((1u << (n)) - 1), v)
#elif VECTOR == F32_HALF
#define NAME(x) f32_half_##x
#define TYPE float
#define VEC __m256
#define LANES 8
#define TARGET __attribute__((target("avx2,fma")))
#define SET1 _mm256_set1_ps
#define ZERO _mm256_setzero_ps
#define LARGER _mm256_max_ps
#define SMALLER _mm256_min_ps
#define SEEN __m256
#define NUMBERS _mm256_cmp_ps(ZERO(), ZERO(), _CMP_ORD_Q)
#define LOOK(seen, a, b) _mm256_and_ps(seen, _mm256_cmp_ps(a, b, _CMP_ORD_Q))
#define BOTH _mm256_and_ps
#define ONLY_NUMBERS(seen) (_mm256_movemask_ps(seen) == 0xff)
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define FMA _mm256_fmadd_ps
#define LOW 0
#define FMA_LOW FMA
#define MUL _mm256_mul_ps
#define ADD _mm256_add_ps
#define LOAD_SOME(p, n) _mm256_maskload_ps(p, MASK32(n))
#define STORE_SOME(p, n, v) _mm256_maskstore_ps(p, MASK32(n), v)
#elif VECTOR == F64_HALF
#define NAME(x) f64_half_##x
#define TYPE double
#define VEC __m256d
#define LANES 4
#define TARGET __attribute__((target("avx2,fma")))
#define SET1 _mm256_set1_pd
#define ZERO _mm256_setzero_pd
#define LARGER _mm256_max_pd
#define SMALLER _mm256_min_pd
#define SEEN __m256d
#define NUMBERS _mm256_cmp_pd(ZERO(), ZERO(), _CMP_ORD_Q)
#define LOOK(seen, a, b) _mm256_and_pd(seen, _mm256_cmp_pd(a, b, _CMP_ORD_Q))
#define BOTH _mm256_and_pd
#define ONLY_NUMBERS(seen) (_mm256_movemask_pd(seen) == 0xf)
#define LOAD _mm256_loadu_pd
#define STORE _mm256_storeu_pd
#define FMA _mm256_fmadd_pd
#define LOW 0
#define FMA_LOW FMA
#define MUL _mm256_mul_pd
#define ADD _mm256_add_pd
#define LOAD_SOME(p, n) _mm256_maskload_pd(p, MASK64(n))
#define STORE_SOME(p, n, v) _mm256_maskstore_pd(p, MASK64(n), v)
#endif
