/*
kernel (in0: float32, in1: float32) -> (out0: float32)
  map
    v0 = load in0 : float32
    v1 = load in1 : float32
    v2 = add v0 v1 : float32
    out0 <- v2

 * inputs: VV
 * body0: (('in', 0, 'V'), ('in', 1, 'V'), ('out', 0)), ('float32', 'float32', 'float32')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f32 *const p0 = (const f32 *)p[0];
    const f32 *const p1 = (const f32 *)p[1];
    f32 *const p2 = (f32 *)p[2];
    n &= -16;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f32 v0 = p0[i];
        const f32 v1 = p1[i];
        const f32 v2 = v0 + v1;
        p2[i] = v2;
    }
}

