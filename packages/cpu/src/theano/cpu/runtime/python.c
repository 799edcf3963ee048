/* Steps in Python: `object(inputs) -> outputs`, both sequences; outputs are adopted, not copied. */
#include "runtime.h"

static int adopt_all(Call *c, const Thunk *t, PyObject *results)
{
    PyObject *fast = PySequence_Fast(results, "a step in Python must return a sequence of outputs");
    if (!fast)
        return -1;
    if (PySequence_Fast_GET_SIZE(fast) != t->nout) {
        PyErr_Format(PyExc_TypeError, "a step in Python returned %zd outputs, expected %d", PySequence_Fast_GET_SIZE(fast),
                     (int)t->nout);
        Py_DECREF(fast);
        return -1;
    }
    int rc = 0;
    for (int32_t k = 0; rc == 0 && k < t->nout; k++) {
        PyObject *value = PySequence_Fast_GET_ITEM(fast, k);
        Py_INCREF(value);
        rc = rt_adopt(c, t->out[k], value);
    }
    Py_DECREF(fast);
    return rc;
}

static int python_run(Call *c, const Thunk *t)
{
    PyObject *inputs = PyList_New(t->nin);
    for (int32_t k = 0; inputs && k < t->nin; k++) {
        PyObject *value = rt_as_array(c, t->in[k]);
        if (value)
            PyList_SET_ITEM(inputs, k, value);
        else
            Py_CLEAR(inputs);
    }
    PyObject *results = inputs ? PyObject_CallOneArg(t->object, inputs) : NULL;
    Py_XDECREF(inputs);
    c->signals = 1;
    if (!results)
        return -1;
    int rc = adopt_all(c, t, results);
    Py_DECREF(results);
    return rc;
}

const Routine rt_python_routines[] = {{"python", NULL, NULL, python_run}, {NULL, NULL, NULL, NULL}};
