/* View steps: new dims and strides over the memory of input 0. */
#include "runtime.h"

static void finish_view(Buf *b, const Slot *s)
{
    b->size = 1;
    for (int d = 0; d < s->ndim; d++)
        b->size *= b->dims[d];
    b->contig = (uint8_t)rt_is_contiguous(s->ndim, b->dims, b->strides, s->itemsize);
}

static int identity_run(Call *c, const Thunk *t)
{
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    rt_buf_drop(b);
    if (s->kind == 'O') {
        Py_XINCREF(x->arr);
        b->arr = x->arr;
        b->own = 1;
        return 0;
    }
    b->data = x->data;
    for (int d = 0; d < s->ndim; d++) {
        if ((s->bcast >> d & 1) && x->dims[d] != 1) {
            PyErr_Format(PyExc_ValueError, "dimension %d is declared to have length 1, but has length %zd", d, x->dims[d]);
            return -1;
        }
        b->dims[d] = x->dims[d];
        b->strides[d] = x->strides[d];
    }
    finish_view(b, s);
    return 0;
}

/* params: for each output dim the input dim, or -1 for a new one; dims left out must have length 1 */
static int dimshuffle_run(Call *c, const Thunk *t)
{
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    uint64_t used = 0;
    rt_buf_drop(b);
    b->data = x->data;
    for (int d = 0; d < s->ndim; d++) {
        int64_t from = t->params[d];
        b->dims[d] = from < 0 ? 1 : x->dims[from];
        b->strides[d] = from < 0 ? 0 : x->strides[from];
        used |= from < 0 ? 0 : 1ULL << from;
    }
    for (int d = 0; d < rt_slot(c, t->in[0])->ndim; d++)
        if (!(used >> d & 1) && x->dims[d] != 1) {
            PyErr_Format(PyExc_ValueError, "dimension %d cannot be dropped: it has length %zd, not 1", d, x->dims[d]);
            return -1;
        }
    finish_view(b, s);
    return 0;
}

/* An integer of any dtype. */
int64_t rt_read_int(const Slot *s, const char *p)
{
    switch (s->typenum) {
    case NPY_LONG: return *(const int64_t *)p;
    case NPY_ULONG: return (int64_t) * (const uint64_t *)p;
    case NPY_INT: return *(const int32_t *)p;
    case NPY_UINT: return *(const uint32_t *)p;
    case NPY_SHORT: return *(const int16_t *)p;
    case NPY_USHORT: return *(const uint16_t *)p;
    case NPY_BYTE: return *(const int8_t *)p;
    default: return *(const uint8_t *)p;
    }
}

static int bad_shape(idx size)
{
    PyErr_Format(PyExc_ValueError, "cannot reshape: %zd elements do not fill the requested shape", size);
    return -1;
}

/* The requested dims with -1 resolved. */
static int wanted_dims(Call *c, const Thunk *t, int ndim, idx size, idx *dims)
{
    const Buf *v = rt_in(c, t, 1);
    const Slot *vs = rt_slot(c, t->in[1]);
    idx known = 1, open = -1;
    if (v->dims[0] != ndim) {
        PyErr_Format(PyExc_ValueError, "cannot reshape: the shape has %zd entries, the result %d dimensions", v->dims[0],
                     ndim);
        return -1;
    }
    for (int d = 0; d < ndim; d++) {
        dims[d] = rt_read_int(vs, v->data + d * v->strides[0]);
        if (dims[d] >= 0)
            known *= dims[d];
        else if (dims[d] == -1 && open < 0)
            open = d;
        else
            return bad_shape(size);
    }
    if (open >= 0) {
        if (known == 0 || size % known)
            return bad_shape(size);
        dims[open] = size / known;
        known = size;
    }
    return known == size ? 0 : bad_shape(size);
}

