/* What happens before the first step of a loop and after the last one. */
#include "loop.h"

/* Whether rows of `b` are what the inner input `slot` expects; `skip` is 1 for rows, 0 for the whole value. */
static int fits(const Slot *inner, const Slot *s, const Buf *b, int skip)
{
    if (inner->kind == 'O' || s->kind == 'O')
        return !skip && inner->kind == s->kind;
    if (inner->typenum != s->typenum || inner->ndim != s->ndim - skip)
        return 0;
    for (int d = 0; d < inner->ndim; d++)
        if ((inner->bcast >> d & 1) && b->dims[d + skip] != 1)
            return 0;
    return 1;
}

/* Whether the loop can run here: all inputs fit, and there is something to do. */
int rt_loop_is_usual(Call *c, const Thunk *t, const Loop *l, idx steps)
{
    const Plan *p = l->inner;
    if (steps <= 0)
        return 0;
    for (int32_t k = 0; k < l->nseqs; k++)
        if (!fits(&p->slots[p->args[k].slot], rt_slot(c, t->in[1 + k]), rt_in(c, t, 1 + k), 1) ||
            rt_in(c, t, 1 + k)->dims[0] < steps)
            return 0;
    for (int32_t k = 0; k < l->nreads; k++) {
        int32_t from = 1 + l->nseqs + l->reads[k].state;
        if (!fits(&p->slots[p->args[l->nseqs + k].slot], rt_slot(c, t->in[from]), rt_in(c, t, from), 1))
            return 0;
    }
    for (int32_t s = 0; s < l->nstates; s++)
        if (rt_in(c, t, 1 + l->nseqs + s)->dims[0] < 1)
            return 0;
    for (int32_t k = 0; k < l->nfixed; k++)
        if (!fits(&p->slots[p->args[ncursors(l) + k].slot], rt_slot(c, t->in[fixed_at(l) + k]),
                  rt_in(c, t, fixed_at(l) + k), 0))
            return 0;
    return 1;
}

/* The buffers of states: memory of their own with the given rows, or the memory of the given rows. */
static int make_buffers(Run *r)
{
    const Loop *l = r->l;
    for (int32_t s = 0; s < l->nstates; s++) {
        const Buf *given = rt_in(r->outer, r->t, 1 + l->nseqs + s);
        const Slot *slot = rt_slot(r->outer, r->t->out[s]);
        idx dims[RT_MAXDIM], strides[RT_MAXDIM];
        const char *data = given->data;
        memcpy(dims, given->dims, sizeof(idx) * (size_t)slot->ndim);
        memcpy(strides, given->strides, sizeof(idx) * (size_t)slot->ndim);
        if (rt_alloc_out(r->outer, r->t, s, dims) < 0)
            return -1;
        Buf *b = rt_out(r->outer, r->t, s);
        if (b->data == data)
            continue;
        if (!l->whole[s] && l->offset[s] < dims[0])
            dims[0] = l->offset[s];
        rt_copy(slot->ndim, dims, b->data, b->strides, data, strides, slot->itemsize);
    }
    return 0;
}

/* Shape and strides of an inner input that is a row of `b`. */
static void shape_row(Buf *row, const Slot *inner, const Buf *b)
{
    row->size = 1;
    for (int d = 0; d < inner->ndim; d++) {
        row->dims[d] = b->dims[d + 1];
        row->strides[d] = b->strides[d + 1];
        row->size *= row->dims[d];
    }
    row->contig = (uint8_t)rt_is_contiguous(inner->ndim, row->dims, row->strides, inner->itemsize);
    row->arr = NULL;
    row->own = 0;
}

static void open_cursors(Run *r)
{
    const Loop *l = r->l;
    const Plan *p = l->inner;
    for (int32_t k = 0; k < ncursors(l); k++) {
        Cursor *cursor = &r->cursors[k];
        int32_t slot = p->args[k].slot;
        const Tap *tap = k < l->nseqs ? NULL : &l->reads[k - l->nseqs];
        const Buf *b = tap ? rt_out(r->outer, r->t, tap->state) : rt_in(r->outer, r->t, 1 + k);
        *cursor = (Cursor){&r->c.bufs[slot], b->data, b->strides[0], tap ? tap->shift % b->dims[0] : 0, b->dims[0]};
        shape_row(cursor->b, &p->slots[slot], b);
    }
}

static int bind_fixed(Run *r)
{
    const Loop *l = r->l;
    const Plan *p = l->inner;
    for (int32_t k = 0; k < l->nfixed; k++) {
        int32_t slot = p->args[ncursors(l) + k].slot, from = r->t->in[fixed_at(l) + k];
        const Slot *s = &p->slots[slot];
        Buf *b = &r->c.bufs[slot], *given = &r->outer->bufs[from];
        if (l->python || s->kind == 'O') { /* Python steps want an object, always the same */
            PyObject *value = rt_as_array(r->outer, from);
            if (!value)
                return -1;
            b->own = 0;
            if (rt_bind(b, s, value)) {
                Py_DECREF(value);
                PyErr_SetString(PyExc_TypeError, "a loop's input does not fit its step");
                return -1;
            }
            b->own = 1;
            continue;
        }
        b->data = given->data;
        memcpy(b->dims, given->dims, sizeof(idx) * (size_t)s->ndim);
        memcpy(b->strides, given->strides, sizeof(idx) * (size_t)s->ndim);
        b->size = given->size;
        b->contig = given->contig;
        b->arr = NULL;
        b->own = 0;
    }
    return 0;
}

