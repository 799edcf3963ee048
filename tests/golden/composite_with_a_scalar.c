/*
kernel (in0: float64, in1: float64, in2: float64) -> (out0: float64)
  map
    v0 = load in0 : float64
    v1 = load in1 : float64
    v2 = mul v0 v1 : float64
    v3 = load in2 : float64
    v4 = add v2 v3 : float64
    v5 = tanh v4 : float64
    v6 = mul v5 v0 : float64
    out0 <- v6

 * inputs: VVS
 * body0: (('in', 0, 'V'), ('in', 1, 'V'), ('in', 2, 'S'), ('out', 0)), ('float64', 'float64', 'float64', 'float64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

__attribute__((const)) f64 copysign(f64, f64);
__attribute__((const)) f64 fabs(f64);
static inline __attribute__((always_inline)) f64 theano_number_float64(u64 u) { union { u64 u; f64 x; } v; v.u = u; return v.x; }
static inline __attribute__((always_inline)) u64 theano_bits_float64(f64 x) { union { u64 u; f64 x; } v; v.x = x; return v.u; }

static inline __attribute__((always_inline)) f64 theano_tanh_float64(f64 x)
{
    const f64 a = fabs(x), t = __builtin_fma(a, 2.8853900817779268, 6755399441056767.0), n = t - 6755399441056767.0;
    const f64 r = __builtin_fma(n, -0.6931471805599453, a + a), z = r * r, q = z * __builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(2.5045859283398787e-08, r, 2.762227232576738e-07), z, __builtin_fma(2.7557425346418422e-06, r, 2.480151624944448e-05)), z, __builtin_fma(0.0001984126970893073, r, 0.0013888888920574522)), z, __builtin_fma(0.008333333333388596, r, 0.041666666666619855)), z, __builtin_fma(0.16666666666666602, r, 0.5));
    const f64 f = theano_number_float64(theano_bits_float64(t) << 52);
    const f64 e = __builtin_fma(f, q, __builtin_fma(f, r, f - 1.0)), w = e / (2.0 + e);
    return copysign(a > 350.0 ? 1.0 : w, x);
}

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    const f64 *const p1 = (const f64 *)p[1];
    const f64 s2 = *(const f64 *)p[2];
    f64 *const p3 = (f64 *)p[3];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f64 v1 = p1[i];
        const f64 v2 = v0 * v1;
        const f64 v3 = v2 + s2;
        const f64 v4 = theano_tanh_float64(v3);
        const f64 v5 = v4 * v0;
        p3[i] = v5;
    }
}