static int reshape_run(Call *c, const Thunk *t)
{
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]), *xs = rt_slot(c, t->in[0]);
    idx dims[RT_MAXDIM];
    if (wanted_dims(c, t, s->ndim, x->size, dims) < 0)
        return -1;
    for (int d = 0; d < s->ndim; d++)
        if ((s->bcast >> d & 1) && dims[d] != 1)
            return bad_shape(x->size);
    if (!x->contig) {
        idx strides[RT_MAXDIM];
        if (rt_alloc_fresh(c, t->out[0], dims) < 0)
            return -1;
        rt_contiguous(xs->ndim, x->dims, strides, xs->itemsize);
        rt_copy_shared(c, xs->ndim, x->dims, b->data, strides, x->data, x->strides, xs->itemsize);
        return 0;
    }
    rt_buf_drop(b);
    b->data = x->data;
    memcpy(b->dims, dims, sizeof(idx) * (size_t)s->ndim);
    b->size = rt_contiguous(s->ndim, b->dims, b->strides, s->itemsize);
    b->contig = 1;
    return 0;
}

enum { ENTRY_NONE, ENTRY_CONST, ENTRY_INPUT };

/* One of an entry's numbers: (kind, value); returns 0 when it is absent. */
static int entry_value(Call *c, const Thunk *t, const int64_t *p, int64_t *value)
{
    if (p[0] == ENTRY_NONE)
        return 0;
    if (p[0] == ENTRY_CONST)
        *value = p[1];
    else
        *value = rt_read_int(rt_slot(c, t->in[p[1]]), rt_in(c, t, (int)p[1])->data);
    return 1;
}

static idx clip(idx v, idx length, idx low, idx high)
{
    if (v < 0)
        v += length;
    return v < low ? low : v > high ? high : v;
}

/* A slice as Python clips it: start, number of elements, step. */
static int resolve_slice(Call *c, const Thunk *t, const int64_t *p, idx length, idx *start, idx *count, idx *step)
{
    int64_t v = 1;
    entry_value(c, t, p + 4, &v);
    if (v == 0) {
        PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
        return -1;
    }
    *step = v;
    idx low = v < 0 ? -1 : 0, high = v < 0 ? length - 1 : length, stop;
    *start = entry_value(c, t, p, &v) ? clip(v, length, low, high) : *step < 0 ? high : low;
    stop = entry_value(c, t, p + 2, &v) ? clip(v, length, low, high) : *step < 0 ? low : high;
    idx span = *step < 0 ? *start - stop : stop - *start, by = *step < 0 ? -*step : *step;
    *count = span > 0 ? (span - 1) / by + 1 : 0;
    return 0;
}

/* Applies the entries at `params` to buffer `x`; returns the number of dims, or -1. Entry: slice?, three (kind, value). */
int rt_index(Call *c, const Thunk *t, const int64_t *params, int nentries, const Buf *x, int ndim, char **data, idx *dims,
             idx *strides)
{
    int out = 0;
    *data = x->data;
    for (int d = 0; d < ndim; d++) {
        const int64_t *p = params + 7 * d;
        idx start = 0, count = x->dims[d], step = 1;
        if (d < nentries && !p[0]) {
            int64_t v = 0;
            entry_value(c, t, p + 1, &v);
            if (v < -x->dims[d] || v >= x->dims[d]) {
                PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension %d with length %zd", (long long)v, d,
                             x->dims[d]);
                return -1;
            }
            *data += (v < 0 ? v + x->dims[d] : v) * x->strides[d];
            continue;
        }
        if (d < nentries && resolve_slice(c, t, p + 1, x->dims[d], &start, &count, &step) < 0)
            return -1;
        *data += count ? start * x->strides[d] : 0;
        dims[out] = count;
        strides[out++] = step * x->strides[d];
    }
    return out;
}

/* params: entries of 7 numbers for each indexed dim */
static int subtensor_run(Call *c, const Thunk *t)
{
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[RT_MAXDIM], strides[RT_MAXDIM];
    rt_buf_drop(b);
    int ndim = rt_index(c, t, t->params, t->nparams / 7, x, rt_slot(c, t->in[0])->ndim, &b->data, dims, strides);
    if (ndim < 0)
        return -1;
    for (int d = 0; d < s->ndim; d++) {
        b->dims[d] = dims[d];
        b->strides[d] = strides[d];
    }
    finish_view(b, s);
    return 0;
}

const Routine rt_view_routines[] = {{"identity", NULL, NULL, identity_run},
                                    {"dimshuffle", NULL, NULL, dimshuffle_run},
                                    {"reshape", NULL, NULL, reshape_run},
                                    {"subtensor", NULL, NULL, subtensor_run},
                                    {NULL, NULL, NULL, NULL}};
