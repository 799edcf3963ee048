/* A plan from the Python side's flat description: slots, arguments, steps. */
#include "records.h"

static const Routine *const tables[] = {rt_map_routines,    rt_rows_routines, rt_view_routines,  rt_scalar_routines,
                                        rt_python_routines, rt_blas_routines, rt_array_routines, rt_index_routines,
                                        rt_extrema_routines, rt_branch_routines, rt_loop_routines, rt_swept_routines,
                                        rt_activated_routines, rt_random_routines, rt_mrg_routines};

const Routine *rt_routine(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const Routine *r = tables[i]; r->name; r++)
            if (strcmp(r->name, name) == 0)
                return r;
    return NULL;
}

static void *zeroed(size_t count, size_t size) { return PyMem_Calloc(count ? count : 1, size); }

static PyObject *item(PyObject *spec, const char *key)
{
    PyObject *value = PyDict_GetItemString(spec, key);
    if (!value)
        PyErr_Format(PyExc_KeyError, "a plan's description lacks %s", key);
    return value;
}

static PyObject *tuple_item(PyObject *spec, const char *key, int32_t *count)
{
    PyObject *value = item(spec, key);
    if (value && !PyTuple_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s of a plan's description must be a tuple", key);
        return NULL;
    }
    if (value)
        *count = (int32_t)PyTuple_GET_SIZE(value);
    return value;
}

static int32_t *int_array(PyObject *tuple, int32_t *count)
{
    Py_ssize_t n = PyTuple_Check(tuple) ? PyTuple_GET_SIZE(tuple) : 0;
    int32_t *out = zeroed((size_t)n, sizeof *out);
    if (!out)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; out && i < n; i++)
        out[i] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(tuple, i));
    if (out && PyErr_Occurred()) {
        PyMem_Free(out);
        return NULL;
    }
    *count = (int32_t)n;
    return out;
}

/* (class, typenum or -1, ndim, broadcast mask, root, colour, commit, object) */
static int read_slots(Plan *p, PyObject *spec)
{
    PyObject *list = tuple_item(spec, "slots", &p->nslots);
    if (!list || !(p->slots = zeroed((size_t)p->nslots, sizeof(Slot))))
        return -1;
    for (int32_t i = 0; i < p->nslots; i++) {
        Slot *s = &p->slots[i];
        unsigned long long bcast;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(list, i), "iiiKiiiO", &s->cls, &s->typenum, &s->ndim, &bcast, &s->root,
                              &s->colour, &s->commit, &s->object))
            return -1;
        Py_INCREF(s->object);
        s->bcast = bcast;
        s->kind = 'O';
        if (s->typenum < 0)
            continue;
        s->descr = PyArray_DescrFromType(s->typenum);
        if (!s->descr || s->ndim > RT_MAXDIM)
            return -1;
        s->itemsize = (int32_t)PyDataType_ELSIZE(s->descr);
        s->kind = s->descr->kind;
    }
    return 0;
}

/* (slot, flags, name or None, cell or None) */
static int read_args(Plan *p, PyObject *spec)
{
    PyObject *list = tuple_item(spec, "args", &p->nargs);
    if (!list || !(p->args = zeroed((size_t)p->nargs, sizeof(Arg))))
        return -1;
    for (int32_t i = 0; i < p->nargs; i++) {
        Arg *a = &p->args[i];
        PyObject *name, *cell;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(list, i), "iiOO", &a->slot, &a->flags, &name, &cell))
            return -1;
        if (name != Py_None) {
            Py_INCREF(name);
            PyUnicode_InternInPlace(&name);
            a->name = name;
        }
        if (cell != Py_None) {
            Py_INCREF(cell);
            a->cell = cell;
        }
    }
    return 0;
}

/* (value slot, shared slot, cell) */
static int read_updates(Plan *p, PyObject *spec)
{
    PyObject *list = tuple_item(spec, "updates", &p->nupdates);
    if (!list || !(p->updates = zeroed((size_t)p->nupdates, sizeof(Update))))
        return -1;
    for (int32_t i = 0; i < p->nupdates; i++) {
        Update *u = &p->updates[i];
        PyObject *cell;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(list, i), "iiO!", &u->value, &u->shared, &PyList_Type, &cell))
            return -1;
        Py_INCREF(cell);
        u->cell = cell;
    }
    return 0;
}

