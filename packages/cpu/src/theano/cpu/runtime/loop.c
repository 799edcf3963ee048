/* The steps of a loop.
 *
 * The inner plan reads rows of the outer values where they lie and writes new rows where they belong, unless a step
 * reads what it would overwrite. What is unusual (no steps, inputs that do not fit) is left to the op's `perform`. */
#include "interrupt.h"
#include "loop.h"
#include "records.h"
#include "recycle.h"

#include <time.h>

static void aim(Run *r)
{
    const Loop *l = r->l;
    for (int32_t k = 0; k < ncursors(l); k++) {
        Cursor *cursor = &r->cursors[k];
        cursor->b->data = cursor->base + cursor->at * cursor->stride;
        if (++cursor->at == cursor->length)
            cursor->at = 0;
    }
    for (int32_t o = 0; o < nsinks(l); o++) {
        Sink *sink = &r->sinks[o];
        sink->row = sink->base ? sink->base + sink->at * sink->stride : NULL;
        if (++sink->at == sink->length)
            sink->at = 0;
    }
    for (int32_t i = 0; i < l->ntargets; i++) {
        const Sink *sink = &r->sinks[l->targets[i].output];
        Berth *berth = &r->c.berths[l->targets[i].slot];
        berth->data = sink->direct ? sink->row : NULL;
        berth->dims = sink->to->dims + 1;
        if (r->moves[i])
            r->c.bufs[l->targets[i].slot].data = sink->row;
    }
}

/* The rows of output `o`, now that the first one tells their shape. */
int rt_loop_make_stored(Run *r, int32_t o)
{
    const Loop *l = r->l;
    const Thunk *t = r->t;
    int32_t k = l->nstates + o - l->nwrites;
    const Slot *s = rt_slot(r->outer, t->out[k]);
    idx dims[RT_MAXDIM], length = rt_number(r->outer, t->in[1 + l->nseqs + k]);
    dims[0] = length < 1 ? 1 : length;
    memcpy(dims + 1, r->sinks[o].b->dims, sizeof(idx) * (size_t)(s->ndim - 1));
    if (rt_alloc_out(r->outer, t, k, dims) < 0)
        return -1;
    rt_loop_open_sink(r, o, 0, 1);
    r->sinks[o].row = r->sinks[o].base;
    r->sinks[o].at = r->sinks[o].length == 1 ? 0 : 1;
    return 0;
}

/* Raises what Python says about output `o`, whose shape is not that of the rows. */
static int changed_shape(Run *r, int32_t o)
{
    const Sink *sink = &r->sinks[o];
    const Slot *s = &r->l->inner->slots[r->l->inner->outputs[o]];
    PyObject *value = rt_as_array(&r->c, r->l->inner->outputs[o]), *shape = value ? PyTuple_New(s->ndim) : NULL;
    for (int d = 0; shape && d < s->ndim; d++) {
        PyObject *length = PyLong_FromSsize_t(sink->to->dims[d + 1]);
        if (length)
            PyTuple_SET_ITEM(shape, d, length);
        else
            Py_CLEAR(shape);
    }
    PyObject *none = shape ? PyObject_CallFunction(r->l->changed, "niOO", r->done, (int)o, value, shape) : NULL;
    if (none)
        PyErr_SetString(PyExc_ValueError, "the shape of a row changed between steps");
    Py_XDECREF(none);
    Py_XDECREF(shape);
    Py_XDECREF(value);
    return -1;
}

static int store(Run *r, int32_t o)
{
    Sink *sink = &r->sinks[o];
    const Slot *s = &r->l->inner->slots[r->l->inner->outputs[o]];
    const Buf *b = sink->b;
    if (!sink->base && rt_loop_make_stored(r, o) < 0)
        return -1;
    if (b->data == sink->row && sink->direct)
        return 0;
    for (int d = 0; d < s->ndim; d++)
        if (b->dims[d] != sink->to->dims[d + 1])
            return changed_shape(r, o);
    if (b->contig)
        memcpy(sink->row, b->data, (size_t)(b->size * s->itemsize));
    else
        rt_copy(s->ndim, b->dims, sink->row, sink->to->strides + 1, b->data, b->strides, s->itemsize);
    return 0;
}

