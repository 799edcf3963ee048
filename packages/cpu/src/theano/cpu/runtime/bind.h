/* Binding of arguments, for those who are on the clock. */
#ifndef THEANO_BIND_H
#define THEANO_BIND_H

#include "runtime.h"

/* Binds an exact ndarray of the slot's type; returns 1 when `value` is anything else. */
static inline int rt_bind_inline(Buf *b, const Slot *s, PyObject *value)
{
    PyArrayObject *a = (PyArrayObject *)value;
    if (s->kind == 'O') {
        b->arr = value;
        b->own = 0;
        return 0;
    }
    if (Py_TYPE(value) != &PyArray_Type || PyArray_NDIM(a) != s->ndim || !PyArray_CHKFLAGS(a, NPY_ARRAY_ALIGNED))
        return 1;
    if (PyArray_DESCR(a) != s->descr && (PyArray_TYPE(a) != s->typenum || !PyArray_ISNOTSWAPPED(a)))
        return 1;
    const npy_intp *dims = PyArray_DIMS(a), *strides = PyArray_STRIDES(a);
    idx size = 1;
    if (s->ndim == 1) {
        if (s->bcast && dims[0] != 1)
            return 1;
        b->dims[0] = size = dims[0];
        b->strides[0] = strides[0];
    }
    for (int d = 0; s->ndim > 1 && d < s->ndim; d++) {
        if ((s->bcast >> d & 1) && dims[d] != 1)
            return 1;
        b->dims[d] = dims[d];
        b->strides[d] = strides[d];
        size *= dims[d];
    }
    b->size = size;
    b->data = PyArray_BYTES(a);
    b->contig = PyArray_IS_C_CONTIGUOUS(a) != 0;
    b->arr = value;
    b->own = 0;
    return 0;
}

/* The usual scalar: a float of Python or NumPy for a float64. Returns 1 when it is anything else. */
static inline int rt_bind_double(Buf *b, const Slot *s, PyObject *value, int32_t flags, char *tiny)
{
    if (!(flags & ARG_SCALAR) || s->typenum != NPY_DOUBLE)
        return 1;
    if (!PyFloat_CheckExact(value) && Py_TYPE(value) != s->descr->typeobj) /* which has the layout of a float */
        return 1;
    *(double *)tiny = PyFloat_AS_DOUBLE(value);
    b->data = tiny;
    b->arr = NULL;
    b->own = 0;
    return 0;
}

#endif
