/* A loop from the Python side's description. */
#include "loop.h"

/* From the outputs back through steps that write over an input: that input may lie in the output's memory as well. */
static void find_targets(Loop *l, int32_t *output)
{
    const Plan *p = l->inner;
    for (int32_t i = 0; i < p->nslots; i++)
        output[i] = -1;
    for (int32_t o = 0; o < nsinks(l); o++)
        if (p->slots[p->outputs[o]].cls == SLOT_FRESH && output[p->outputs[o]] < 0)
            output[p->outputs[o]] = o;
    for (int32_t i = p->nthunks - 1; i >= 0; i--) {
        const Thunk *t = &p->thunks[i];
        for (int32_t k = 0; k < t->nout; k++) {
            int32_t from = t->take[k] < 0 ? -1 : t->in[t->take[k]];
            if (from >= 0 && p->slots[from].cls == SLOT_FRESH && output[from] < 0)
                output[from] = output[t->out[k]];
        }
    }
    for (int32_t i = 0; i < p->nslots; i++)
        if (output[i] >= 0)
            l->targets[l->ntargets++] = (Target){i, output[i]};
}

static int read_products(Loop *l, const int64_t *p, const int64_t *end)
{
    if (end - p < 1 || p[0] < 0 || (end - p - 1) / 2 < p[0])
        return -1;
    l->nproducts = (int32_t)p[0];
    l->products = p + 1;
    for (int32_t k = 0; k < l->nproducts; k++)
        if (l->products[2 * k] < 0 || l->products[2 * k] >= l->inner->nargs)
            return -1;
    return 0;
}

static int read_taps(Loop *l, const Thunk *t)
{
    const int64_t *p = t->params + 4, *end = t->params + t->nparams;
    Tap *reads = l->reads, *writes = l->writes;
    for (int32_t s = 0; s < l->nstates; s++) {
        if (end - p < 4 || end - p < 4 + p[2] + p[3])
            return -1;
        l->offset[s] = p[0];
        l->whole[s] = p[1];
        const int64_t *tap = p + 4;
        for (int64_t i = 0; i < p[2]; i++)
            *reads++ = (Tap){s, l->offset[s] + *tap++};
        for (int64_t i = 0; i < p[3]; i++)
            *writes++ = (Tap){s, l->offset[s] + *tap++};
        p = tap;
    }
    if (end - p < 1 + (writes - l->writes) + l->nstored)
        return -1;
    l->length = p[0];
    l->lengths = p + 1;
    l->nreads = (int32_t)(reads - l->reads);
    l->nwrites = (int32_t)(writes - l->writes);
    return read_products(l, l->lengths + l->nwrites + l->nstored, end);
}

static int bad_setup(const char *why)
{
    PyErr_Format(PyExc_ValueError, "the description of a loop is wrong: %s", why);
    return -1;
}

/* What belongs to a loop lies in one block behind it, so that it goes with it. */
static Loop *new_loop(const Thunk *t, const Plan *inner)
{
    size_t n = (size_t)t->nparams + 1, slots = (size_t)inner->nslots;
    Loop *l = PyMem_Calloc(1, sizeof(Loop) + n * (2 * sizeof(Tap) + 2 * sizeof(int64_t)) +
                                  slots * (sizeof(Target) + sizeof(int32_t) + 1) +
                                  sizeof(Repeat) * (size_t)inner->nthunks);
    if (l) {
        l->inner = (Plan *)inner;
        l->reads = (Tap *)(l + 1);
        l->writes = l->reads + n;
        l->offset = (int64_t *)(l->writes + n);
        l->whole = l->offset + n;
        l->targets = (Target *)(l->whole + n);
        l->repeats = (Repeat *)(l->targets + slots);
    }
    return l;
}

/* params: sequences, states, stored outputs, stops?; for each state: offset, whole?, number of taps read and written,
 * and these taps; then for the function for all steps: elements of vectors, of inputs and of each output, the number of
 * products, and of each the input that is the matrix, and whether it is transposed. object: (inner plan, perform, note,
 * changed, yield, told or None, address of a function for all steps or 0) */
int rt_loop_setup(Plan *plan, Thunk *t, PyObject *object)
{
    (void)plan;
    PyObject *inner, *perform, *note, *changed, *yield, *told;
    unsigned long long numbers;
    if (!PyArg_ParseTuple(object, "O!OOOOOK", rt_plan_type, &inner, &perform, &note, &changed, &yield, &told, &numbers))
        return -1;
    Loop *l = t->impl = new_loop(t, (Plan *)inner);
    if (!l)
        return -1;
    l->perform = perform;
    l->note = note;
    l->changed = changed;
    l->yield = yield;
    l->told = told == Py_None ? NULL : told;
    l->numbers = (numbers_fn)(uintptr_t)numbers;
    if (t->nparams < 4)
        return bad_setup("too few numbers");
    l->nseqs = (int32_t)t->params[0];
    l->nstates = (int32_t)t->params[1];
    l->nstored = (int32_t)t->params[2];
    l->stops = (int32_t)t->params[3];
    if (read_taps(l, t) < 0)
        return bad_setup("too few taps");
    l->nfixed = t->nin - fixed_at(l);
    const Plan *p = l->inner;
    if (!p->ready || p->nshared || p->nupdates)
        return bad_setup("its steps need what only a call can give");
    if (p->nargs != ncursors(l) + l->nfixed || p->noutputs != nsinks(l) + l->stops || t->nout != l->nstates + l->nstored)
        return bad_setup("counts differ");
    for (int32_t i = 0; i < p->nthunks; i++)
        l->python |= p->thunks[i].run == rt_python_routines[0].run;
    int32_t *output = (int32_t *)(l->repeats + p->nthunks);
    find_targets(l, output);
    rt_find_repeats(l, (uint8_t *)(output + p->nslots), output);
    return 0;
}
