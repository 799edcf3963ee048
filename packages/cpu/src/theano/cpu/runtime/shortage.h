/* Memory that cannot be had: what was asked for, and shortage on request. */
#ifndef THEANO_SHORTAGE_H
#define THEANO_SHORTAGE_H

#include "runtime.h"

#include <stdatomic.h>

/* Bytes that this thread last asked for in vain; told by the error, which may be made later, with the GIL. */
extern _Thread_local size_t rt_asked;

/* Whether the allocation that is about to happen is to fail; see theano.cpu.shortage. */
extern _Atomic int64_t rt_countdown; /* allocations to go until one fails; 0: none will */
int rt_refuse_counted(void);
static inline int rt_refuse(void)
{
    return atomic_load_explicit(&rt_countdown, memory_order_relaxed) && rt_refuse_counted();
}

int rt_no_room(const Slot *s, const idx *dims);
void rt_name_shortage(PyObject **type, PyObject **value);

#endif