/* Rows may be written where they belong unless the same step reads that row, or another output goes there too. */
static int may_write_there(const Loop *l, int32_t w, idx length)
{
    for (int32_t k = 0; k < l->nreads; k++)
        if (l->reads[k].state == l->writes[w].state && (l->reads[k].shift - l->writes[w].shift) % length == 0)
            return 0;
    for (int32_t k = 0; k < l->nwrites; k++)
        if (k != w && l->writes[k].state == l->writes[w].state && (l->writes[k].shift - l->writes[w].shift) % length == 0)
            return 0;
    return 1;
}

void rt_loop_open_sink(Run *r, int32_t o, idx at, int direct)
{
    Sink *sink = &r->sinks[o];
    sink->base = sink->to->data;
    sink->stride = sink->to->strides[0];
    sink->length = sink->to->dims[0];
    sink->at = at % sink->length;
    sink->direct = direct;
}

static void open_sinks(Run *r)
{
    const Loop *l = r->l;
    for (int32_t o = 0; o < nsinks(l); o++) {
        Sink *sink = &r->sinks[o];
        int is_state = o < l->nwrites;
        sink->b = &r->c.bufs[l->inner->outputs[o]];
        sink->to = rt_out(r->outer, r->t, is_state ? l->writes[o].state : l->nstates + o - l->nwrites);
        if (is_state)
            rt_loop_open_sink(r, o, l->writes[o].shift, may_write_there(l, o, sink->to->dims[0]));
    }
}

int rt_loop_open(Run *r)
{
    if (make_buffers(r) < 0 || bind_fixed(r) < 0)
        return -1;
    open_cursors(r);
    open_sinks(r);
    return 0;
}

/* Results. */

/* Moves the rows of a ring so that the oldest is the first. */
static int rotate(Call *c, Buf *b, idx first)
{
    size_t row = (size_t)b->strides[0], head = (size_t)first * row, all = (size_t)b->dims[0] * row;
    char *room = rt_scratch(c, head + RT_ALIGN);
    if (!room) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(room, b->data, head);
    memmove(b->data, b->data + head, all - head);
    memcpy(b->data + all - head, room, head);
    return 0;
}

/* Output `k` with only its first `rows` rows. */
static int shorten(Call *c, int32_t slot, idx rows)
{
    const Slot *s = rt_slot(c, slot);
    Buf *b = &c->bufs[slot];
    b->size = b->size / b->dims[0] * rows;
    b->dims[0] = rows;
    if (!b->arr)
        return 0;
    Py_INCREF(s->descr);
    PyObject *view = PyArray_NewFromDescr(&PyArray_Type, s->descr, s->ndim, (npy_intp *)b->dims, (npy_intp *)b->strides,
                                          b->data, NPY_ARRAY_WRITEABLE, NULL);
    if (!view)
        return -1;
    PyObject *base = b->arr;
    if (!b->own)
        Py_INCREF(base);
    b->arr = view;
    b->own = 1;
    return PyArray_SetBaseObject((PyArrayObject *)view, base);
}

/* The rows that were written, oldest first. */
static int put_in_order(Run *r, int32_t k, idx used)
{
    Buf *b = rt_out(r->outer, r->t, k);
    idx length = b->dims[0];
    if (used < length)
        return shorten(r->outer, r->t->out[k], used);
    return used % length ? rotate(r->outer, b, used % length) : 0;
}

int rt_loop_results(Run *r)
{
    for (int32_t k = 0; k < r->t->nout; k++)
        if (put_in_order(r, k, r->done + (k < r->l->nstates ? r->l->offset[k] : 0)) < 0)
            return -1;
    return 0;
}

/* One result of `perform`. */
static int place_result(Call *c, int32_t slot, PyObject *value)
{
    const Slot *s = rt_slot(c, slot);
    if (s->cls != SLOT_ARENA) {
        Py_INCREF(value);
        return rt_adopt(c, slot, value);
    }
    PyArrayObject *a = (PyArrayObject *)value;
    if (rt_alloc(c, slot, PyArray_DIMS(a)) < 0)
        return -1;
    Buf *b = &c->bufs[slot];
    rt_copy(s->ndim, b->dims, b->data, b->strides, PyArray_BYTES(a), PyArray_STRIDES(a), s->itemsize);
    return 0;
}

/* The whole loop in Python; it also says what is wrong with the inputs. */
int rt_loop_in_python(Call *c, const Thunk *t, const Loop *l)
{
    PyObject *inputs = PyList_New(t->nin);
    for (int32_t k = 0; inputs && k < t->nin; k++) {
        PyObject *value = rt_as_array(c, t->in[k]);
        if (value)
            PyList_SET_ITEM(inputs, k, value);
        else
            Py_CLEAR(inputs);
    }
    PyObject *results = inputs ? PyObject_CallOneArg(l->perform, inputs) : NULL;
    Py_XDECREF(inputs);
    int rc = results && PyList_Check(results) && PyList_GET_SIZE(results) == t->nout ? 0 : -1;
    for (int32_t k = 0; rc == 0 && k < t->nout; k++)
        rc = place_result(c, t->out[k], PyList_GET_ITEM(results, k));
    Py_XDECREF(results);
    return rc;
}
