/*
kernel (in0: int32, in1: int32) -> (out0: int32)
  map
    v0 = load in0 : int32
    v1 = load in1 : int32
    v2 = floor_div v0 v1 : int32
    v3 = mod v0 v1 : int32
    v4 = add v2 v3 : int32
    out0 <- v4

 * inputs: VV
 * body0: (('in', 0, 'V'), ('in', 1, 'V'), ('out', 0)), ('int32', 'int32', 'int32')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

static inline __attribute__((always_inline)) i32 theano_floor_div_int32(i32 a, i32 b)
{
    i32 safe = (b == 0) | (b == -1) ? (i32)1 : b;
    i32 quotient = (i32)(a / safe), rest = (i32)(a % safe);
    quotient = (i32)(quotient - ((rest != 0) & ((rest < 0) != (safe < 0))));
    return b == 0 ? (i32)0 : b == -1 ? (i32)-a : quotient;
}

static inline __attribute__((always_inline)) i32 theano_mod_int32(i32 a, i32 b)
{
    i32 safe = (b == 0) | (b == -1) ? (i32)1 : b;
    i32 rest = (i32)(a % safe);
    return (rest != 0) & ((rest < 0) != (safe < 0)) ? (i32)(rest + safe) : rest;
}

void body0(char *const *p, i64 n)
{
    const i32 *const p0 = (const i32 *)p[0];
    const i32 *const p1 = (const i32 *)p[1];
    i32 *const p2 = (i32 *)p[2];
    n &= -16;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const i32 v0 = p0[i];
        const i32 v1 = p1[i];
        const i32 v2 = theano_floor_div_int32(v0, v1);
        const i32 v3 = theano_mod_int32(v0, v1);
        const i32 v4 = (i32)(v2 + v3);
        p2[i] = v4;
    }
}

