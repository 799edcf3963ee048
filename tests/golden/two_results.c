/*
kernel (in0: float64) -> (out0: float64)
  map
    v0 = load in0 : float64
    v1 = sigmoid v0 : float64
    out0 <- v1

 * inputs: V
 * body0: (('in', 0, 'V'), ('out', 0)), ('float64', 'float64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

__attribute__((simd("notinbranch"), const)) f64 exp(f64);
__attribute__((const)) f64 fabs(f64);
static inline __attribute__((always_inline)) f64 theano_sigmoid_float64(f64 x)
{
    f64 e = exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : e) / (1.0 + e);
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

__attribute__((simd("notinbranch"), const)) f64 exp(f64);
void body1(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    f64 *const p1 = (f64 *)p[1];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f64 v1 = -v0;
        const f64 v2 = exp(v1);
        const f64 v3 = 2.0 * v2;
        p1[i] = v3;
    }
}

