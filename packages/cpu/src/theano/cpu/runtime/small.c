/* Memory of small results: blocks that were dropped, by size, without locks. The GIL guards everything here.
 *
 * An array with memory of ours costs half of what one costs that asks NumPy's handler of the context for its memory. */
#include "recycle.h"
#include "shortage.h"

#include <stdlib.h>
#include <tracemalloc.h>

#define TRACE_DOMAIN 389047 /* np.lib.tracemalloc_domain */
#define STEP 16
#define MOST_SPARE 32 /* of each size */

/* Before the data of every block. */
typedef struct Small {
    size_t room;
    struct Small *next; /* spare */
} Small;

_Static_assert(sizeof(Small) == STEP, "data is aligned as malloc's");

#ifndef Py_GIL_DISABLED
static struct {
    Small *top;
    int32_t count;
} spare[RT_SMALL / STEP + 1];
#endif

static inline void *small_malloc(size_t bytes)
{
    size_t number = bytes ? (bytes + STEP - 1) / STEP : 1;
    Small *b = NULL;
    if (rt_refuse())
        return NULL;
#ifndef Py_GIL_DISABLED
    if (number <= RT_SMALL / STEP && (b = spare[number].top)) {
        spare[number].top = b->next;
        spare[number].count--;
        return b + 1;
    }
#endif
    b = number > (PTRDIFF_MAX / 2) / STEP ? NULL : malloc(sizeof *b + number * STEP);
    if (!b)
        return NULL;
    b->room = number * STEP;
    return b + 1;
}

static inline void small_free(void *data)
{
    if (!data)
        return;
    Small *b = (Small *)data - 1;
#ifndef Py_GIL_DISABLED
    size_t number = b->room / STEP;
    if (number <= RT_SMALL / STEP && spare[number].count < MOST_SPARE && rt_recycles) {
        b->next = spare[number].top;
        spare[number].top = b;
        spare[number].count++;
        return;
    }
#endif
    free(b);
}

static void *handler_malloc(void *context, size_t bytes)
{
    (void)context;
    return small_malloc(bytes);
}

static void *handler_calloc(void *context, size_t count, size_t size)
{
    size_t bytes;
    (void)context;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *data = small_malloc(bytes);
    return data ? memset(data, 0, bytes) : NULL;
}

static void handler_free(void *context, void *data, size_t bytes)
{
    (void)context;
    (void)bytes;
    small_free(data);
}

static void *handler_realloc(void *context, void *data, size_t bytes)
{
    (void)context;
    void *moved = small_malloc(bytes);
    if (moved && data) {
        size_t room = ((Small *)data - 1)->room;
        memcpy(moved, data, room < bytes ? room : bytes);
        small_free(data);
    }
    return moved;
}

static PyDataMem_Handler handler = {
    "theano_small", 1, {NULL, handler_malloc, handler_calloc, handler_realloc, handler_free}};
static PyObject *handler_capsule;

/* A new array with a small block of ours; NULL with an exception. */
PyObject *rt_small_array(const Slot *s, const idx *dims, size_t bytes)
{
    char *data = small_malloc(bytes);
    if (!data) {
        rt_no_room(s, dims);
        return NULL;
    }
    Py_INCREF(s->descr);
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, s->descr, s->ndim, (npy_intp *)dims, NULL, data,
                                           NPY_ARRAY_CARRAY, NULL);
    if (!array) {
        small_free(data);
        return NULL;
    }
    PyTraceMalloc_Track(TRACE_DOMAIN, (uintptr_t)data, bytes);
    Py_INCREF(handler_capsule);
    ((PyArrayObject_fields *)array)->mem_handler = handler_capsule;
    PyArray_ENABLEFLAGS((PyArrayObject *)array, NPY_ARRAY_OWNDATA);
    return array;
}

int rt_small_setup(void)
{
    if (!handler_capsule)
        handler_capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return handler_capsule ? 0 : -1;
}
