/* Shapes as values, and vectors made of numbers. */
#include "runtime.h"

/* params: axis */
static int shape_i_run(Call *c, const Thunk *t)
{
    if (rt_alloc_out(c, t, 0, NULL) < 0)
        return -1;
    *(int64_t *)rt_out(c, t, 0)->data = rt_in(c, t, 0)->dims[t->params[0]];
    return 0;
}

static int shape_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    idx ndim = rt_slot(c, t->in[0])->ndim;
    if (rt_alloc_out(c, t, 0, &ndim) < 0)
        return -1;
    for (idx d = 0; d < ndim; d++)
        ((int64_t *)rt_out(c, t, 0)->data)[d] = x->dims[d];
    return 0;
}

/* A vector of inputs without dimensions, all of its dtype. */
static int make_vector_run(Call *c, const Thunk *t)
{
    idx n = t->nin, size = rt_slot(c, t->out[0])->itemsize;
    if (rt_alloc_out(c, t, 0, &n) < 0)
        return -1;
    for (int32_t k = 0; k < t->nin; k++)
        memcpy(rt_out(c, t, 0)->data + k * size, rt_in(c, t, k)->data, (size_t)size);
    return 0;
}

const Routine rt_scalar_routines[] = {{"shape_i", NULL, NULL, shape_i_run},
                                      {"shape", NULL, NULL, shape_run},
                                      {"make_vector", NULL, NULL, make_vector_run},
                                      {NULL, NULL, NULL, NULL}};
