/* From Python arguments to buffers, without conversion: whatever needs one goes through the Python slow path. */
#include "runtime.h"

#include <math.h>

/* Binds an exact ndarray of the slot's type; returns 1 when `value` is anything else. */
int rt_bind(Buf *b, const Slot *s, PyObject *value)
{
    PyArrayObject *a = (PyArrayObject *)value;
    if (s->kind == 'O') {
        b->arr = value;
        b->own = 0;
        return 0;
    }
    if (Py_TYPE(value) != &PyArray_Type || PyArray_TYPE(a) != s->typenum || PyArray_NDIM(a) != s->ndim)
        return 1;
    if (!PyArray_CHKFLAGS(a, NPY_ARRAY_ALIGNED) || !PyArray_ISNOTSWAPPED(a))
        return 1;
    const npy_intp *dims = PyArray_DIMS(a), *strides = PyArray_STRIDES(a);
    idx size = 1;
    for (int d = 0; d < s->ndim; d++) {
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

static int store_int(const Slot *s, long long v, char *out)
{
    switch (s->typenum) {
    case NPY_DOUBLE:
        *(double *)out = (double)v;
        return v >= -(1LL << 53) && v <= (1LL << 53);
    case NPY_FLOAT:
        *(float *)out = (float)v;
        return v >= -(1LL << 24) && v <= (1LL << 24);
    case NPY_LONG:
        *(int64_t *)out = v;
        return 1;
    case NPY_INT:
        *(int32_t *)out = (int32_t)v;
        return v == (int32_t)v;
    case NPY_SHORT:
        *(int16_t *)out = (int16_t)v;
        return v == (int16_t)v;
    case NPY_BYTE:
        *(int8_t *)out = (int8_t)v;
        return v == (int8_t)v;
    default:
        return 0;
    }
}

static int store_float(const Slot *s, double v, int32_t flags, char *out)
{
    if (s->typenum == NPY_DOUBLE) {
        *(double *)out = v;
        return 1;
    }
    if (s->typenum != NPY_FLOAT)
        return 0;
    *(float *)out = (float)v;
    return (flags & ARG_FLOAT_DOWNCAST) || (double)(float)v == v || isnan(v);
}

/* Binds a Python or NumPy scalar to a slot without dimensions; returns 1 when the value needs the slow path. */
int rt_bind_scalar(Buf *b, const Slot *s, PyObject *value, int32_t flags, char *tiny)
{
    int stored = 0;
    if (!(flags & ARG_SCALAR))
        return 1;
    if (PyFloat_CheckExact(value)) {
        stored = store_float(s, PyFloat_AS_DOUBLE(value), flags, tiny);
    } else if (PyLong_CheckExact(value)) {
        int overflow;
        long long v = PyLong_AsLongLongAndOverflow(value, &overflow);
        stored = !overflow && store_int(s, v, tiny);
    } else if (Py_TYPE(value) == s->descr->typeobj) {
        PyArray_ScalarAsCtype(value, tiny);
        stored = 1;
    }
    b->data = tiny;
    b->arr = NULL;
    b->own = 0;
    return !stored;
}
