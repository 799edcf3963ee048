/* From Python arguments to buffers, without conversion: whatever needs one goes through the Python slow path. */
#include "bind.h"

#include <math.h>

int rt_bind(Buf *b, const Slot *s, PyObject *value) { return rt_bind_inline(b, s, value); }

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
