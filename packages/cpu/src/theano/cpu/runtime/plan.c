/* The Plan type. */
#define RT_IMPORT_ARRAY
#include "records.h"
#include "recycle.h"

#include <stdatomic.h>
#include <structmember.h>

PyTypeObject *rt_plan_type;

void rt_plan_clear(Plan *p)
{
    Frame *f = atomic_exchange(&p->cached, NULL);
    if (f)
        rt_frame_free(p, f);
    p->ready = 0;
    rt_turns_clear(p);
    for (int32_t i = 0; p->slots && i < p->nslots; i++) {
        Py_CLEAR(p->slots[i].object);
        Py_CLEAR(p->slots[i].descr);
    }
    for (int32_t i = 0; p->args && i < p->nargs; i++) {
        Py_CLEAR(p->args[i].name);
        Py_CLEAR(p->args[i].cell);
    }
    for (int32_t i = 0; p->updates && i < p->nupdates; i++)
        Py_CLEAR(p->updates[i].cell);
    for (int32_t i = 0; p->thunks && i < p->nthunks; i++)
        Py_CLEAR(p->thunks[i].object);
    Py_CLEAR(p->keys);
}

static void free_memory(Plan *p)
{
    for (int32_t i = 0; p->thunks && i < p->nthunks; i++) {
        Thunk *t = &p->thunks[i];
        void *parts[] = {t->in, t->out, t->take, t->drop, t->params, t->impl, t->guards};
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            PyMem_Free(parts[k]);
    }
    void *parts[] = {p->slots, p->thunks, p->args, p->shared, p->outputs, p->owners, p->updates, p->records};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        PyMem_Free(parts[k]);
}

static PyObject *plan_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    Plan *p = (Plan *)type->tp_alloc(type, 0);
    if (p)
        p->vectorcall = rt_vectorcall;
    return (PyObject *)p;
}

static int plan_clear(PyObject *self)
{
    rt_plan_clear((Plan *)self);
    return 0;
}

static int plan_traverse(PyObject *self, visitproc visit, void *arg)
{
    Plan *p = (Plan *)self;
    for (int32_t i = 0; p->slots && i < p->nslots; i++)
        Py_VISIT(p->slots[i].object);
    for (int32_t i = 0; p->args && i < p->nargs; i++)
        Py_VISIT(p->args[i].cell);
    for (int32_t i = 0; p->updates && i < p->nupdates; i++)
        Py_VISIT(p->updates[i].cell);
    for (int32_t i = 0; p->thunks && i < p->nthunks; i++)
        Py_VISIT(p->thunks[i].object);
    Py_VISIT(p->keys);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void plan_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    rt_plan_clear((Plan *)self);
    free_memory((Plan *)self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *plan_configure(PyObject *self, PyObject *spec)
{
    if (!PyDict_Check(spec)) {
        PyErr_SetString(PyExc_TypeError, "a plan's description is a dict");
        return NULL;
    }
    if (rt_configure((Plan *)self, spec) < 0) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *plan_free(PyObject *self, PyObject *unused)
{
    (void)unused;
    Frame *f = atomic_exchange(&((Plan *)self)->cached, NULL);
    if (f)
        rt_frame_free((Plan *)self, f);
    Py_RETURN_NONE;
}

static PyMethodDef plan_methods[] = {
    {"_free_memory", plan_free, METH_NOARGS, "Give back the working memory kept from the last call."},
    {"_configure", plan_configure, METH_O, "Take over the description of slots, arguments and steps."},
    {"_run_values", rt_run_values, METH_O, "Run with one filtered value for each argument."},
    {"_step_records", rt_step_records, METH_NOARGS, "What each step has done since the last question."},
    {"_loop_records", rt_loop_records, METH_NOARGS, "What loops over this plan have done since the last question."},
    {NULL, NULL, 0, NULL}};

static PyMemberDef plan_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Plan, vectorcall), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};

static PyType_Slot plan_slots[] = {{Py_tp_new, plan_new},
                                   {Py_tp_dealloc, plan_dealloc},
                                   {Py_tp_traverse, plan_traverse},
                                   {Py_tp_clear, plan_clear},
                                   {Py_tp_call, PyVectorcall_Call},
                                   {Py_tp_methods, plan_methods},
                                   {Py_tp_members, plan_members},
                                   {Py_tp_doc, "Compiled plan: positional and keyword arguments in, arrays out."},
                                   {0, NULL}};

static PyType_Spec plan_spec = {
    .name = "theano.cpu.Plan",
    .basicsize = sizeof(Plan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = plan_slots};

/* Puts the type `Plan` into the dict whose address is `ns`; cffi exports no Python objects itself. */
int rt_install(uintptr_t ns)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    int rc = -1;
    if ((!PyArray_API && _import_array() < 0) || rt_recycle_setup() < 0 || rt_small_setup() < 0)
        PyErr_Clear();
    else if (!rt_plan_type && !(rt_plan_type = (PyTypeObject *)PyType_FromSpec(&plan_spec)))
        PyErr_Clear();
    else
        rc = PyDict_SetItemString((PyObject *)ns, "Plan", (PyObject *)rt_plan_type);
    PyGILState_Release(gil);
    return rc;
}

/* Lets calls of a Python subclass of Plan (without a `__call__` of its own) skip the tuple of arguments. */
void rt_enable_vectorcall(uintptr_t type)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyTypeObject *sub = (PyTypeObject *)type;
    if (PyType_IsSubtype(sub, rt_plan_type) && sub->tp_call == PyVectorcall_Call)
        sub->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyGILState_Release(gil);
}
