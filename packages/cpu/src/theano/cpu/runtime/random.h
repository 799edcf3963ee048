/* Random words that depend on a key and a position only, and what laws make of them. See theano/tensor/random/. */
#ifndef THEANO_RANDOM_H
#define THEANO_RANDOM_H

#include "kernel.h"
#include "exact.h"

#define RT_LANES 16
#define RT_GROUP 256 /* words */

typedef struct {
    uint32_t key[8];
    uint64_t group; /* that comes next */
} Stream;

/* Words for one position, in order. Elements of a group with four words each may start with those. */
#define RT_SLOTS (RT_GROUP / 4)
typedef struct {
    const Stream *stream;
    uint64_t counter, nonce;
    const uint32_t *words; /* of a block, `stride` apart */
    int stride, used;
    uint32_t own[16];
} Series;

/* The series of neighbours, and their first blocks side by side. */
typedef struct {
    Series series[RT_LANES];
    uint32_t words[RT_GROUP];
} Batch;

/* random.c */
void rt_random_group(const Stream *s, uint64_t group, uint32_t *out);
void rt_random_series(Series *x, const Stream *s, uint64_t position, int block);
void rt_random_seeded(Series *x, const Stream *s, uint64_t position, const uint32_t *words);
void rt_random_refill(Series *x);
static inline uint64_t rt_random_next64(Series *x)
{
    if (x->used == 16)
        rt_random_refill(x);
    const uint32_t *word = x->words + x->used * x->stride;
    x->used += 2;
    return (uint64_t)word[0] << 32 | word[x->stride];
}
static inline double rt_random_next(Series *x) { return (double)(int64_t)(rt_random_next64(x) >> 11) * 0x1p-53; }

void rt_random_batch(Batch *b, const Stream *s, uint64_t position);

/* In (0, 1], small ones as precise as the others. */
ALWAYS double whole(uint32_t w) { return (double)(int32_t)(w ^ 0x80000000u) + 2147483648.0; }
ALWAYS double open64(uint32_t high, uint32_t low) { return (whole(high) + (whole(low) + 0.5) * 0x1p-32) * 0x1p-32; }

/* G. E. P. Box and M. E. Muller: `part` radii and angles, twice as many numbers. Upper words, then lower ones. */
ALWAYS void normals64(const uint32_t *w, int part, double *out)
{
    for (int i = 0; i < part; i++) {
        double radius = sqrt(-2.0 * log64(open64(w[i], w[2 * part + i]))), c, s;
        turn64(w[part + i], w[3 * part + i], &c, &s);
        out[i] = radius * c;
        out[part + i] = radius * s;
    }
}

/* What becomes of a group: elements of one type, `RT_GROUP` or half as many. */
typedef void (*shape_fn)(const uint32_t *words, void *out);
shape_fn rt_random_shape(int64_t law, int typenum);

enum { LAW_UNIFORM, LAW_NORMAL, LAW_EXPONENTIAL, LAW_BERNOULLI, LAW_INTEGERS, LAW_BITS, LAW_POISSON, LAW_BINOMIAL,
       LAW_GAMMA, LAW_BETA, LAW_MULTINOMIAL };

#endif
