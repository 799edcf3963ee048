/* Where an array is not zero: coordinates in C order. */
#include "indexing.h"

/* The positions of a row that are not zero, `n` of them looked at, to `out`, which has room for one more. */
#define FIND(type, label)                                                                                              \
    static CLONES idx find_##label(idx *restrict out, const char *restrict p, idx stride, idx n)                       \
    {                                                                                                                  \
        idx found = 0;                                                                                                 \
        for (idx i = 0; i < n; i++) {                                                                                  \
            out[found] = i;                                                                                            \
            found += *(const type *)(p + i * stride) != 0;                                                             \
        }                                                                                                              \
        return found;                                                                                                  \
    }                                                                                                                  \
    static CLONES idx count_##label(const char *p, idx stride, idx n)                                                  \
    {                                                                                                                  \
        idx found = 0;                                                                                                 \
        if (stride == sizeof(type))                                                                                    \
            for (idx i = 0; i < n; i++)                                                                                \
                found += ((const type *)p)[i] != 0;                                                                    \
        else                                                                                                           \
            for (idx i = 0; i < n; i++)                                                                                \
                found += *(const type *)(p + i * stride) != 0;                                                         \
        return found;                                                                                                  \
    }

FIND(double, f64)
FIND(float, f32)
FIND(uint64_t, i64)
FIND(uint32_t, i32)
FIND(uint16_t, i16)
FIND(uint8_t, i8)

#define FOR_TYPE(typenum, call)                                                                                        \
    switch (typenum) {                                                                                                 \
    case NPY_DOUBLE: return call(f64);                                                                                 \
    case NPY_FLOAT: return call(f32);                                                                                  \
    case NPY_LONG:                                                                                                     \
    case NPY_ULONG: return call(i64);                                                                                  \
    case NPY_INT:                                                                                                      \
    case NPY_UINT: return call(i32);                                                                                   \
    case NPY_SHORT:                                                                                                    \
    case NPY_USHORT: return call(i16);                                                                                 \
    default: return call(i8);                                                                                          \
    }

static idx count_row(int typenum, const char *p, idx stride, idx n)
{
#define COUNT(label) count_##label(p, stride, n)
    FOR_TYPE(typenum, COUNT)
}

static idx find_row(int typenum, idx *out, const char *p, idx stride, idx n)
{
#define LOOK(label) find_##label(out, p, stride, n)
    FOR_TYPE(typenum, LOOK)
}

/* Moves to the next row; 0 at the end. */
static int next_row(int ndim, const idx *dims, const idx *strides, idx *at, const char **p)
{
    for (int d = ndim - 2; d >= 0; d--) {
        *p += strides[d];
        if (++at[d] < dims[d])
            return 1;
        *p -= strides[d] * dims[d];
        at[d] = 0;
    }
    return 0;
}

static int is_empty(int ndim, const idx *dims)
{
    for (int d = 0; d < ndim; d++)
        if (dims[d] == 0)
            return 1;
    return 0;
}

idx rt_count_true(int typenum, int ndim, const idx *dims, const idx *strides, const char *p)
{
    idx at[RT_MAXDIM] = {0}, found = 0;
    if (is_empty(ndim, dims))
        return 0;
    do
        found += count_row(typenum, p, strides[ndim - 1], dims[ndim - 1]);
    while (next_row(ndim, dims, strides, at, &p));
    return found;
}

/* `count` coordinates along each dim, one dim after the other; `out` has room for one number more. */
void rt_find_true(int typenum, int ndim, const idx *dims, const idx *strides, const char *p, idx *out, idx count)
{
    idx at[RT_MAXDIM] = {0}, done = 0, *last = out + (ndim - 1) * count;
    if (is_empty(ndim, dims))
        return;
    do {
        const idx found = find_row(typenum, last + done, p, strides[ndim - 1], dims[ndim - 1]);
        for (int d = 0; d < ndim - 1; d++)
            for (idx i = 0; i < found; i++)
                out[d * count + done + i] = at[d];
        done += found;
    } while (next_row(ndim, dims, strides, at, &p));
}

/* The coordinates of what is not zero in the input, a row of the result for each of its dims. */

int rt_nonzero_prepare(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    const Slot *s = rt_slot(c, t->in[0]);
    idx dims[2] = {s->ndim, rt_count_true(s->typenum, s->ndim, x->dims, x->strides, x->data)};
    return rt_alloc_out(c, t, 0, dims);
}

int rt_nonzero_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    const Slot *s = rt_slot(c, t->in[0]);
    Buf *o = rt_out(c, t, 0);
    idx *room = (idx *)rt_scratch(c, sizeof(idx) * (size_t)(o->size + 1));
    if (!room) {
        PyErr_NoMemory();
        return -1;
    }
    /* with the GIL: who writes to the input meanwhile would make the count wrong */
    rt_find_true(s->typenum, s->ndim, x->dims, x->strides, x->data, room, o->dims[1]);
    memcpy(o->data, room, sizeof(idx) * (size_t)o->size);
    return 0;
}
