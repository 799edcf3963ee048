/* Diagonals: copied out of a tensor, or written into zeros. Params: offset, the two axes. */
#include "indexing.h"

typedef struct {
    idx length, start;                         /* elements; bytes from the first element of the tensor */
    int ndim;                                  /* of the diagonals: the other axes, then their length */
    idx dims[RT_MAXDIM], strides[RT_MAXDIM]; /* in the tensor */
} Diagonal;

static Diagonal find_diagonal(const Thunk *t, int ndim, const idx *dims, const idx *strides)
{
    const idx offset = t->params[0];
    const int rows = (int)t->params[1], cols = (int)t->params[2];
    const idx m = dims[rows] + (offset < 0 ? offset : 0), n = dims[cols] - (offset > 0 ? offset : 0);
    Diagonal g = {.length = m < n ? m : n};
    if (g.length < 0)
        g.length = 0;
    for (int d = 0; d < ndim; d++)
        if (d != rows && d != cols) {
            g.dims[g.ndim] = dims[d];
            g.strides[g.ndim++] = strides[d];
        }
    g.dims[g.ndim] = g.length;
    g.strides[g.ndim++] = strides[rows] + strides[cols];
    g.start = offset > 0 ? offset * strides[cols] : -offset * strides[rows];
    return g;
}

int rt_extract_diagonal_prepare(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    const Diagonal g = find_diagonal(t, rt_slot(c, t->in[0])->ndim, x->dims, x->strides);
    return rt_alloc_out(c, t, 0, g.dims);
}

int rt_extract_diagonal_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Diagonal g = find_diagonal(t, rt_slot(c, t->in[0])->ndim, x->dims, x->strides);
    if (o->size)
        rt_copy(g.ndim, g.dims, o->data, o->strides, x->data + g.start, g.strides, rt_slot(c, t->in[0])->itemsize);
    return 0;
}

int rt_alloc_diagonal_prepare(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    const int ndim = rt_slot(c, t->out[0])->ndim;
    const idx offset = t->params[0];
    idx dims[RT_MAXDIM];
    for (int d = 0, k = 0; d < ndim; d++)
        dims[d] = d == t->params[1] || d == t->params[2] ? x->dims[ndim - 2] + (offset < 0 ? -offset : offset)
                                                         : x->dims[k++];
    return rt_alloc_out(c, t, 0, dims);
}

int rt_alloc_diagonal_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    const Diagonal g = find_diagonal(t, s->ndim, o->dims, o->strides);
    rt_release(c, (double)o->size * 50);
    memset(o->data, 0, (size_t)(o->size * s->itemsize));
    if (x->size)
        rt_copy(g.ndim, g.dims, o->data + g.start, g.strides, x->data, x->strides, s->itemsize);
    rt_acquire(c);
    return 0;
}
