/* Threads that share the work of one step.
 *
 * A driver asks `rt_threads` how many threads its work is worth (1: do it alone), gives each of them scratch memory, and
 * calls `rt_parallel`, which runs `fn(arg, chunk, worker)` once for each chunk, in any order, and returns when all are
 * done. `worker` is below the number of threads and names the scratch memory; worker 0 is the caller. Functions of
 * chunks touch no Python object and raise nothing. What a chunk computes must not depend on who computes it nor on how
 * many chunks there are: results have the same bits with any number of threads. */
#ifndef THEANO_POOL_H
#define THEANO_POOL_H

#include <stddef.h>
#include <stdint.h>

typedef void (*rt_chunk_fn)(void *arg, ptrdiff_t chunk, int worker);

#define RT_MAXTHREADS 64

int rt_pool_offer(double picoseconds);
void rt_parallel(int threads, ptrdiff_t chunks, rt_chunk_fn fn, void *arg);
void rt_pool_rest(void);

/* How work is cut: chunks of `step` out of `total`, a multiple of `unit`, several for each thread where that pays. */
ptrdiff_t rt_pool_step(ptrdiff_t total, ptrdiff_t unit, int threads, double picoseconds);
static inline ptrdiff_t rt_pool_chunks(ptrdiff_t total, ptrdiff_t step) { return (total + step - 1) / step; }

/* For Python: see theano.cpu.threads. */
void rt_pool_limit(int threads);
void rt_pool_thresholds(double cold, double hot);
enum { POOL_REGIONS, POOL_WAKINGS, POOL_REFUSALS, POOL_WORKERS };
int64_t rt_pool_count(int what);

#endif
