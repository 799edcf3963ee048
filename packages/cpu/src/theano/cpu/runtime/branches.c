/* Conditions: which steps are needed, and the choice between two branches. */
#include "runtime.h"

int rt_is_true(const Slot *s, const char *p)
{
    switch (s->typenum) {
    case NPY_DOUBLE: return *(const double *)p != 0;
    case NPY_FLOAT: return *(const float *)p != 0;
    default:
        for (int32_t i = 0; i < s->itemsize; i++)
            if (p[i])
                return 1;
        return 0;
    }
}

/* Inner conditions are looked at only when the outer ones hold: otherwise they are not known. */
int rt_is_needed(Call *c, const Thunk *t)
{
    for (int32_t i = 0; i < t->nguards; i += 2)
        if (rt_is_true(rt_slot(c, t->guards[i]), c->bufs[t->guards[i]].data) != t->guards[i + 1])
            return 0;
    return 1;
}

/* Inputs: condition, values where it holds, values where it does not; outputs are copies of the chosen ones. */
static int choose_run(Call *c, const Thunk *t)
{
    int first = rt_is_true(rt_slot(c, t->in[0]), rt_in(c, t, 0)->data) ? 1 : 1 + t->nout;
    for (int32_t k = 0; k < t->nout; k++) {
        const Buf *x = rt_in(c, t, first + k);
        const Slot *s = rt_slot(c, t->out[k]);
        if (rt_alloc_out(c, t, k, x->dims) < 0)
            return -1;
        Buf *o = rt_out(c, t, k);
        rt_copy(s->ndim, o->dims, o->data, o->strides, x->data, x->strides, s->itemsize);
    }
    return 0;
}

const Routine rt_branch_routines[] = {{"choose", NULL, NULL, choose_run}, {NULL, NULL, NULL, NULL}};