/* (routine, node, inputs, outputs, take, drop, params, commit, object, guards) */
static int read_thunk(Plan *p, Thunk *t, PyObject *entry)
{
    const char *name;
    PyObject *in, *out, *take, *drop, *params, *object, *guards;
    int32_t ntake;
    if (!PyArg_ParseTuple(entry, "siOOOOOiOO", &name, &t->node, &in, &out, &take, &drop, &params, &t->commit, &object,
                          &guards))
        return -1;
    Py_INCREF(object);
    t->object = object;
    const Routine *r = rt_routine(name);
    if (!r) {
        PyErr_Format(PyExc_KeyError, "the runtime has no routine called %s", name);
        return -1;
    }
    t->prepare = r->prepare;
    t->run = r->run;
    if (!(t->in = int_array(in, &t->nin)) || !(t->out = int_array(out, &t->nout)) ||
        !(t->take = int_array(take, &ntake)) || !(t->guards = int_array(guards, &t->nguards)) ||
        !(t->drop = int_array(drop, &t->ndrop)))
        return -1;
    t->nparams = (int32_t)PyTuple_GET_SIZE(params);
    if (!(t->params = zeroed((size_t)t->nparams, sizeof *t->params)))
        return -1;
    for (int32_t k = 0; k < t->nparams; k++)
        t->params[k] = PyLong_AsLongLong(PyTuple_GET_ITEM(params, k));
    if (PyErr_Occurred())
        return -1;
    p->ncommits += t->commit != 0;
    return r->setup ? r->setup(p, t, object) : 0;
}

static int read_thunks(Plan *p, PyObject *spec)
{
    PyObject *list = tuple_item(spec, "thunks", &p->nthunks);
    if (!list || !(p->thunks = zeroed((size_t)p->nthunks, sizeof(Thunk))))
        return -1;
    for (int32_t i = 0; i < p->nthunks; i++)
        if (read_thunk(p, &p->thunks[i], PyTuple_GET_ITEM(list, i)) < 0)
            return -1;
    return 0;
}

static int read_lists(Plan *p, PyObject *spec)
{
    struct {
        const char *key;
        int32_t **to, *count;
    } lists[] = {{"shared", &p->shared, &p->nshared},
                 {"outputs", &p->outputs, &p->noutputs},
                 {"owners", &p->owners, &p->nowners}};
    for (size_t i = 0; i < 3; i++) {
        PyObject *list = tuple_item(spec, lists[i].key, lists[i].count);
        if (!list || !(*lists[i].to = int_array(list, lists[i].count)))
            return -1;
    }
    PyObject *profile = PyDict_GetItemString(spec, "profile"); /* may be missing */
    if (profile && profile != Py_None && rt_records_setup(p, profile) < 0)
        return -1;
    PyObject *threads = PyDict_GetItemString(spec, "threads"); /* may be missing: (most, least elements) */
    if (threads && !PyArg_ParseTuple(threads, "iL", &p->threads, (long long *)&p->least))
        return -1;
    PyObject *colours = item(spec, "ncolours"), *result = item(spec, "result"), *keys = item(spec, "keys");
    if (!colours || !result || !keys)
        return -1;
    p->ncolours = (int32_t)PyLong_AsLong(colours);
    p->result = (int32_t)PyLong_AsLong(result);
    Py_INCREF(keys);
    p->keys = keys;
    return PyErr_Occurred() ? -1 : 0;
}

/* Brings the slots of arguments behind the others. */
static void sort_owners(Plan *p)
{
    for (int32_t i = 0; i < p->nowners; i++) {
        int32_t slot = p->owners[i];
        if (p->slots[slot].cls == SLOT_INPUT)
            continue;
        p->owners[i] = p->owners[p->nmade];
        p->owners[p->nmade++] = slot;
    }
}

int rt_configure(Plan *p, PyObject *spec)
{
    if (p->ready || p->slots) {
        PyErr_SetString(PyExc_RuntimeError, "a plan is configured once");
        return -1;
    }
    if (read_slots(p, spec) < 0 || read_args(p, spec) < 0 || read_updates(p, spec) < 0 || read_thunks(p, spec) < 0 ||
        read_lists(p, spec) < 0 || rt_turns_setup(p) < 0)
        return -1;
    sort_owners(p);
    p->ready = 1;
    return 0;
}
