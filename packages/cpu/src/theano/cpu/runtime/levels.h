/* Code that is written once in terms of a vector type, and compiled for each level of vector instructions: how float32 is
 * widened on its way from memory, and which level is the best here. Functions are called `what_512` and so on. */
#ifndef THEANO_LEVELS_H
#define THEANO_LEVELS_H

#define ITSELF(p) ((double)*(p))
#define PLAIN(a, b, c) ((a) * (b) + (c))
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define ISA_512 __attribute__((target("avx512f")))
#define ISA_256 __attribute__((target("avx2,fma")))
#define ISA_HALF __attribute__((target("avx512f,avx512vl,fma"))) /* narrow vectors, but as many as there are wide ones */
#define ISA_ANY
#define WIDEN_512(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define WIDEN_256(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#define BEST(what)                                                                                                     \
    (__builtin_cpu_supports("avx512f")                                   ? what##_512                                  \
     : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? what##_256                                    \
                                                                         : what##_any)
#else
#define ISA_ANY
#define BEST(what) what##_any
#endif

#endif