/* Adds "in step k" to the pending error; an interrupt stays as it is. */
static void add_note(Run *r)
{
    PyObject *type, *value, *trace;
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace)
        PyException_SetTraceback(value, trace);
    PyObject *none = PyObject_CallFunction(r->l->note, "On", value, r->done);
    if (!none)
        PyErr_Clear();
    Py_XDECREF(none);
    PyErr_Restore(type, value, trace);
}

static int is_stop(const Run *r)
{
    const Plan *p = r->l->inner;
    int32_t slot = p->outputs[p->noutputs - 1];
    return rt_is_true(&p->slots[slot], r->c.bufs[slot].data);
}

#ifdef CLOCK_MONOTONIC_COARSE
#define SOON_ENOUGH CLOCK_MONOTONIC_COARSE
#else
#define SOON_ENOUGH CLOCK_MONOTONIC
#endif

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(SOON_ENOUGH, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Every millisecond, lets those run who wait for the GIL, as Python does: at the start of a function. To give the GIL back
 * and take it again would not do: whoever waits is woken too late to get it, and only who has slept a whole interval
 * without being woken may ask for it. */
static int let_others(const Run *r, int64_t *since)
{
    int64_t now = milliseconds();
    if (now == *since || r->c.keep_gil)
        return 0;
    *since = now;
    PyObject *none = PyObject_CallNoArgs(r->l->yield);
    Py_XDECREF(none);
    return none ? 0 : -1;
}

static inline int repeat_one(Run *r, int32_t i)
{
    const Repeat *repeat = &r->l->repeats[i];
    const Thunk *t = &r->l->inner->thunks[repeat->thunk];
    if (r->quick[i].run && r->quick[i].run(&r->c, &r->quick[i]))
        return 0;
    if ((!repeat->prepare || t->prepare(&r->c, t) >= 0) && t->run(&r->c, t) >= 0)
        return 0;
    rt_report(&r->c, t);
    return -1;
}

/* The same, for a profile. */
static int repeat_recorded(Run *r, int32_t i)
{
    double start = rt_seconds();
    int rc = repeat_one(r, i);
    if (rc == 0)
        rt_record(&r->c, &r->l->inner->thunks[r->l->repeats[i].thunk], rt_seconds() - start);
    return rc;
}

/* The inner plan once more, in the memory of the last step. */
static int repeat(Run *r)
{
    const Loop *l = r->l;
    int recorded = l->inner->records != NULL;
    for (int32_t i = 0; i < l->nrepeats; i++)
        if ((recorded ? repeat_recorded(r, i) : repeat_one(r, i)) < 0)
            return -1;
    return 0;
}

/* Whether the value in `slot` is the same in all steps to come, and lies where it lies now. */
static int is_lasting(const Run *r, int32_t slot)
{
    const Loop *l = r->l;
    const Plan *p = l->inner;
    for (int32_t k = 0; k < ncursors(l); k++)
        if (p->args[k].slot == p->slots[slot].root)
            return 0;
    for (int32_t i = 0; i < l->nrepeats; i++)
        for (int32_t k = 0; k < p->thunks[l->repeats[i].thunk].nout; k++)
            if (p->thunks[l->repeats[i].thunk].out[k] == slot)
                return 0;
    return 1;
}

static void quicken(Run *r, int32_t i)
{
    const Repeat *repeat = &r->l->repeats[i];
    const Thunk *t = &r->l->inner->thunks[repeat->thunk];
    if (repeat->prepare)
        return;
    rt_map_quicken(&r->c, t, &r->quick[i]);
    if (!r->quick[i].run)
        rt_product_quicken(&r->c, t, &r->quick[i]);
    if (!r->quick[i].run && t->nin > 1) {
        const int32_t second = rt_second_factor(t);
        const Outlook o = {second >= 0 && is_lasting(r, t->in[second]), r->steps - r->done};
        if (t->run == rt_activated_run)
            rt_activated_quicken(&r->c, t, &r->quick[i], &o);
        else
            rt_matrices_quicken(&r->c, t, &r->quick[i], &o);
    }
}

/* After two steps all memory is where it stays: blocks have grown, rows have their shape. */
static int is_settled(Run *r)
{
    const Loop *l = r->l;
    if (r->done == 2 && l->nrepeats >= 0) {
        for (int32_t i = 0; i < l->ntargets; i++) {
            const Sink *sink = &r->sinks[l->targets[i].output];
            r->moves[i] = sink->direct && r->c.bufs[l->targets[i].slot].data == sink->row;
        }
        for (int32_t i = 0; i < l->nrepeats; i++)
            quicken(r, i);
    }
    return r->done >= 2 && l->nrepeats >= 0;
}

static int run_step(Run *r)
{
    int settled = is_settled(r);
    aim(r);
    if ((settled ? repeat(r) : rt_run_thunks(&r->c, 0, r->l->inner->nthunks)) < 0) {
        add_note(r);
        return -1;
    }
    for (int32_t o = 0; o < nsinks(r->l); o++)
        if (store(r, o) < 0)
            return -1;
    r->done++;
    return 0;
}

static int run_steps(Run *r, idx steps)
{
    int64_t since = milliseconds();
    while (r->done < steps) {
        if (run_step(r) < 0)
            return -1;
        if ((r->done & 15) == 0 || r->c.signals) {
            if (rt_check_signals(&r->c) < 0 || let_others(r, &since) < 0)
                return -1;
        }
        if (r->l->stops && is_stop(r))
            break;
    }
    return 0;
}

static void *start(Run *r)
{
    const Loop *l = r->l;
    size_t slots = (size_t)l->inner->nslots;
    char *raw = PyMem_Calloc(1, sizeof(Berth) * slots + sizeof(Cursor) * (size_t)ncursors(l) +
                                    sizeof(Sink) * (size_t)nsinks(l) +
                                    sizeof(Quick) * (size_t)(l->nrepeats > 0 ? l->nrepeats : 0) +
                                    (size_t)l->ntargets + 1);
    if (!raw) {
        PyErr_NoMemory();
        return NULL;
    }
    r->c.berths = (Berth *)raw;
    r->cursors = (Cursor *)(r->c.berths + slots);
    r->sinks = (Sink *)(r->cursors + ncursors(l));
    r->quick = (Quick *)(r->sinks + nsinks(l));
    r->moves = (uint8_t *)(r->quick + (l->nrepeats > 0 ? l->nrepeats : 0));
    return raw;
}

static int run_here(Run *r, idx steps)
{
    void *memory = start(r);
    Plan *p = r->l->inner;
    Frame *f = memory ? rt_frame_take(p) : NULL;
    int rc = -1;
    if (f) {
        r->c.frame = f;
        r->c.bufs = f->bufs;
        rc = rt_loop_open(r) < 0 ? -1 : rt_loop_fits_numbers(r) ? rt_loop_numbers(r, steps) : run_steps(r, steps);
        for (int32_t i = 0; i < p->nslots; i++)
            rt_unblock(r->c.berths[i].block.data);
        for (int32_t i = 0; i < r->l->nrepeats; i++)
            rt_unblock(r->quick[i].ready);
        rt_frame_give(p, f);
    }
    PyMem_Free(memory);
    return rc < 0 ? -1 : rt_loop_results(r);
}

/* Has Python read the profiles of this loop and those inside it. */
static int tell(const Loop *l)
{
    PyObject *none = PyObject_CallNoArgs(l->told);
    Py_XDECREF(none);
    return none ? 0 : -1;
}

static int loop_run(Call *c, const Thunk *t)
{
    const Loop *l = t->impl;
    idx steps = (idx)rt_number(c, t->in[0]);
    c->signals = 1;
    if (!rt_loop_is_usual(c, t, l, steps))
        return rt_loop_in_python(c, t, l);
    Run r = {.l = l, .t = t, .outer = c, .steps = steps, .c = {.plan = l->inner, .keep_gil = c->keep_gil}};
    if (!l->told)
        return run_here(&r, steps);
    double start = rt_seconds();
    int rc = run_here(&r, steps);
    l->inner->loop_runs++;
    l->inner->loop_steps += (double)r.done;
    l->inner->loop_seconds += rt_seconds() - start;
    return rc < 0 || c->berths ? rc : tell(l);
}

const Routine rt_loop_routines[] = {{"loop", rt_loop_setup, NULL, loop_run}, {NULL, NULL, NULL, NULL}};
