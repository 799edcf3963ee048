/* Which work of a step need not be done again in the next one.
 *
 * Rows keep their shape from step to step. So do values computed from them alone, and memory found once is found again:
 * such thunks only run. What depends on lengths and on fixed values alone is not even run again. */
#include "loop.h"

/* The same in each step: dims; also the value; also its memory. And: another value is written over this one. */
enum { DIMS = 1, VALUE = 2, KEPT = 4, TAKEN = 8 };

/* Which of the inputs must be the same so that the dims of the outputs are. */
enum rule { BY_DIMS, BY_FIRST_DIMS, BY_VALUES, BY_OTHER_VALUES, BY_INDEX, BY_SHAPE };

typedef struct {
    const char *name;
    enum rule rule;
    uint8_t prepare; /* also depends on values, or does work */
    uint8_t view;    /* shows memory of input 0 */
    uint8_t shapes;  /* the value depends on dims of the inputs only */
    uint8_t idle;    /* running does nothing */
} Habit;

static const Habit habits[] = {{"map", BY_DIMS, 0, 0, 0, 0},
                               {"rows", BY_DIMS, 1, 0, 0, 0},
                               {"dot", BY_DIMS, 0, 0, 0, 0},
                               {"gemm", BY_DIMS, 0, 0, 0, 0},
                               {"activated", BY_DIMS, 0, 0, 0, 0},
                               {"ger", BY_DIMS, 0, 0, 0, 0},
                               {"batched_dot", BY_DIMS, 0, 0, 0, 0},
                               {"copy", BY_DIMS, 0, 0, 0, 0},
                               {"join", BY_DIMS, 0, 0, 0, 0},
                               {"alloc", BY_OTHER_VALUES, 0, 0, 0, 0},
                               {"alloc_empty", BY_VALUES, 0, 0, 0, 1},
                               {"argmax", BY_DIMS, 1, 0, 0, 0},
                               {"take_rows", BY_DIMS, 1, 0, 0, 0},
                               {"inc_rows", BY_FIRST_DIMS, 1, 0, 0, 0},
                               {"inc_subtensor", BY_FIRST_DIMS, 1, 0, 0, 0},
                               {"shape_i", BY_DIMS, 0, 0, 1, 0},
                               {"shape", BY_DIMS, 0, 0, 1, 0},
                               {"make_vector", BY_DIMS, 0, 0, 0, 0},
                               {"identity", BY_DIMS, 0, 1, 0, 0},
                               {"dimshuffle", BY_DIMS, 0, 1, 0, 0},
                               {"reshape", BY_OTHER_VALUES, 0, 1, 0, 0},
                               {"subtensor", BY_INDEX, 0, 1, 0, 0},
                               {"random_draw", BY_SHAPE, 0, 0, 0, 0},
                               {"random_advance", BY_SHAPE, 0, 0, 0, 0},
                               {"mrg_uniform", BY_SHAPE, 0, 0, 0, 0}};

#define NHABITS (sizeof habits / sizeof *habits)

static const Habit *habit_of(const Thunk *t, const Routine *const *routines)
{
    for (size_t i = 0; i < NHABITS; i++)
        if (routines[i] && routines[i]->run == t->run && routines[i]->prepare == t->prepare)
            return &habits[i];
    return NULL;
}

static int all_inputs(const Thunk *t, const uint8_t *known, int32_t from, int bit)
{
    for (int32_t k = from; k < t->nin; k++)
        if (!(known[t->in[k]] & bit))
            return 0;
    return 1;
}

/* Whether a basic index holds no slice, so that only the place of the result depends on the numbers. */
static int only_positions(const Thunk *t)
{
    for (int32_t k = 0; k < t->nparams; k += 7)
        if (t->params[k])
            return 0;
    return 1;
}

static int same_dims(const Habit *h, const Thunk *t, const uint8_t *known)
{
    int first = t->nin == 0 || (known[t->in[0]] & DIMS);
    switch (h->rule) {
    case BY_DIMS: return all_inputs(t, known, 0, DIMS);
    case BY_FIRST_DIMS: return first;
    case BY_VALUES: return all_inputs(t, known, 0, VALUE);
    case BY_SHAPE: return all_inputs(t, known, 0, DIMS) && (known[t->in[1]] & VALUE);
    case BY_OTHER_VALUES: return first && all_inputs(t, known, 1, VALUE);
    default: return first && (only_positions(t) || all_inputs(t, known, 1, VALUE));
    }
}

/* Whether the result of the first steps is still there in later ones. */
static int stays(const Plan *p, const Habit *h, const Thunk *t, const uint8_t *known, const int32_t *output)
{
    if (h->view)
        return (known[t->in[0]] & KEPT) != 0;
    for (int32_t k = 0; k < t->nout; k++)
        if (p->slots[t->out[k]].ndim || output[t->out[k]] >= 0 || t->take[k] >= 0 || (known[t->out[k]] & TAKEN))
            return 0;
    return 1;
}

static void start_from(const Loop *l, uint8_t *known)
{
    const Plan *p = l->inner;
    for (int32_t i = 0; i < p->nslots; i++)
        known[i] = p->slots[i].cls == SLOT_CONST ? DIMS | VALUE | KEPT : 0;
    for (int32_t i = 0; i < p->nthunks; i++)
        for (int32_t k = 0; k < p->thunks[i].nout; k++)
            if (p->thunks[i].take[k] >= 0)
                known[p->thunks[i].in[p->thunks[i].take[k]]] |= TAKEN;
    for (int32_t k = 0; k < p->nargs; k++)
        known[p->args[k].slot] = k < ncursors(l) ? DIMS : DIMS | VALUE | KEPT;
}

/* Fills in `repeats`; their number is -1 when shapes may change, or Python has a part in it. `output`: for each slot the
 * inner output whose row it may lie in, or -1. */
void rt_find_repeats(Loop *l, uint8_t *known, const int32_t *output)
{
    const Plan *p = l->inner;
    int32_t n = 0;
    const Routine *routines[NHABITS];
    for (size_t i = 0; i < NHABITS; i++)
        routines[i] = rt_routine(habits[i].name);
    start_from(l, known);
    l->nrepeats = -1;
    for (int32_t i = 0; i < p->nthunks; i++) {
        const Thunk *t = &p->thunks[i];
        const Habit *h = habit_of(t, routines);
        if (!h || t->nguards || !same_dims(h, t, known))
            return;
        int value = !h->idle && all_inputs(t, known, 0, h->shapes ? DIMS : VALUE), kept = value && stays(p, h, t, known, output);
        for (int32_t k = 0; k < t->nout; k++)
            known[t->out[k]] |= (uint8_t)(DIMS | (value ? VALUE : 0) | (kept ? KEPT : 0));
        if (!kept && !h->idle)
            l->repeats[n++] = (Repeat){i, h->prepare && t->prepare};
    }
    l->nrepeats = n;
}
