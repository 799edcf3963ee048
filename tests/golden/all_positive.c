/*
kernel (in0: float64) -> (out0: bool reduced)
  reduce
    v0 = load in0 : float64
    v1 = const 0.0 : float64
    v2 = gt v0 v1 : bool
    acc0 <- and v2 : bool
  final
    v0 = acc0 : bool
    out0 <- v0

 * inputs: V
 * body0: (('in', 0, 'V'), ('start', 'S'), ('fold', 'S')), ('float64', 'bool', 'bool')
 * body1: (('acc', 0, 'V'), ('out', 0)), ('bool', 'bool')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    u8 *const p1 = (u8 *)p[1];
    u8 *const p2 = (u8 *)p[2];
    n &= -32;
    u8 a[32];
    for (i64 i = 0; i < 32; i++) a[i] = p1[i];
    for (i64 b = 0; b < n; b += 32) {
#pragma GCC ivdep
#pragma GCC unroll 8
    for (i64 i = 0; i < 32; i++) {
        const f64 v0 = p0[b + i];
        const _Bool v1 = v0 > 0.0;
        a[i] = a[i] & v1;
    }
    }
    for (i64 i = 0; i < 32; i++) p2[i] = a[i];
}

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

