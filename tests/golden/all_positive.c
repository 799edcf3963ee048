/*
kernel (in0: float64, in1: int8) -> (out0: bool)
  map
    v0 = load in0 : float64
    v1 = load in1 : int8
    v2 = cast v1 : float64
    v3 = gt v0 v2 : bool
    out0 <- v3

 * inputs: VS
 * body0: (('in', 0, 'V'), ('in', 1, 'S'), ('out', 0)), ('float64', 'int8', 'bool')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    const i8 s1 = *(const i8 *)p[1];
    u8 *const p2 = (u8 *)p[2];
    const f64 v0 = (f64)s1;
    n &= -64;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v1 = p0[i];
        const _Bool v2 = v1 > v0;
        p2[i] = v2;
    }
}


/*
kernel (in0: bool) -> (out0: bool reduced)
  reduce
    v0 = load in0 : bool
    acc0 <- and v0 : bool
  final
    v0 = acc0 : bool
    out0 <- v0

 * inputs: V
 * body1: (('acc', 0, 'V'), ('out', 0)), ('bool', 'bool')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body1(char *const *p, i64 n)
{
    const u8 *const p0 = (const u8 *)p[0];
    u8 *const p1 = (u8 *)p[1];
    n &= -64;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const _Bool v0 = p0[i] != 0;
        p1[i] = v0;
    }
}

