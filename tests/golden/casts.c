/*
kernel (in0: float64, in1: int8) -> (out0: int32)
  map
    v0 = const 2.5 : float32
    v1 = load in1 : int8
    v2 = cast v1 : float32
    v3 = mul v0 v2 : float32
    v4 = cast v3 : int32
    v5 = load in0 : float64
    v6 = cast v5 : int16
    v7 = cast v6 : int32
    v8 = add v4 v7 : int32
    out0 <- v8

 * inputs: VV
 * body0: (('in', 1, 'V'), ('in', 0, 'V'), ('out', 0)), ('int8', 'float64', 'int32')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const i8 *const p0 = (const i8 *)p[0];
    const f64 *const p1 = (const f64 *)p[1];
    i32 *const p2 = (i32 *)p[2];
    i64 zero = 0; __asm__("" : "+r"(zero));
    n &= -64;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const i8 v0 = p0[i];
        const f32 v1 = (f32)v0;
        const f32 v2 = 2.5f * v1;
        const i32 v3 = (i32)v2 ^ (i32)zero;
        const f64 v4 = p1[i];
        const i16 v5 = (i16)(i32)v4;
        const i32 v6 = (i32)v5;
        const i32 v7 = (i32)(v3 + v6);
        p2[i] = v7;
    }
}

