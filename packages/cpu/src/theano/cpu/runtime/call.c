/* The call path: bind, run, package. Everything here is on the clock. */
#include "bind.h"
#include "interrupt.h"
#include "records.h"

static inline int bind_arg(Plan *p, Frame *f, int32_t k, PyObject *value)
{
    const Arg *arg = &p->args[k];
    const Slot *s = &p->slots[arg->slot];
    Buf *b = &f->bufs[arg->slot];
    if (arg->flags & ARG_SLOW)
        return 1;
    if (s->ndim == 0 && rt_bind_double(b, s, value, arg->flags, f->tiny + 16 * arg->slot) == 0)
        return 0;
    if (rt_bind_inline(b, s, value) == 0)
        return 0;
    return s->ndim == 0 && s->kind != 'O' ? rt_bind_scalar(b, s, value, arg->flags, f->tiny + 16 * arg->slot) : 1;
}

/* A storage cell may hold any array that its owner put there, also one that needs a conversion. */
static int bind_cell(Frame *f, int32_t slot, const Slot *s, PyObject *cell)
{
    Buf *b = &f->bufs[slot];
    PyObject *value = PyList_GET_SIZE(cell) ? PyList_GET_ITEM(cell, 0) : Py_None;
    if (rt_bind_inline(b, s, value) == 0) {
        Py_INCREF(value);
        b->own = 1;
        return 0;
    }
    Py_INCREF(s->descr);
    PyObject *array = PyArray_FromAny(value, s->descr, s->ndim, s->ndim,
                                      NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED | NPY_ARRAY_ENSUREARRAY, NULL);
    if (!array)
        return -1;
    if (rt_bind(b, s, array) == 0) {
        b->own = 1;
        return 0;
    }
    Py_DECREF(array);
    PyErr_Format(PyExc_TypeError, "a shared variable holds a value that its type does not allow: %R", value);
    return -1;
}

static int bind_shared(Plan *p, Frame *f)
{
    for (int32_t i = 0; i < p->nshared; i++) {
        int32_t slot = p->shared[i];
        if (bind_cell(f, slot, &p->slots[slot], p->slots[slot].object) < 0)
            return -1;
    }
    return 0;
}

#define PATIENCE_PS 100e9 /* estimated picoseconds for which nobody hears Ctrl-C */

/* One thunk; `prepared` when only its work is left. */
static int run_one(Call *c, const Thunk *t, int prepared)
{
    int recorded = c->plan->records != NULL;
    double start = recorded ? rt_seconds() : 0;
    if (!prepared && t->usual && !recorded) {
        int left = t->usual(c, t);
        if (left < 0)
            rt_report(c, t);
        if (left <= 0)
            return left;
    }
    if ((!prepared && t->prepare && t->prepare(c, t) < 0) || t->run(c, t) < 0) {
        rt_report(c, t);
        return -1;
    }
    if (recorded)
        rt_record(c, t, rt_seconds() - start);
    return 0;
}

int rt_run_thunks(Call *c, int32_t from, int32_t to)
{
    Plan *p = c->plan;
    for (int32_t i = from; i < to; i++) {
        const Thunk *t = &p->thunks[i];
        if (t->nguards && !rt_is_needed(c, t))
            continue;
        if (run_one(c, t, 0) < 0 || (c->signals && rt_check_signals(c) < 0))
            return -1;
        for (int32_t k = 0; k < t->ndrop; k++)
            rt_buf_drop(&c->bufs[t->drop[k]]);
    }
    return 0;
}

static int prepare_commits(Call *c, int apart)
{
    Plan *p = c->plan;
    c->apart = apart;
    c->commit_ps = 0;
    for (int32_t i = p->nthunks - p->ncommits; i < p->nthunks; i++) {
        const Thunk *t = &p->thunks[i];
        if (t->prepare(c, t) < 0) {
            rt_report(c, t);
            return -1;
        }
    }
    return 0;
}

