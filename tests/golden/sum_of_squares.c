/*
kernel (in0: float32) -> (out0: float32 reduced)
  reduce
    v0 = load in0 : float32
    v1 = const 1.0 : float32
    v2 = sub v0 v1 : float32
    v3 = mul v2 v2 : float32
    v4 = cast v3 : float64
    acc0 <- add v4 : float64
  final
    v0 = acc0 : float64
    v1 = cast v0 : float32
    out0 <- v1

 * inputs: V
 * body0: (('in', 0, 'V'), ('start', 'S'), ('fold', 'S')), ('float32', 'float64', 'float64')
 * body1: (('acc', 0, 'V'), ('out', 0)), ('float64', 'float32')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

void body0(char *const *p, i64 n)
{
    const f32 *const p0 = (const f32 *)p[0];
    f64 *const p1 = (f64 *)p[1];
    f64 *const p2 = (f64 *)p[2];
    n &= -32;
    if (n >= 512) {
    f64 l[16], h[16], far = 0;
    for (i64 i = 0; i < 16; i++) { l[i] = p1[2 * i] * 0x1p-896; h[i] = p1[2 * i + 1] * 0x1p-896; }
    for (i64 b = 0; b < n; b += 32) {
    f32 q[32];
#pragma GCC ivdep
#pragma GCC unroll 8
    for (i64 i = 0; i < 32; i++) {
        const f32 v0 = p0[b + i];
        const f32 v1 = v0 - 1.0f;
        const f32 v2 = v1 * v1;
        q[i] = v2;
    }
    u64 w[16]; __builtin_memcpy(w, q, sizeof w);
#pragma GCC ivdep
#pragma GCC unroll 8
    for (i64 i = 0; i < 16; i++) {
        const u64 u = (w[i] << 29) & 0x1FFFFFFFE0000000ull, v = (w[i] >> 3) & 0x1FFFFFFFE0000000ull;
        f64 x, y; __builtin_memcpy(&x, &u, 8); __builtin_memcpy(&y, &v, 8);
        l[i] = __builtin_fma(x, 1.0, l[i]); h[i] = h[i] + y;
    }
    }
    for (i64 i = 0; i < 16; i++) {
        far = p1[2 * i] >= 0 && l[i] < 0x1p-768 ? far : 1;
        far = p1[2 * i + 1] >= 0 && h[i] < 0x1p-768 ? far : 1;
    }
    if (far == 0) {
        for (i64 i = 0; i < 16; i++) { p2[2 * i] = l[i] * 0x1p896; p2[2 * i + 1] = h[i] * 0x1p896; }
        return;
    }
    }
    f64 a[32];
    for (i64 i = 0; i < 32; i++) a[i] = p1[i];
    for (i64 b = 0; b < n; b += 32) {
#pragma GCC ivdep
#pragma GCC unroll 8
    for (i64 i = 0; i < 32; i++) {
        const f32 v3 = p0[b + i];
        const f32 v4 = v3 - 1.0f;
        const f32 v5 = v4 * v4;
        a[i] = __builtin_fma((f64)v5, 1.0, a[i]);
    }
    }
    for (i64 i = 0; i < 32; i++) p2[i] = a[i];
}

void body1(char *const *p, i64 n)
{
    const f64 *const p0 = (const f64 *)p[0];
    f32 *const p1 = (f32 *)p[1];
    n &= -16;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f64 v0 = p0[i];
        const f32 v1 = (f32)v0;
        p1[i] = v1;
    }
}

