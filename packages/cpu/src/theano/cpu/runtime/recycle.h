/* Recycled memory: what was dropped waits, up to a bound, for the next value of about its size.
 *
 * The kernel hands out large memory page by page and zeroed, which costs more than most elementwise work on it. Blocks
 * start with a cache line, so that vectors stored there never straddle two. */
#ifndef THEANO_RECYCLE_H
#define THEANO_RECYCLE_H

#include "runtime.h"

#define RT_RECYCLED ((size_t)4 << 10) /* smaller arrays are the business of small.c */
#define RT_SMALL 1024                 /* bytes of the largest block that small.c keeps */

extern int rt_recycles; /* 0: nothing is kept */

int rt_recycle_setup(void);
int rt_small_setup(void);
char *rt_block(size_t bytes); /* NULL when there is no memory; may be called without the GIL, as the next one */
void rt_unblock(char *data);  /* NULL is fine */
PyObject *rt_block_array(const Slot *s, const idx *dims, size_t bytes);
PyObject *rt_small_array(const Slot *s, const idx *dims, size_t bytes);

#endif