/* Commits: first every check, then every write, so that a failure leaves all shared variables as they were.
 *
 * Nothing may stop a write half-way. Work that takes long is therefore done in memory of its own, where it can be given
 * up, unless there is no memory. */
static int run_commits(Call *c)
{
    Plan *p = c->plan;
    if (prepare_commits(c, 0) < 0)
        return -1;
    if (c->commit_ps > PATIENCE_PS && prepare_commits(c, 1) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_MemoryError))
            return -1;
        PyErr_Clear();
        if (prepare_commits(c, 0) < 0)
            return -1;
    }
    c->keep_gil = !c->apart;
    for (int32_t i = p->nthunks - p->ncommits; i < p->nthunks; i++)
        if (run_one(c, &p->thunks[i], 1) < 0 || (c->apart && c->signals && rt_check_signals(c) < 0))
            return -1;
    return 0;
}

/* A reference to the value of `slot`: that of the buffer where nobody looks at this any more (updates do). */
static inline PyObject *value_of(Call *c, int32_t slot)
{
    Buf *b = &c->bufs[slot];
    if (!b->arr)
        return rt_as_array(c, slot);
    if (b->own && !c->plan->nupdates)
        b->own = 0;
    else
        Py_INCREF(b->arr);
    return b->arr;
}

static PyObject *pack_result(Call *c, int kind)
{
    Plan *p = c->plan;
    if (kind == RESULT_SINGLE) {
        PyObject *only = value_of(c, p->outputs[0]);
        if (!only)
            rt_report_value(c, p->outputs[0]);
        return only;
    }
    PyObject *result = kind == RESULT_LIST ? PyList_New(p->noutputs) : PyDict_New();
    for (int32_t i = 0; result && i < p->noutputs; i++) {
        PyObject *value = value_of(c, p->outputs[i]);
        int failed = !value;
        if (!value)
            rt_report_value(c, p->outputs[i]);
        else if (kind == RESULT_LIST)
            PyList_SET_ITEM(result, i, value);
        else {
            failed = PyDict_SetItem(result, PyTuple_GET_ITEM(p->keys, i), value) < 0;
            Py_DECREF(value);
        }
        if (failed)
            Py_CLEAR(result);
    }
    return result;
}

/* Runs a frame whose arguments are bound, and gives the frame back. */
static PyObject *finish(Plan *p, Frame *f, int kind)
{
    Call c = {.plan = p, .frame = f, .bufs = f->bufs};
    PyObject *result = NULL;
    int turns = p->nturns ? rt_turns_take(p) : 1;
    if (turns >= 0 && bind_shared(p, f) == 0 && rt_run_thunks(&c, 0, p->nthunks - p->ncommits) == 0) {
        result = pack_result(&c, kind);
        if (result && p->nupdates && ((p->ncommits && run_commits(&c) < 0) || rt_commit(&c) < 0))
            Py_CLEAR(result);
    }
    rt_frame_give(p, f);
    if (turns == 0)
        rt_turns_give(p);
    return result;
}

static PyObject *slow(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    static PyObject *name;
    if (!name)
        name = PyUnicode_InternFromString("_native_slow");
    PyObject *method = PyObject_GetAttr(self, name);
    if (!method)
        return NULL;
    PyObject *result = PyObject_Vectorcall(method, args, PyVectorcall_NARGS(nargsf), kwnames);
    Py_DECREF(method);
    return result;
}

/* Position of the argument called `name`, or -1; names are interned, so the address decides. */
static int32_t find_arg(const Plan *p, PyObject *name)
{
    for (int32_t k = 0; k < p->nargs; k++)
        if (p->args[k].name == name)
            return k;
    return -1;
}

