/* Memory that cannot be had: what was asked for, and shortage on request. */
#ifndef THEANO_SHORTAGE_H
#define THEANO_SHORTAGE_H

#include "runtime.h"

/* Bytes that this thread last asked for in vain; told by the error, which may be made later, with the GIL. */
extern _Thread_local size_t rt_asked;

/* Whether the allocation that is about to happen is to fail; see theano.cpu.shortage. */
int rt_refuse(void);

int rt_no_room(const Slot *s, const idx *dims);
void rt_name_shortage(PyObject **type, PyObject **value);

#endif
