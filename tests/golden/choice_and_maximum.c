/*
kernel (in0: float64, in1: float64) -> (out0: float64)
  map
    v0 = load in1 : float64
    v1 = load in0 : float64
    v2 = gt v0 v1 : bool
    v3 = maximum v0 v1 : float64
    v4 = neg v1 : float64
    v5 = where v2 v3 v4 : float64
    out0 <- v5

 * inputs: VV
 * body0: (('in', 1, 'V'), ('in', 0, 'V'), ('out', 0)), ('float64', 'float64', 'float64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    const f64 *const p1 = (const f64 *)p[1];
    f64 *const p2 = (f64 *)p[2];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f64 v1 = p1[i];
        const _Bool v2 = v0 > v1;
        const f64 v3 = ((v0 >= v1) | (v0 != v0)) ? v0 : v1;
        const f64 v4 = -v1;
        const f64 v5 = v2 ? v3 : v4;
        p2[i] = v5;
    }
}

