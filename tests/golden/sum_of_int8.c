/*
kernel (in0: int8) -> (out0: int64 reduced)
  reduce
    v0 = load in0 : int8
    v1 = cast v0 : int64
    acc0 <- add v1 : int64
  final
    v0 = acc0 : int64
    out0 <- v0

 * inputs: V
 * body0: (('in', 0, 'V'), ('tile',)), ('int8', 'int64')
 * body1: (('acc', 0, 'V'), ('out', 0)), ('int64', 'int64')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const i8 *const p0 = (const i8 *)p[0];
    i64 *const p1 = (i64 *)p[1];
    n &= -64;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const i8 v0 = p0[i];
        const i64 v1 = (i64)v0;
        p1[i] = v1;
    }
}

void body1(char *const *p, i64 n)
{
    const i64 *const p0 = (const i64 *)p[0];
    i64 *const p1 = (i64 *)p[1];
    n &= -8;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const i64 v0 = p0[i];
        p1[i] = v0;
    }
}

