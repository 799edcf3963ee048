/* Updates: the new values of shared variables are stored at the very end, all of them or none. */
#include "runtime.h"

/* The object to store for an update: the fresh array itself when nobody else has it, else a copy. */
static PyObject *new_value(Call *c, const Update *u)
{
    const Slot *s = rt_slot(c, u->value);
    Buf *b = &c->bufs[u->value];
    if (s->kind == 'O')
        return rt_as_array(c, u->value);
    if (s->cls == SLOT_FRESH && b->own && b->contig && Py_REFCNT(b->arr) == 1 &&
        PyArray_CHKFLAGS((PyArrayObject *)b->arr, NPY_ARRAY_OWNDATA | NPY_ARRAY_WRITEABLE))
        return rt_as_array(c, u->value);
    PyObject *copy = rt_new_array(s, b->dims);
    if (copy) {
        PyArrayObject *a = (PyArrayObject *)copy;
        rt_copy(s->ndim, b->dims, PyArray_BYTES(a), PyArray_STRIDES(a), b->data, b->strides, s->itemsize);
    }
    return copy;
}

int rt_commit(Call *c)
{
    Plan *p = c->plan;
    PyObject *small[16], **values = small;
    int32_t made = 0, failed = 0;
    if (p->nupdates > 16 && !(values = PyMem_Malloc(sizeof(PyObject *) * (size_t)p->nupdates))) {
        PyErr_NoMemory();
        return -1;
    }
    for (; made < p->nupdates && !failed; made++) {
        const Update *u = &p->updates[made];
        values[made] = c->bufs[u->value].committed ? NULL : new_value(c, u);
        failed = !values[made] && !c->bufs[u->value].committed;
        if (failed)
            rt_report_value(c, u->value);
    }
    for (int32_t i = 0; i < made; i++) {
        PyObject *old = values[i];
        if (!failed && old) {
            old = PyList_GET_ITEM(p->updates[i].cell, 0);
            PyList_SET_ITEM(p->updates[i].cell, 0, values[i]);
        }
        values[i] = old;
    }
    for (int32_t i = 0; i < made; i++) /* last: this may run any code */
        Py_XDECREF(values[i]);
    if (values != small)
        PyMem_Free(values);
    return failed ? -1 : 0;
}
