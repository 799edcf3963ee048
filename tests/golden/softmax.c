/*
kernel (in0: float32) -> (out0: float32)
  reduce
    v0 = load in0 : float32
    acc0 <- maximum v0 : float32
  map
    v0 = load in0 : float32
    v1 = acc0 : float32
    v2 = sub v0 v1 : float32
    v3 = exp v2 : float32
    temp0 <- v3
  reduce
    v0 = temp0 : float32
    acc1 <- add v0 : float64
  map
    v0 = temp0 : float32
    v1 = const 1.0 : float32
    v2 = acc1 : float64
    v3 = cast v2 : float32
    v4 = true_div v1 v3 : float32
    v5 = mul v0 v4 : float32
    out0 <- v5

 * inputs: V
 * body0: (('in', 0, 'V'), ('acc', 0, 'S'), ('temp', 0)), ('float32', 'float32', 'float32')
 * body1: (('temp', 0), ('acc', 1, 'S'), ('out', 0)), ('float32', 'float64', 'float32')
 */
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;

static inline __attribute__((always_inline)) f32 theano_number_float32(u32 u) { union { u32 u; f32 x; } v; v.u = u; return v.x; }
static inline __attribute__((always_inline)) u32 theano_bits_float32(f32 x) { union { u32 u; f32 x; } v; v.x = x; return v.u; }

static inline __attribute__((always_inline)) f32 theano_exp_float32(f32 y)
{
    const f32 t = __builtin_fmaf(y, 1.4426950216293335f, 12583166.0f), n = t - 12583166.0f, h = __builtin_fmaf(n, -0.6931471824645996f, y);
    const f32 r = __builtin_fmaf(n, 1.9046542121259336e-09f, h), z = r * r, p = __builtin_fmaf(z, __builtin_fmaf(__builtin_fmaf(0.001389823155477643f, z, __builtin_fmaf(0.008366066962480545f, r, 0.04166685417294502f)), z, __builtin_fmaf(0.1666654795408249f, r, 0.5f)), r);
    const u32 u = theano_bits_float32(t), v = u >> 1;
    const f32 f = theano_number_float32(v << 23), g = theano_number_float32((u - v) << 23);
    const f32 e = __builtin_fmaf(p, f, f) * g;
    const f32 bounded = y > 170.0f ? __builtin_inff() : e;
    return y < -170.0f ? 0.0f : bounded;
}

void body0(char *const *p, i64 n)
{
    const f32 *const p0 = (const f32 *)p[0];
    const f32 s1 = *(const f32 *)p[1];
    f32 *const p2 = (f32 *)p[2];
    n &= -16;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f32 v0 = p0[i];
        const f32 v1 = v0 - s1;
        const f32 v2 = theano_exp_float32(v1);
        p2[i] = v2;
    }
}

void body1(char *const *p, i64 n)
{
    const f32 *const p0 = (const f32 *)p[0];
    const f64 s1 = *(const f64 *)p[1];
    f32 *const p2 = (f32 *)p[2];
    const f32 v0 = (f32)s1;
    const f32 v1 = 1.0f / v0;
    n &= -16;
#pragma GCC ivdep
    for (i64 i = 0; i < n; i++) {
        const f32 v2 = p0[i];
        const f32 v3 = v2 * v1;
        p2[i] = v3;
    }
}

