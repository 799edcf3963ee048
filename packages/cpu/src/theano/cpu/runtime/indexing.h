/* What the routines for indexing share. */
#ifndef THEANO_INDEXING_H
#define THEANO_INDEXING_H

#include "kernel.h"

int64_t rt_read_int(const Slot *s, const char *p);
int rt_index(Call *c, const Thunk *t, const int64_t *params, int nentries, const Buf *x, int ndim, char **data,
             idx *dims, idx *strides);

/* indexing.c: writing into a part of an array; the value's strides are 0 where it is broadcast */
int rt_fit(const Buf *y, int yn, int ndim, const idx *dims, idx *strides);
void rt_write_part(int ndim, const idx *dims, char *y, const idx *ys, const char *x, const idx *xs, const Slot *s,
                   int set);
int rt_like_first(Call *c, const Thunk *t);
void rt_bring_first(Call *c, const Thunk *t);

/* gather.c: rows by number; numbers are checked before anything is written */
const idx *rt_read_rows(Call *c, const Thunk *t, int k, idx length);
int64_t rt_widen(int typenum, idx *out, const char *p, idx stride, idx n, idx length);
void rt_take_whole(char *restrict out, const char *restrict x, idx step, const idx *restrict rows, idx n, idx bytes);
int rt_take_rows_prepare(Call *c, const Thunk *t);
int rt_take_rows_run(Call *c, const Thunk *t);

/* scatter.c */
void rt_write_rows(Call *c, const Slot *s, char *out, const char *y, const idx *rows, int ndim, const idx *dims,
                   const idx *from, int set);
int rt_inc_rows_prepare(Call *c, const Thunk *t);
int rt_inc_rows_run(Call *c, const Thunk *t);

/* points.c */
int rt_take_points_prepare(Call *c, const Thunk *t);
int rt_take_points_run(Call *c, const Thunk *t);
int rt_inc_points_prepare(Call *c, const Thunk *t);
int rt_inc_points_run(Call *c, const Thunk *t);

/* masks.c */
idx rt_count_true(int typenum, int ndim, const idx *dims, const idx *strides, const char *p);
void rt_find_true(int typenum, int ndim, const idx *dims, const idx *strides, const char *p, idx *out, idx count);
int rt_nonzero_prepare(Call *c, const Thunk *t);
int rt_nonzero_run(Call *c, const Thunk *t);

/* diagonal.c */
int rt_extract_diagonal_prepare(Call *c, const Thunk *t);
int rt_extract_diagonal_run(Call *c, const Thunk *t);
int rt_alloc_diagonal_prepare(Call *c, const Thunk *t);
int rt_alloc_diagonal_run(Call *c, const Thunk *t);

#define AHEAD 8          /* rows whose memory is asked for before it is their turn */
#define PREFETCHED 1024  /* bytes of a row that are asked for; the processor follows a longer one by itself */

static inline void ask(const char *row, idx bytes)
{
    for (idx b = 0; b < bytes && b < PREFETCHED; b += 64)
        __builtin_prefetch(row + b);
}

static inline void ask_to_write(const char *row, idx bytes)
{
    for (idx b = 0; b < bytes && b < PREFETCHED; b += 64)
        __builtin_prefetch(row + b, 1);
}

#endif
