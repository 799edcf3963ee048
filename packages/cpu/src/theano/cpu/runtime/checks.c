/* Checks that pass their first input on as it is. */
#include "creation.h"

int rt_is_true(const Slot *s, const char *p);

/* The output shows what the first input shows. */
static int pass_on(Call *c, const Thunk *t)
{
    Buf *x = rt_in(c, t, 0), *b = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    rt_buf_drop(b);
    b->data = x->data;
    b->size = x->size;
    b->contig = x->contig;
    if (s->ndim) {
        memcpy(b->dims, x->dims, sizeof(idx) * (size_t)s->ndim);
        memcpy(b->strides, x->strides, sizeof(idx) * (size_t)s->ndim);
    }
    return 0;
}

/* "(2, 3)", "(2,)" or "()": a tuple of the lengths */
static PyObject *lengths_of(const Slot *s, const char *data, idx stride, idx n)
{
    PyObject *tuple = PyTuple_New(n);
    for (idx d = 0; tuple && d < n; d++) {
        PyObject *length = PyLong_FromLongLong(rt_read_int(s, data + d * stride));
        if (length)
            PyTuple_SET_ITEM(tuple, d, length);
        else
            Py_CLEAR(tuple);
    }
    return tuple;
}

static int wrong_shape(Call *c, const Thunk *t)
{
    static const Slot int64 = {.typenum = NPY_LONG};
    const Buf *x = rt_in(c, t, 0), *wanted = rt_in(c, t, 1);
    PyObject *asked = lengths_of(rt_slot(c, t->in[1]), wanted->data, wanted->strides[0], wanted->dims[0]);
    PyObject *found = lengths_of(&int64, (const char *)x->dims, sizeof(idx), rt_slot(c, t->in[0])->ndim);
    if (asked && found)
        PyErr_Format(PyExc_AssertionError,
                     "specify_shape: shape %R, but the value has shape %R; feed a value of the promised shape or drop "
                     "specify_shape",
                     asked, found);
    Py_XDECREF(asked);
    Py_XDECREF(found);
    return -1;
}

/* Inputs x, lengths */
int rt_specify_shape_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0), *wanted = rt_in(c, t, 1);
    const Slot *s = rt_slot(c, t->in[1]);
    int ndim = rt_slot(c, t->in[0])->ndim;
    if (wanted->dims[0] != ndim)
        return wrong_shape(c, t);
    for (int d = 0; d < ndim; d++)
        if (rt_read_int(s, wanted->data + d * wanted->strides[0]) != x->dims[d])
            return wrong_shape(c, t);
    return pass_on(c, t);
}

/* Inputs x, conditions; the object is the message */
int rt_assert_run(Call *c, const Thunk *t)
{
    for (int32_t k = 1; k < t->nin; k++)
        if (!rt_is_true(rt_slot(c, t->in[k]), rt_in(c, t, k)->data)) {
            PyErr_SetObject(PyExc_AssertionError, t->object);
            return -1;
        }
    return pass_on(c, t);
}
