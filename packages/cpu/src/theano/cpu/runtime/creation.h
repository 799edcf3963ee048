/* What the routines for new arrays share. */
#ifndef THEANO_CREATION_H
#define THEANO_CREATION_H

#include "runtime.h"

int64_t rt_read_int(const Slot *s, const char *p);
int rt_is_zero(const char *value, idx itemsize);
int rt_alloc_zeros(Call *c, const Thunk *t, int32_t k, const idx *dims);

/* creation.c */
int rt_arange_prepare(Call *c, const Thunk *t);
int rt_arange_run(Call *c, const Thunk *t);
int rt_eye_run(Call *c, const Thunk *t);
int rt_tri_run(Call *c, const Thunk *t);

/* checks.c */
int rt_specify_shape_run(Call *c, const Thunk *t);
int rt_assert_run(Call *c, const Thunk *t);

#endif
