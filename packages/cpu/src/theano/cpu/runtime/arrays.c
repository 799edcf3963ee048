/* Whole-array routines: copy, alloc, join, split. */
#include "creation.h"

static int copy_prepare(Call *c, const Thunk *t) { return rt_alloc_out(c, t, 0, rt_in(c, t, 0)->dims); }

static int copy_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    rt_release(c, (double)b->size * 300);
    rt_copy_shared(c, s->ndim, b->dims, b->data, b->strides, x->data, x->strides, s->itemsize);
    rt_acquire(c);
    return 0;
}

/* Lengths given as values of inputs `first`, `first` + 1, ... */
static int read_dims(Call *c, const Thunk *t, int first, idx *dims)
{
    const Slot *s = rt_slot(c, t->out[0]);
    for (int d = 0; d < s->ndim; d++) {
        dims[d] = rt_read_int(rt_slot(c, t->in[first + d]), rt_in(c, t, first + d)->data);
        if (dims[d] < 0 || ((s->bcast >> d & 1) && dims[d] != 1)) {
            PyErr_Format(PyExc_ValueError, "alloc: length %zd for dimension %d%s", dims[d], d,
                         dims[d] < 0 ? " is negative" : ", which is declared to have length 1");
            return -1;
        }
    }
    return 0;
}

/* Strides that broadcast the value to `dims`; returns 1 when it is one element, -1 when it does not fit. */
static int spread_value(Call *c, const Thunk *t, const idx *dims, idx *strides)
{
    const Slot *s = rt_slot(c, t->out[0]), *vs = rt_slot(c, t->in[0]);
    const Buf *v = rt_in(c, t, 0);
    int shift = s->ndim - vs->ndim;
    for (int d = 0; d < shift; d++)
        strides[d] = 0;
    for (int d = 0; d < vs->ndim; d++) {
        strides[d + shift] = v->dims[d] == 1 ? 0 : v->strides[d];
        if (v->dims[d] != 1 && v->dims[d] != dims[d + shift]) {
            PyErr_Format(PyExc_ValueError, "alloc: the value's length %zd in dimension %d does not broadcast to %zd",
                         v->dims[d], d, dims[d + shift]);
            return -1;
        }
    }
    return v->size == 1;
}

static int alloc_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *v = rt_in(c, t, 0);
    idx dims[RT_MAXDIM], strides[RT_MAXDIM];
    int single = read_dims(c, t, 1, dims) < 0 ? -1 : spread_value(c, t, dims, strides);
    if (single < 0)
        return -1;
    if (single && rt_is_zero(v->data, s->itemsize))
        return rt_alloc_zeros(c, t, 0, dims);
    if (rt_alloc_out(c, t, 0, dims) < 0)
        return -1;
    Buf *o = rt_out(c, t, 0);
    rt_release(c, (double)o->size * 200);
    rt_copy_shared(c, s->ndim, o->dims, o->data, o->strides, v->data, strides, s->itemsize);
    rt_acquire(c);
    return 0;
}

static int alloc_empty_prepare(Call *c, const Thunk *t)
{
    idx dims[RT_MAXDIM];
    return read_dims(c, t, 0, dims) < 0 ? -1 : rt_alloc_out(c, t, 0, dims);
}

static int nothing_run(Call *c, const Thunk *t)
{
    (void)c;
    (void)t;
    return 0;
}

/* params: axis, position of the first tensor among the inputs */
static int join_prepare(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    int axis = (int)t->params[0], first = (int)t->params[1];
    idx dims[RT_MAXDIM];
    memcpy(dims, rt_in(c, t, first)->dims, sizeof(idx) * (size_t)s->ndim);
    for (int k = first + 1; k < t->nin; k++) {
        const Buf *b = rt_in(c, t, k);
        for (int d = 0; d < s->ndim; d++) {
            if (d == axis && __builtin_add_overflow(dims[d], b->dims[d], &dims[d])) {
                PyErr_SetString(PyExc_ValueError, "join: the result has more elements than can be counted");
                return -1;
            }
            if (d != axis && b->dims[d] != dims[d])
                return rt_mismatch(d, first, dims[d], k, b->dims[d]);
        }
    }
    return rt_alloc_out(c, t, 0, dims);
}

static int join_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    Buf *o = rt_out(c, t, 0);
    int axis = (int)t->params[0];
    char *at = o->data;
    rt_release(c, (double)o->size * 300);
    for (int k = (int)t->params[1]; k < t->nin; k++) {
        const Buf *b = rt_in(c, t, k);
        rt_copy_shared(c, s->ndim, b->dims, at, o->strides, b->data, b->strides, s->itemsize);
        at += b->dims[axis] * o->strides[axis];
    }
    rt_acquire(c);
    return 0;
}

/* Inputs x, axis (known), lengths. params: axis, then for each piece whether somebody reads it. */
static int split_prepare(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0), *lengths = rt_in(c, t, 2);
    const Slot *s = rt_slot(c, t->in[0]), *ls = rt_slot(c, t->in[2]);
    int axis = (int)t->params[0];
    idx dims[RT_MAXDIM], left = x->dims[axis], n = lengths->dims[0];
    for (idx k = 0; k < n && left >= 0; k++) {
        idx length = rt_read_int(ls, lengths->data + k * lengths->strides[0]);
        left = length < 0 ? -1 : left - length;
    }
    if (n != t->nout || left != 0) {
        PyErr_Format(PyExc_ValueError,
                     "split: %zd sizes for %d pieces of axis %d, which has length %zd; give one size of 0 or more per "
                     "piece, summing to the length",
                     n, (int)t->nout, axis, x->dims[axis]);
        return -1;
    }
    memcpy(dims, x->dims, sizeof(idx) * (size_t)s->ndim);
    for (idx k = 0; k < n; k++) {
        dims[axis] = rt_read_int(ls, lengths->data + k * lengths->strides[0]);
        if (t->params[1 + k] && rt_alloc_out(c, t, (int32_t)k, dims) < 0)
            return -1;
    }
    return 0;
}

static int split_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0), *lengths = rt_in(c, t, 2);
    const Slot *s = rt_slot(c, t->in[0]), *ls = rt_slot(c, t->in[2]);
    idx step = x->strides[t->params[0]];
    const char *at = x->data;
    rt_release(c, (double)x->size * 300);
    for (int32_t k = 0; k < t->nout; k++) {
        const Buf *o = rt_out(c, t, k);
        if (t->params[1 + k])
            rt_copy_shared(c, s->ndim, o->dims, o->data, o->strides, at, x->strides, s->itemsize);
        at += rt_read_int(ls, lengths->data + k * lengths->strides[0]) * step;
    }
    rt_acquire(c);
    return 0;
}

const Routine rt_array_routines[] = {{"copy", NULL, copy_prepare, copy_run},
                                     {"alloc", NULL, NULL, alloc_run},
                                     {"alloc_empty", NULL, alloc_empty_prepare, nothing_run},
                                     {"join", NULL, join_prepare, join_run},
                                     {"split", NULL, split_prepare, split_run},
                                     {"arange", NULL, rt_arange_prepare, rt_arange_run},
                                     {"eye", NULL, NULL, rt_eye_run},
                                     {"tri", NULL, NULL, rt_tri_run},
                                     {"specify_shape", NULL, NULL, rt_specify_shape_run},
                                     {"assert", NULL, NULL, rt_assert_run},
                                     {NULL, NULL, NULL, NULL}};
