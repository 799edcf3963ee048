/* Rows chosen by an integer vector, and writing into parts of arrays. */
#include "runtime.h"

int64_t rt_read_int(const Slot *s, const char *p);
int rt_index(Call *c, const Thunk *t, const int64_t *params, int nentries, const Buf *x, int ndim, char **data, idx *dims,
             idx *strides);

/* y += x, element by element, for one run along the last dimension. */
#define ADD_RUN(type)                                                                                                  \
    for (idx i = 0; i < n; i++)                                                                                        \
        *(type *)(y + i * ys) = (type)(*(type *)(y + i * ys) + *(const type *)(x + i * xs));                          \
    break;

static void add_run(int typenum, char *y, idx ys, const char *x, idx xs, idx n)
{
    switch (typenum) {
    case NPY_DOUBLE: ADD_RUN(double)
    case NPY_FLOAT: ADD_RUN(float)
    case NPY_LONG:
    case NPY_ULONG: ADD_RUN(uint64_t)
    case NPY_INT:
    case NPY_UINT: ADD_RUN(uint32_t)
    case NPY_SHORT:
    case NPY_USHORT: ADD_RUN(uint16_t)
    default: ADD_RUN(uint8_t)
    }
}

/* Writes `x` (broadcast by strides 0) into, or adds it to, the part `y` of an array. */
static void write_part(int ndim, const idx *dims, char *y, const idx *ys, const char *x, const idx *xs, const Slot *s,
                       int set)
{
    if (set || ndim == 0) {
        if (set)
            rt_copy(ndim, dims, y, ys, x, xs, s->itemsize);
        else
            add_run(s->typenum, y, 0, x, 0, 1);
        return;
    }
    idx at[RT_MAXDIM] = {0};
    for (int d = 0; d < ndim; d++)
        if (dims[d] == 0)
            return;
    for (;;) {
        add_run(s->typenum, y, ys[ndim - 1], x, xs[ndim - 1], dims[ndim - 1]);
        int d = ndim - 2;
        for (; d >= 0; d--) {
            y += ys[d];
            x += xs[d];
            if (++at[d] < dims[d])
                break;
            y -= ys[d] * dims[d];
            x -= xs[d] * dims[d];
            at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

/* Strides that broadcast `y` to `dims`; -1 with an exception when it does not fit. */
static int fit(const Buf *y, int yn, int ndim, const idx *dims, idx *strides)
{
    for (int d = 0; d < ndim; d++) {
        int k = d - (ndim - yn);
        strides[d] = k < 0 || y->dims[k] == 1 ? 0 : y->strides[k];
        if (k >= 0 && y->dims[k] != 1 && y->dims[k] != dims[d]) {
            PyErr_Format(PyExc_ValueError, "a value of length %zd along its dimension %d does not fit a part of length %zd",
                         y->dims[k], k, dims[d]);
            return -1;
        }
    }
    return 0;
}

static int like_first_prepare(Call *c, const Thunk *t) { return rt_alloc_out(c, t, 0, rt_in(c, t, 0)->dims); }

static void bring_first(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    if (o->data != x->data)
        rt_copy(s->ndim, o->dims, o->data, o->strides, x->data, x->strides, s->itemsize);
}

typedef struct {
    char *data;
    int ndim;
    idx dims[RT_MAXDIM], strides[RT_MAXDIM], from[RT_MAXDIM]; /* `from`: strides of the value that is written */
} Part;

static int find_part(Call *c, const Thunk *t, Part *p)
{
    const Slot *s = rt_slot(c, t->out[0]);
    p->ndim = rt_index(c, t, t->params + 1, (t->nparams - 1) / 7, rt_out(c, t, 0), s->ndim, &p->data, p->dims, p->strides);
    if (p->ndim < 0)
        return -1;
    return fit(rt_in(c, t, 1), rt_slot(c, t->in[1])->ndim, p->ndim, p->dims, p->from);
}

/* Inputs x, y, numbers of the index. params: set?, entries as for subtensor. */
static int inc_subtensor_prepare(Call *c, const Thunk *t)
{
    Part p;
    return like_first_prepare(c, t) < 0 ? -1 : find_part(c, t, &p);
}

static int inc_subtensor_run(Call *c, const Thunk *t)
{
    Part p;
    if (find_part(c, t, &p) < 0)
        return -1;
    rt_release(c, (double)rt_out(c, t, 0)->size * 300);
    bring_first(c, t);
    write_part(p.ndim, p.dims, p.data, p.strides, rt_in(c, t, 1)->data, p.from, rt_slot(c, t->out[0]), t->params[0] != 0);
    rt_acquire(c);
    return 0;
}

static int bad_row(int64_t v, idx length)
{
    PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension 0 with length %zd", (long long)v, length);
    return -1;
}

/* Row numbers made non-negative and checked, in scratch memory; NULL with an exception. */
static idx *read_rows(Call *c, const Thunk *t, int k, idx length)
{
    const Buf *rows = rt_in(c, t, k);
    const Slot *s = rt_slot(c, t->in[k]);
    idx n = rows->dims[0], *out = (idx *)rt_scratch(c, sizeof(idx) * (size_t)(n + 1));
    if (!out) {
        PyErr_NoMemory();
        return NULL;
    }
    for (idx i = 0; i < n; i++) {
        int64_t v = rt_read_int(s, rows->data + i * rows->strides[0]);
        if (v < -length || v >= length || (s->kind == 'u' && v < 0)) {
            bad_row(v, length);
            return NULL;
        }
        out[i] = v < 0 ? v + length : v;
    }
    return out;
}

static int take_rows_prepare(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[RT_MAXDIM];
    memcpy(dims, rt_in(c, t, 0)->dims, sizeof(idx) * (size_t)s->ndim);
    dims[0] = rt_in(c, t, 1)->dims[0];
    return rt_alloc_out(c, t, 0, dims);
}

static int take_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    idx n = o->dims[0], *rows = read_rows(c, t, 1, x->dims[0]);
    if (!rows)
        return -1;
    rt_release(c, (double)o->size * 500);
    if (s->ndim == 1 && s->itemsize == 8)
        for (idx i = 0; i < n; i++)
            ((uint64_t *)o->data)[i] = *(const uint64_t *)(x->data + rows[i] * x->strides[0]);
    else
        for (idx i = 0; i < n; i++)
            rt_copy(s->ndim - 1, o->dims + 1, o->data + i * o->strides[0], o->strides + 1,
                    x->data + rows[i] * x->strides[0], x->strides + 1, s->itemsize);
    rt_acquire(c);
    return 0;
}

/* The rows, and how the value follows them; NULL with an exception. */
static idx *find_rows(Call *c, const Thunk *t, idx *dims, idx *from)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *o = rt_out(c, t, 0);
    memcpy(dims, o->dims, sizeof(idx) * (size_t)s->ndim);
    dims[0] = rt_in(c, t, 2)->dims[0];
    if (fit(rt_in(c, t, 1), rt_slot(c, t->in[1])->ndim, s->ndim, dims, from) < 0)
        return NULL;
    return read_rows(c, t, 2, o->dims[0]);
}

/* Inputs x, y, rows. params: set? */
static int inc_rows_prepare(Call *c, const Thunk *t)
{
    idx dims[RT_MAXDIM], from[RT_MAXDIM];
    return like_first_prepare(c, t) == 0 && find_rows(c, t, dims, from) ? 0 : -1;
}

static int inc_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *y = rt_in(c, t, 1);
    Buf *o = rt_out(c, t, 0);
    idx dims[RT_MAXDIM], from[RT_MAXDIM], *rows = find_rows(c, t, dims, from);
    if (!rows)
        return -1;
    rt_release(c, (double)o->size * 300);
    bring_first(c, t);
    for (idx i = 0; i < dims[0]; i++)
        write_part(s->ndim - 1, dims + 1, o->data + rows[i] * o->strides[0], o->strides + 1, y->data + i * from[0], from + 1,
                   s, t->params[0] != 0);
    rt_acquire(c);
    return 0;
}

const Routine rt_index_routines[] = {{"inc_subtensor", NULL, inc_subtensor_prepare, inc_subtensor_run},
                                     {"take_rows", NULL, take_rows_prepare, take_rows_run},
                                     {"inc_rows", NULL, inc_rows_prepare, inc_rows_run},
                                     {NULL, NULL, NULL, NULL}};
