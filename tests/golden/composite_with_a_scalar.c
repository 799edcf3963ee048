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

__attribute__((simd("notinbranch"), const)) f64 tanh(f64);
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
        const f64 v4 = tanh(v3);
        const f64 v5 = v4 * v0;
        p3[i] = v5;
    }
}

