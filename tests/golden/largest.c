/*
kernel (in0: float64) -> (out0: float64 reduced)
  reduce
    v0 = load in0 : float64
    acc0 <- maximum v0 : float64
  final
    v0 = acc0 : float64
    out0 <- v0

 * inputs: V
 * body0: (('acc', 0, 'V'), ('out', 0)), ('float64', 'float64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    f64 *const p1 = (f64 *)p[1];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        p1[i] = v0;
    }
}

