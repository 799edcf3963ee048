/* Writing into parts of arrays under a basic index. */
#include "indexing.h"

/* y += x, element by element, for one run along the last dimension. */
#define ADD_RUN(type, label)                                                                                           \
    static CLONES void add_run_##label(char *y, idx ys, const char *x, idx xs, idx n)                                  \
    {                                                                                                                  \
        if (ys == sizeof(type) && xs == sizeof(type))                                                                  \
            for (idx i = 0; i < n; i++)                                                                                \
                ((type *)y)[i] = (type)(((type *)y)[i] + ((const type *)x)[i]);                                        \
        else                                                                                                           \
            for (idx i = 0; i < n; i++)                                                                                \
                *(type *)(y + i * ys) = (type)(*(type *)(y + i * ys) + *(const type *)(x + i * xs));                   \
    }

ADD_RUN(double, f64)
ADD_RUN(float, f32)
ADD_RUN(uint64_t, i64)
ADD_RUN(uint32_t, i32)
ADD_RUN(uint16_t, i16)
ADD_RUN(uint8_t, i8)

static void add_run(int typenum, char *y, idx ys, const char *x, idx xs, idx n)
{
    switch (typenum) {
    case NPY_DOUBLE: add_run_f64(y, ys, x, xs, n); break;
    case NPY_FLOAT: add_run_f32(y, ys, x, xs, n); break;
    case NPY_LONG:
    case NPY_ULONG: add_run_i64(y, ys, x, xs, n); break;
    case NPY_INT:
    case NPY_UINT: add_run_i32(y, ys, x, xs, n); break;
    case NPY_SHORT:
    case NPY_USHORT: add_run_i16(y, ys, x, xs, n); break;
    default: add_run_i8(y, ys, x, xs, n);
    }
}

/* Writes `x` (broadcast by strides 0) into, or adds it to, the part `y` of an array. */
void rt_write_part(int ndim, const idx *dims, char *y, const idx *ys, const char *x, const idx *xs, const Slot *s,
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
int rt_fit(const Buf *y, int yn, int ndim, const idx *dims, idx *strides)
{
    for (int d = 0; d < ndim; d++) {
        int k = d - (ndim - yn);
        strides[d] = k < 0 || y->dims[k] == 1 ? 0 : y->strides[k];
        if (k >= 0 && y->dims[k] != 1 && y->dims[k] != dims[d]) {
            PyErr_Format(PyExc_ValueError,
                         "a value of length %zd along its dimension %d does not fit a part of length %zd", y->dims[k],
                         k, dims[d]);
            return -1;
        }
    }
    return 0;
}

int rt_like_first(Call *c, const Thunk *t) { return rt_alloc_out(c, t, 0, rt_in(c, t, 0)->dims); }

void rt_bring_first(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    if (o->data != x->data)
        rt_copy_shared(c, s->ndim, o->dims, o->data, o->strides, x->data, x->strides, s->itemsize);
}

typedef struct {
    char *data;
    int ndim;
    idx dims[RT_MAXDIM], strides[RT_MAXDIM], from[RT_MAXDIM]; /* `from`: strides of the value that is written */
} Part;

static int find_part(Call *c, const Thunk *t, Part *p)
{
    const Slot *s = rt_slot(c, t->out[0]);
    p->ndim = rt_index(c, t, t->params + 1, (t->nparams - 1) / 7, rt_out(c, t, 0), s->ndim, &p->data, p->dims,
                       p->strides);
    if (p->ndim < 0)
        return -1;
    return rt_fit(rt_in(c, t, 1), rt_slot(c, t->in[1])->ndim, p->ndim, p->dims, p->from);
}

/* Inputs x, y, numbers of the index. params: set?, entries as for subtensor. */
static int inc_subtensor_prepare(Call *c, const Thunk *t)
{
    Part p;
    return rt_like_first(c, t) < 0 ? -1 : find_part(c, t, &p);
}

static int inc_subtensor_run(Call *c, const Thunk *t)
{
    Part p;
    if (find_part(c, t, &p) < 0)
        return -1;
    rt_release(c, (double)rt_out(c, t, 0)->size * 300);
    rt_bring_first(c, t);
    rt_write_part(p.ndim, p.dims, p.data, p.strides, rt_in(c, t, 1)->data, p.from, rt_slot(c, t->out[0]),
                  t->params[0] != 0);
    rt_acquire(c);
    return 0;
}

const Routine rt_index_routines[] = {{"inc_subtensor", NULL, inc_subtensor_prepare, inc_subtensor_run},
                                     {"take_rows", NULL, rt_take_rows_prepare, rt_take_rows_run},
                                     {"inc_rows", NULL, rt_inc_rows_prepare, rt_inc_rows_run},
                                     {"take_points", NULL, rt_take_points_prepare, rt_take_points_run},
                                     {"inc_points", NULL, rt_inc_points_prepare, rt_inc_points_run},
                                     {"nonzero", NULL, rt_nonzero_prepare, rt_nonzero_run},
                                     {"extract_diagonal", NULL, rt_extract_diagonal_prepare, rt_extract_diagonal_run},
                                     {"alloc_diagonal", NULL, rt_alloc_diagonal_prepare, rt_alloc_diagonal_run},
                                     {NULL, NULL, NULL, NULL}};