/* Keywords and defaults. Returns 1 when the slow path has to sort the arguments out. */
static int bind_mixed(Plan *p, Frame *f, PyObject *const *args, Py_ssize_t npos, PyObject *kwnames)
{
    uint64_t given = 0;
    if (npos > p->nargs || p->nargs > 64)
        return 1;
    for (int32_t k = 0; k < npos; k++) {
        if (bind_arg(p, f, k, args[k]))
            return 1;
        given |= 1ULL << k;
    }
    Py_ssize_t nkw = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = 0; i < nkw; i++) {
        int32_t k = find_arg(p, PyTuple_GET_ITEM(kwnames, i));
        if (k < 0 || (given >> k & 1) || bind_arg(p, f, k, args[npos + i]))
            return 1;
        given |= 1ULL << k;
    }
    for (int32_t k = 0; k < p->nargs; k++) {
        const Arg *arg = &p->args[k];
        if (given >> k & 1)
            continue;
        if (!arg->cell || bind_cell(f, arg->slot, &p->slots[arg->slot], arg->cell) < 0) {
            PyErr_Clear();
            return 1;
        }
    }
    return 0;
}

PyObject *rt_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Plan *p = (Plan *)self;
    Py_ssize_t npos = PyVectorcall_NARGS(nargsf);
    if (!p->ready && !PyObject_HasAttrString(self, "_native_slow")) {
        PyErr_SetString(PyExc_RuntimeError, "this plan has not been configured");
        return NULL;
    }
    if (!p->ready || p->records) /* the slow path has the plan configured; it keeps the books */
        return slow(self, args, nargsf, kwnames);
    Frame *f = rt_frame_take(p);
    if (!f)
        return NULL;
    int bad = 0;
    if (!kwnames && npos == p->nargs) {
        for (int32_t k = 0; !bad && k < npos; k++)
            bad = bind_arg(p, f, k, args[k]);
        f->borrowed = !bad;
    } else {
        bad = bind_mixed(p, f, args, npos, kwnames);
    }
    if (!bad)
        return finish(p, f, p->result);
    rt_frame_give(p, f);
    return slow(self, args, nargsf, kwnames);
}

/* Binds a value that the slow path has already filtered; a copy is made where the layout needs one. */
static int bind_value(Plan *p, Frame *f, int32_t k, PyObject *value)
{
    const Slot *s = &p->slots[p->args[k].slot];
    Buf *b = &f->bufs[p->args[k].slot];
    if (rt_bind(b, s, value) == 0)
        return 0;
    Py_INCREF(s->descr);
    PyObject *array = PyArray_FromAny(value, s->descr, s->ndim, s->ndim,
                                      NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED | NPY_ARRAY_ENSUREARRAY, NULL);
    if (!array)
        return -1;
    if (rt_bind(b, s, array) == 0) {
        b->own = 1;
        return 0;
    }
    Py_DECREF(array);
    PyErr_Format(PyExc_TypeError, "argument %d does not fit the type of its input", (int)k);
    return -1;
}

/* Method `_run_values(values)`: one filtered value for each argument, in order; returns the list of results. */
PyObject *rt_run_values(PyObject *self, PyObject *values)
{
    Plan *p = (Plan *)self;
    PyObject *fast = PySequence_Fast(values, "expected a sequence with one value for each argument");
    if (!fast)
        return NULL;
    PyObject *result = NULL;
    Frame *f = NULL;
    if (!p->ready || PySequence_Fast_GET_SIZE(fast) != p->nargs)
        PyErr_Format(PyExc_TypeError, "expected %d values, found %zd", (int)p->nargs, PySequence_Fast_GET_SIZE(fast));
    else
        f = rt_frame_take(p);
    if (f) {
        int bad = 0;
        for (int32_t k = 0; !bad && k < p->nargs; k++)
            bad = bind_value(p, f, k, PySequence_Fast_GET_ITEM(fast, k));
        if (bad)
            rt_frame_give(p, f);
        else
            result = finish(p, f, RESULT_LIST);
    }
    Py_DECREF(fast);
    return result;
}
