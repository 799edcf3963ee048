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

/* Words for one position, in order. */
typedef struct {
    const Stream *stream;
    uint64_t counter, nonce;
    uint32_t words[16];
    int used;
} Series;

/* random.c */
void rt_random_group(const Stream *s, uint64_t group, uint32_t *out);
void rt_random_series(Series *x, const Stream *s, uint64_t position);
uint64_t rt_random_next64(Series *x);
static inline double rt_random_next(Series *x) { return (double)(rt_random_next64(x) >> 11) * 0x1p-53; }

/* What becomes of a group: elements of one type, `RT_GROUP` or half as many. */
typedef void (*shape_fn)(const uint32_t *words, void *out);
shape_fn rt_random_shape(int64_t law, int typenum);

enum { LAW_UNIFORM, LAW_NORMAL, LAW_EXPONENTIAL, LAW_BERNOULLI, LAW_INTEGERS };

#endif
