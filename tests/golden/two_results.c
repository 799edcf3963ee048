/*
kernel (in0: float64) -> (out0: float64)
  map
    v0 = load in0 : float64
    v1 = sigmoid v0 : float64
    out0 <- v1

 * inputs: V
 * body0: (('in', 0, 'V'), ('out', 0)), ('float64', 'float64')
 */
/*
kernel (in0: float64) -> (out0: float64)
  map
    v0 = const 2.0 : float64
    v1 = load in0 : float64
    v2 = neg v1 : float64
    v3 = exp v2 : float64
    v4 = mul v0 v3 : float64
    out0 <- v4

 * inputs: V
 * body1: (('in', 0, 'V'), ('out', 0)), ('float64', 'float64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

__attribute__((const)) f64 fabs(f64);
static inline __attribute__((always_inline)) f64 theano_number_float64(u64 u) { union { u64 u; f64 x; } v; v.u = u; return v.x; }
static inline __attribute__((always_inline)) u64 theano_bits_float64(f64 x) { union { u64 u; f64 x; } v; v.x = x; return v.u; }

static inline __attribute__((always_inline)) f64 theano_sigmoid_float64(f64 x)
{
    const f64 y = -fabs(x);
    const f64 t = __builtin_fma(y, 1.4426950408889634, 6755399441057790.0), n = t - 6755399441057790.0, h = __builtin_fma(n, -0.6931471805599453, y);
    const f64 r = __builtin_fma(n, -2.3190468138462996e-17, h), z = r * r, p = __builtin_fma(z, __builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(2.5045859283398787e-08, r, 2.762227232576738e-07), z, __builtin_fma(2.7557425346418422e-06, r, 2.480151624944448e-05)), z, __builtin_fma(0.0001984126970893073, r, 0.0013888888920574522)), z, __builtin_fma(0.008333333333388596, r, 0.041666666666619855)), z, __builtin_fma(0.16666666666666602, r, 0.5)), r);
    const u64 u = theano_bits_float64(t), v = u >> 1;
    const f64 f = theano_number_float64(v << 52), g = theano_number_float64((u - v) << 52);
    const f64 e = __builtin_fma(p, f, f) * g;
    const f64 decay = y < -1400.0 ? 0.0 : e;
    return (x >= 0.0 ? 1.0 : decay) / (1.0 + decay);
}

static inline __attribute__((always_inline)) f64 theano_exp_float64(f64 y)
{
    const f64 t = __builtin_fma(y, 1.4426950408889634, 6755399441057790.0), n = t - 6755399441057790.0, h = __builtin_fma(n, -0.6931471805599453, y);
    const f64 r = __builtin_fma(n, -2.3190468138462996e-17, h), z = r * r, p = __builtin_fma(z, __builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(__builtin_fma(2.5045859283398787e-08, r, 2.762227232576738e-07), z, __builtin_fma(2.7557425346418422e-06, r, 2.480151624944448e-05)), z, __builtin_fma(0.0001984126970893073, r, 0.0013888888920574522)), z, __builtin_fma(0.008333333333388596, r, 0.041666666666619855)), z, __builtin_fma(0.16666666666666602, r, 0.5)), r);
    const u64 u = theano_bits_float64(t), v = u >> 1;
    const f64 f = theano_number_float64(v << 52), g = theano_number_float64((u - v) << 52);
    const f64 e = __builtin_fma(p, f, f) * g;
    const f64 bounded = y > 1400.0 ? __builtin_inf() : e;
    return y < -1400.0 ? 0.0 : bounded;
}

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    f64 *const p1 = (f64 *)p[1];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f64 v1 = theano_sigmoid_float64(v0);
        p1[i] = v1;
    }
}

void body1(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    f64 *const p1 = (f64 *)p[1];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f64 v1 = -v0;
        const f64 v2 = theano_exp_float64(v1);
        const f64 v3 = 2.0 * v2;
        p1[i] = v3;
    }
}

