/* Failures of a step: the C side says which step and why, Python writes the report. */
#include "runtime.h"

/* Operands `a` and `b` differ in length along `axis`. The report adds their names, shapes and dtypes. */
int rt_mismatch(int axis, int a, idx length_a, int b, idx length_b)
{
    PyErr_Format(PyExc_ValueError,
                 "dimension mismatch: along dimension %d, input %d has length %zd and input %d has length %zd", axis, a,
                 length_a, b, length_b);
    return -1;
}

static PyObject *operand_list(Call *c, const Thunk *t, int missing)
{
    PyObject *list = PyList_New(t->nin);
    for (int32_t k = 0; list && k < t->nin; k++) {
        PyObject *value = missing ? NULL : rt_as_array(c, t->in[k]);
        if (!value) {
            PyErr_Clear();
            Py_INCREF(Py_None);
            value = Py_None;
        }
        PyList_SET_ITEM(list, k, value);
    }
    return list;
}

/* Hands the pending exception to `Plan._report(node, error, operands)`, which raises it with the step's details. */
void rt_report(Call *c, const Thunk *t)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (!type) {
        PyErr_SetString(PyExc_SystemError, "a step failed without saying why");
        return;
    }
    if (!PyErr_GivenExceptionMatches(type, PyExc_Exception)) {
        PyErr_Restore(type, value, trace); /* KeyboardInterrupt, SystemExit: untouched */
        return;
    }
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace)
        PyException_SetTraceback(value, trace);
    PyObject *operands = operand_list(c, t, PyErr_GivenExceptionMatches(type, PyExc_MemoryError));
    PyObject *method = operands ? PyObject_GetAttrString((PyObject *)c->plan, "_report") : NULL;
    PyErr_Clear();
    if (method) {
        PyObject *none = PyObject_CallFunction(method, "iOO", (int)t->node, value, operands);
        Py_XDECREF(none);
    }
    Py_XDECREF(method);
    Py_XDECREF(operands);
    if (PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    } else {
        PyErr_Restore(type, value, trace);
    }
}
