/* ChaCha with eight rounds, 16 blocks side by side; uniform, normal and exponential numbers. */
#include "random.h"

#define ROTATE(x, by) (((x) << (by)) | ((x) >> (32 - (by))))
#define QUARTER(a, b, c, d)                                                                                            \
    a += b, d = ROTATE(d ^ a, 16), c += d, b = ROTATE(b ^ c, 12), a += b, d = ROTATE(d ^ a, 8), c += d,                \
    b = ROTATE(b ^ c, 7)
#define SERIES ((uint64_t)1 << 63) /* where the counters of series start */

ALWAYS void block(const uint32_t *key, uint64_t counter, uint64_t nonce, uint32_t *out, int stride)
{
    const uint32_t start[16] = {
        0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7],
        (uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)nonce, (uint32_t)(nonce >> 32),
    };
    uint32_t x[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        x[i] = start[i];
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
        QUARTER(x[0], x[4], x[8], x[12]);
        QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]);
        QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]);
        QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]);
        QUARTER(x[3], x[4], x[9], x[14]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        out[i * stride] = x[i] + start[i];
}

CLONES void rt_random_group(const Stream *s, uint64_t group, uint32_t *out)
{
    uint32_t key[8];
    memcpy(key, s->key, sizeof key);
    for (int lane = 0; lane < RT_LANES; lane++)
        block(key, group * RT_LANES + (uint64_t)lane, 0, out + lane, RT_LANES);
}

CLONES static void first_blocks(const Stream *s, uint64_t nonce, uint32_t *words)
{
    uint32_t key[8];
    memcpy(key, s->key, sizeof key);
    for (int lane = 0; lane < RT_LANES; lane++)
        block(key, SERIES, nonce + (uint64_t)lane, words + lane, RT_LANES);
}

/* The series of `RT_LANES` positions from `position` on, with their first blocks. */
void rt_random_batch(Batch *b, const Stream *s, uint64_t position)
{
    uint64_t nonce = s->group * RT_GROUP + position;
    first_blocks(s, nonce, b->words);
    for (int lane = 0; lane < RT_LANES; lane++) {
        Series *x = &b->series[lane];
        x->stream = s;
        x->counter = SERIES + 1;
        x->nonce = nonce + (uint64_t)lane;
        x->words = b->words + lane;
        x->stride = RT_LANES;
        x->used = 0;
    }
}

/* The series of one position, from its block number `block` on. */
void rt_random_series(Series *x, const Stream *s, uint64_t position, int block)
{
    x->stream = s;
    x->counter = SERIES + (uint64_t)block;
    x->nonce = s->group * RT_GROUP + position;
    x->used = 16;
}

/* The four words of an element of a group, and after them the series of its position. */
void rt_random_seeded(Series *x, const Stream *s, uint64_t position, const uint32_t *words)
{
    rt_random_series(x, s, position, 0);
    for (int k = 0; k < 4; k++)
        x->own[12 + k] = words[k * RT_SLOTS];
    x->words = x->own;
    x->stride = 1;
    x->used = 12;
}

void rt_random_refill(Series *x)
{
    block(x->stream->key, x->counter++, x->nonce, x->own, 1);
    x->words = x->own;
    x->stride = 1;
    x->used = 0;
}

CLONES static void uniform32(const uint32_t *w, void *to)
{
    float *out = to;
    for (int i = 0; i < RT_GROUP; i++)
        out[i] = (float)(int32_t)(w[i] >> 8) * 0x1p-24f;
}

CLONES static void uniform64(const uint32_t *w, void *to)
{
    double *out = to;
    const uint32_t *low = w + RT_GROUP / 2;
    for (int i = 0; i < RT_GROUP / 2; i++)
        out[i] = (double)(int32_t)(w[i] >> 5) * 0x1p-27 + (double)(int32_t)(low[i] >> 6) * 0x1p-53;
}

ALWAYS float open32(uint32_t w) { return ((float)w + 0.5f) * 0x1p-32f; }

CLONES static void exponential32(const uint32_t *w, void *to)
{
    float *out = to;
    for (int i = 0; i < RT_GROUP; i++)
        out[i] = 0.0f - log32(open32(w[i]));
}

CLONES static void exponential64(const uint32_t *w, void *to)
{
    double *out = to;
    const uint32_t *low = w + RT_GROUP / 2;
    for (int i = 0; i < RT_GROUP / 2; i++)
        out[i] = 0.0 - log64(open64(w[i], low[i]));
}

/* One word for the radius, one for the angle, two numbers. */
CLONES static void normal32(const uint32_t *w, void *to)
{
    float *out = to;
    const int half = RT_GROUP / 2;
    for (int i = 0; i < half; i++) {
        float radius = sqrtf(-2.0f * log32(open32(w[i]))), c, s;
        turn32(w[half + i], &c, &s);
        out[i] = radius * c;
        out[half + i] = radius * s;
    }
}

CLONES static void normal64(const uint32_t *w, void *to) { normals64(w, RT_GROUP / 4, to); }

/* Pairs of words side by side as numbers of 64 bits. */
CLONES static void words64(const uint32_t *w, void *to)
{
    uint64_t *out = to;
    const uint32_t *low = w + RT_GROUP / 2;
    for (int i = 0; i < RT_GROUP / 2; i++)
        out[i] = (uint64_t)w[i] << 32 | low[i];
}

shape_fn rt_random_shape(int64_t law, int typenum)
{
    int wide = typenum == NPY_DOUBLE;
    switch (law) {
    case LAW_UNIFORM: return wide ? uniform64 : uniform32;
    case LAW_NORMAL: return wide ? normal64 : normal32;
    case LAW_EXPONENTIAL: return wide ? exponential64 : exponential32;
    case LAW_INTEGERS:
    case LAW_BITS: return words64;
    default: return NULL;
    }
}
