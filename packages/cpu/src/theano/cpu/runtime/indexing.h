/* What the routines for indexing share. */
#ifndef THEANO_INDEXING_H
#define THEANO_INDEXING_H

#include "kernel.h"

int64_t rt_read_int(const Slot *s, const char *p);
int rt_index(Call *c, const Thunk *t, const int64_t *params, int nentries, const Buf *x, int ndim, char **data, idx *dims,
             idx *strides);

/* indexing.c: writing into a part of an array; the value's strides are 0 where it is broadcast */
int rt_fit(const Buf *y, int yn, int ndim, const idx *dims, idx *strides);
void rt_write_part(int ndim, const idx *dims, char *y, const idx *ys, const char *x, const idx *xs, const Slot *s, int set);
int rt_like_first(Call *c, const Thunk *t);
void rt_bring_first(Call *c, const Thunk *t);

/* gather.c: rows by number */
int rt_take_rows_prepare(Call *c, const Thunk *t);
int rt_take_rows_run(Call *c, const Thunk *t);
int rt_inc_rows_prepare(Call *c, const Thunk *t);
int rt_inc_rows_run(Call *c, const Thunk *t);

#endif
