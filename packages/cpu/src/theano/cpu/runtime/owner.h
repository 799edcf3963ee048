/* Arrays that own memory of ours: what the two kinds of blocks (recycle.c, small.c) tell NumPy.
 *
 * Include it behind take_block, give_block and room_of, and the name HANDLER. */
#include <tracemalloc.h>

#define TRACE_DOMAIN 389047 /* np.lib.tracemalloc_domain: NumPy tells tracemalloc when an array frees its memory */

/* NumPy asks the array's own handler when it resizes or frees. */

static void *handler_malloc(void *context, size_t bytes)
{
    (void)context;
    return take_block(bytes);
}

static void *handler_calloc(void *context, size_t count, size_t size)
{
    size_t bytes;
    (void)context;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *data = take_block(bytes);
    return data ? memset(data, 0, bytes) : NULL;
}

static void handler_free(void *context, void *data, size_t bytes)
{
    (void)context;
    (void)bytes;
    give_block(data);
}

static void *handler_realloc(void *context, void *data, size_t bytes)
{
    (void)context;
    void *moved = take_block(bytes);
    if (moved && data) {
        size_t room = room_of(data);
        memcpy(moved, data, room < bytes ? room : bytes);
        give_block(data);
    }
    return moved;
}

static PyDataMem_Handler handler = {HANDLER, 1, {NULL, handler_malloc, handler_calloc, handler_realloc, handler_free}};
static PyObject *handler_capsule;

static int make_capsule(void)
{
    if (!handler_capsule)
        handler_capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return handler_capsule ? 0 : -1;
}

/* A new array that owns a block; NULL with an exception. */
static inline PyObject *array_of_block(const Slot *s, const idx *dims, size_t bytes)
{
    void *data = take_block(bytes);
    if (!data) {
        rt_no_room(s, dims);
        return NULL;
    }
    Py_INCREF(s->descr);
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, s->descr, s->ndim, (npy_intp *)dims, NULL, data,
                                           NPY_ARRAY_CARRAY, NULL);
    if (!array) {
        give_block(data);
        return NULL;
    }
    PyTraceMalloc_Track(TRACE_DOMAIN, (uintptr_t)data, bytes);
    Py_INCREF(handler_capsule);
    ((PyArrayObject_fields *)array)->mem_handler = handler_capsule;
    PyArray_ENABLEFLAGS((PyArrayObject *)array, NPY_ARRAY_OWNDATA);
    return array;
}
