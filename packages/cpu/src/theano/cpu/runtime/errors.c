/* Failures of a step: the C side says which step and why, Python writes the report. */
#include "shortage.h"

/* Operands `a` and `b` differ in length along `axis`. The report adds their names, shapes and dtypes. */
int rt_mismatch(int axis, int a, idx length_a, int b, idx length_b)
{
    PyErr_Format(PyExc_ValueError,
                 "dimension mismatch: along dimension %d, input %d has length %zd and input %d has length %zd", axis, a,
                 length_a, b, length_b);
    return -1;
}

/* What is known of a value without a copy of it: `Plan._outline(shape, strides, dtype)`. */
static PyObject *outline(Call *c, int32_t slot)
{
    const Slot *s = rt_slot(c, slot);
    const Buf *b = &c->bufs[slot];
    PyObject *shape = PyTuple_New(s->ndim), *strides = PyTuple_New(s->ndim), *result = NULL;
    for (int d = 0; shape && strides && d < s->ndim; d++) {
        PyTuple_SET_ITEM(shape, d, PyLong_FromSsize_t(b->dims[d]));
        PyTuple_SET_ITEM(strides, d, PyLong_FromSsize_t(b->strides[d]));
    }
    if (shape && strides)
        result = PyObject_CallMethod((PyObject *)c->plan, "_outline", "OOO", shape, strides, s->descr);
    Py_XDECREF(shape);
    Py_XDECREF(strides);
    return result;
}

#define SMALL 64 /* elements of a value that is copied even when memory is short */

static PyObject *operand_list(Call *c, const Thunk *t, int scarce)
{
    PyObject *list = PyList_New(t->nin);
    for (int32_t k = 0; list && k < t->nin; k++) {
        const Slot *s = rt_slot(c, t->in[k]);
        const Buf *b = &c->bufs[t->in[k]];
        int large = scarce && s->kind != 'O' && !b->arr && b->size > SMALL;
        PyObject *value = large ? outline(c, t->in[k]) : rt_as_array(c, t->in[k]);
        if (!value) {
            PyErr_Clear();
            Py_INCREF(Py_None);
            value = Py_None;
        }
        PyList_SET_ITEM(list, k, value);
    }
    return list;
}

/* Calls `method` of the plan with a number, the pending exception and perhaps `operands`; it raises a better one. */
static void hand_over(Plan *plan, const char *method, int32_t number, PyObject *(*operands)(Call *, const Thunk *, int),
                      Call *c, const Thunk *t)
{
    PyObject *type, *value, *trace, *none = NULL;
    PyErr_Fetch(&type, &value, &trace);
    if (!PyErr_GivenExceptionMatches(type, PyExc_Exception)) {
        PyErr_Restore(type, value, trace); /* KeyboardInterrupt, SystemExit: untouched */
        return;
    }
    PyErr_NormalizeException(&type, &value, &trace);
    rt_name_shortage(&type, &value);
    if (trace)
        PyException_SetTraceback(value, trace);
    PyObject *list = operands ? operands(c, t, PyErr_GivenExceptionMatches(type, PyExc_MemoryError)) : NULL;
    if (list || !operands)
        none = list ? PyObject_CallMethod((PyObject *)plan, method, "iOO", (int)number, value, list)
                    : PyObject_CallMethod((PyObject *)plan, method, "iO", (int)number, value);
    Py_XDECREF(none);
    Py_XDECREF(list);
    if (PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    } else {
        PyErr_Restore(type, value, trace);
    }
}

/* Hands the pending exception to `Plan._report(node, error, operands)`, which raises it with the step's details. */
void rt_report(Call *c, const Thunk *t)
{
    if (PyErr_Occurred())
        hand_over(c->plan, "_report", t->node, operand_list, c, t);
    else
        PyErr_SetString(PyExc_SystemError, "a step failed without saying why");
}

/* The same for a value that could not be handed over: `Plan._report_value(slot, error)`. */
void rt_report_value(Call *c, int32_t slot)
{
    if (PyErr_Occurred())
        hand_over(c->plan, "_report_value", slot, NULL, c, NULL);
}
