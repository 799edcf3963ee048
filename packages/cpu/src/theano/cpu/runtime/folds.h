/* The sums of the lanes of several vectors at once: first those half a vector apart, then a quarter, and so on, so that
 * each sum is the same whichever vectors are beside it. `fold` takes four vectors and widens the sums. */
#ifndef THEANO_FOLDS_H
#define THEANO_FOLDS_H

#include <immintrin.h>

#define UNROLL _Pragma("GCC unroll 16")

static inline __attribute__((target("avx512f"))) __m256d fold_f32_wide(__m512 a, __m512 b, __m512 c, __m512 d)
{
    a = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
    c = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
    a = _mm512_add_ps(_mm512_shuffle_f32x4(a, c, 0x88), _mm512_shuffle_f32x4(a, c, 0xDD));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0x4E));
    a = _mm512_add_ps(a, _mm512_permute_ps(a, 0xB1));
    a = _mm512_permutexvar_ps(_mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), a);
    return _mm256_cvtps_pd(_mm512_castps512_ps128(a));
}

static inline __attribute__((target("avx512f"))) __m256d fold_f64_wide(__m512d a, __m512d b, __m512d c, __m512d d)
{
    a = _mm512_add_pd(_mm512_shuffle_f64x2(a, b, 0x44), _mm512_shuffle_f64x2(a, b, 0xEE));
    c = _mm512_add_pd(_mm512_shuffle_f64x2(c, d, 0x44), _mm512_shuffle_f64x2(c, d, 0xEE));
    a = _mm512_add_pd(_mm512_shuffle_f64x2(a, c, 0x88), _mm512_shuffle_f64x2(a, c, 0xDD));
    a = _mm512_add_pd(a, _mm512_permute_pd(a, 0x55));
    return _mm512_castpd512_pd256(_mm512_permutexvar_pd(_mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6), a));
}

static inline __attribute__((target("avx2,fma"))) __m256d fold_f32_half(__m256 a, __m256 b, __m256 c, __m256 d)
{
    a = _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
    c = _mm256_add_ps(_mm256_permute2f128_ps(c, d, 0x20), _mm256_permute2f128_ps(c, d, 0x31));
    a = _mm256_add_ps(_mm256_shuffle_ps(a, c, 0x44), _mm256_shuffle_ps(a, c, 0xEE));
    a = _mm256_add_ps(a, _mm256_permute_ps(a, 0xB1)); /* a a c c b b d d */
    a = _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(0, 4, 2, 6, 0, 4, 2, 6));
    return _mm256_cvtps_pd(_mm256_castps256_ps128(a));
}

static inline __attribute__((target("avx2,fma"))) __m256d fold_f64_half(__m256d a, __m256d b, __m256d c, __m256d d)
{
    a = _mm256_add_pd(_mm256_permute2f128_pd(a, b, 0x20), _mm256_permute2f128_pd(a, b, 0x31));
    c = _mm256_add_pd(_mm256_permute2f128_pd(c, d, 0x20), _mm256_permute2f128_pd(c, d, 0x31));
    a = _mm256_add_pd(_mm256_unpacklo_pd(a, c), _mm256_unpackhi_pd(a, c)); /* a c b d */
    return _mm256_permute4x64_pd(a, 0xD8);
}

/* As many vectors as they have lanes: a vector of sums. */
static inline __attribute__((always_inline, target("avx512f"))) __m512 fold_all_f32_wide(const __m512 v[16])
{
    __m512 s[8];
    UNROLL for (int i = 0; i < 8; i++)
        s[i] = _mm512_add_ps(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x44),
                             _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xEE));
    UNROLL for (int i = 0; i < 4; i++)
        s[i] = _mm512_add_ps(_mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0x88),
                             _mm512_shuffle_f32x4(s[2 * i], s[2 * i + 1], 0xDD));
    UNROLL for (int i = 0; i < 2; i++)
        s[i] = _mm512_add_ps(_mm512_shuffle_ps(s[2 * i], s[2 * i + 1], 0x44),
                             _mm512_shuffle_ps(s[2 * i], s[2 * i + 1], 0xEE));
    s[0] = _mm512_add_ps(_mm512_shuffle_ps(s[0], s[1], 0x88), _mm512_shuffle_ps(s[0], s[1], 0xDD));
    /* 0 4 8 12, 1 5 9 13, ... */
    return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), s[0]);
}

static inline __attribute__((always_inline, target("avx512f"))) __m512d fold_all_f64_wide(const __m512d v[8])
{
    __m512d s[4];
    UNROLL for (int i = 0; i < 4; i++)
        s[i] = _mm512_add_pd(_mm512_shuffle_f64x2(v[2 * i], v[2 * i + 1], 0x44),
                             _mm512_shuffle_f64x2(v[2 * i], v[2 * i + 1], 0xEE));
    UNROLL for (int i = 0; i < 2; i++)
        s[i] = _mm512_add_pd(_mm512_shuffle_f64x2(s[2 * i], s[2 * i + 1], 0x88),
                             _mm512_shuffle_f64x2(s[2 * i], s[2 * i + 1], 0xDD));
    s[0] = _mm512_add_pd(_mm512_unpacklo_pd(s[0], s[1]), _mm512_unpackhi_pd(s[0], s[1])); /* 0 4, 1 5, ... */
    return _mm512_permutexvar_pd(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), s[0]);
}

static inline __attribute__((always_inline, target("avx2,fma"))) __m256 fold_all_f32_half(const __m256 v[8])
{
    __m256 s[4];
    UNROLL for (int i = 0; i < 4; i++)
        s[i] = _mm256_add_ps(_mm256_permute2f128_ps(v[2 * i], v[2 * i + 1], 0x20),
                             _mm256_permute2f128_ps(v[2 * i], v[2 * i + 1], 0x31));
    UNROLL for (int i = 0; i < 2; i++)
        s[i] = _mm256_add_ps(_mm256_shuffle_ps(s[2 * i], s[2 * i + 1], 0x44),
                             _mm256_shuffle_ps(s[2 * i], s[2 * i + 1], 0xEE));
    s[0] = _mm256_add_ps(_mm256_shuffle_ps(s[0], s[1], 0x88), _mm256_shuffle_ps(s[0], s[1], 0xDD));
    return _mm256_permutevar8x32_ps(s[0], _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)); /* 0 2 4 6, 1 3 5 7 */
}

static inline __attribute__((always_inline, target("avx2,fma"))) __m256d fold_all_f64_half(const __m256d v[4])
{
    return fold_f64_half(v[0], v[1], v[2], v[3]);
}

#endif
