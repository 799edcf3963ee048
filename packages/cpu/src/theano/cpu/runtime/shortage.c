/* Memory that cannot be had: what was asked for, and shortage on request (for tests). */
#include "shortage.h"

#include <stdio.h>
#include <stdlib.h>

_Thread_local size_t rt_asked;

_Atomic int64_t rt_countdown;
static _Atomic int64_t asked;

int rt_refuse_counted(void)
{
    atomic_fetch_add(&asked, 1);
    return atomic_load(&rt_countdown) > 0 && atomic_fetch_sub(&rt_countdown, 1) == 1;
}

/* NumPy's side of it: memory for arrays, which fails when its turn comes. */

static void *plain_malloc(void *context, size_t bytes)
{
    (void)context;
    return rt_refuse() ? NULL : malloc(bytes);
}

static void *plain_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return rt_refuse() ? NULL : calloc(count, bytes);
}

static void *plain_realloc(void *context, void *old, size_t bytes)
{
    (void)context;
    return rt_refuse() ? NULL : realloc(old, bytes);
}

static void plain_free(void *context, void *memory, size_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

static PyDataMem_Handler handler = {"theano_shortage", 1, {NULL, plain_malloc, plain_calloc, plain_realloc, plain_free}};

static void set_handler(int wanted)
{
    PyObject *capsule = wanted ? PyCapsule_New(&handler, "mem_handler", NULL) : NULL;
    PyObject *old = wanted && !capsule ? NULL : PyDataMem_SetHandler(capsule); /* NULL: NumPy's own */
    Py_XDECREF(old);
    Py_XDECREF(capsule);
}

/* The allocation number `which` from now on fails, once; 0: all succeed again; negative: all are only counted. Returns how
 * many there were since the last call. */
int64_t rt_shortage(int64_t which)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int64_t seen = atomic_exchange(&asked, 0);
    atomic_store(&rt_countdown, which);
    set_handler(which != 0);
    PyErr_Clear();
    PyGILState_Release(gil);
    return seen;
}

/* Errors. */

static void list_dims(const idx *dims, int ndim, char *text, size_t room)
{
    size_t at = 0;
    for (int d = 0; d < ndim && at < room; d++)
        at += (size_t)snprintf(text + at, room - at, d ? ", %zd" : "%zd", dims[d]);
}

/* Raises MemoryError for a value of these dims. */
int rt_no_room(const Slot *s, const idx *dims)
{
    char text[24 * RT_MAXDIM] = "";
    idx bytes = s->itemsize;
    int fits = 1;
    for (int d = 0; d < s->ndim; d++)
        fits = fits && !__builtin_mul_overflow(bytes, dims[d], &bytes);
    list_dims(dims, s->ndim, text, sizeof text);
    if (fits)
        PyErr_Format(PyExc_MemoryError, "no memory for %zd bytes: a value of shape (%s) and dtype %S", bytes, text, s->descr);
    else
        PyErr_Format(PyExc_MemoryError, "no memory for a value of shape (%s) and dtype %S: more bytes than can be counted",
                     text, s->descr);
    return -1;
}

/* A MemoryError that says nothing gets the bytes that were asked for. */
void rt_name_shortage(PyObject **type, PyObject **value)
{
    PyObject *args = *value ? PyObject_GetAttrString(*value, "args") : NULL;
    if (args && *type == PyExc_MemoryError && PyTuple_Check(args) && !PyTuple_GET_SIZE(args)) {
        PyObject *text = PyUnicode_FromFormat("no memory for %zu bytes to work with", rt_asked);
        PyObject *named = text ? PyObject_CallOneArg(PyExc_MemoryError, text) : NULL;
        if (named)
            Py_SETREF(*value, named);
        Py_XDECREF(text);
    }
    Py_XDECREF(args);
    PyErr_Clear();
}
