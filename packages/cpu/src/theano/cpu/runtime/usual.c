/* Small elementwise steps as they usually are: all inputs contiguous and of one shape, or single elements. */
#include "kernel.h"

static int same_shape(const Buf *a, const Buf *b, int ndim)
{
    for (int d = 0; d < ndim; d++)
        if (a->dims[d] != b->dims[d])
            return 0;
    return 1;
}

/* The first input that has an element for each position, when all such inputs are contiguous and have its shape. */
static inline int common_shape(Call *c, const Thunk *t, const Map *m, const Buf **first)
{
    const Buf *found = NULL;
    for (int32_t i = 0; i < t->nin; i++) {
        if (!m->whole[i])
            continue;
        const Buf *b = rt_in(c, t, i);
        if (!b->contig || (found && !same_shape(found, b, m->space.ndim)))
            return 0;
        found = found ? found : b;
    }
    *first = found;
    return 1;
}

static int usual_run(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Sweep *s = &m->sweep;
    const Buf *first = NULL;
    char *p[RT_MAXOPS];
    if (!common_shape(c, t, m, &first))
        return 1;
    idx n = first ? first->size : 1;
    double ps = (double)n * s->cost_ps;
    if (n == 0 || ps >= RT_GIL_PS || (n >= c->plan->least && rt_threads(c, ps) > 1))
        return 1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc(c, t->out[k], first ? first->dims : NULL) < 0)
            return -1;
    for (int k = 0; k < s->nops; k++)
        p[k] = (s->ops[k].kind == OP_OUT ? rt_out(c, t, s->ops[k].index) : rt_in(c, t, s->ops[k].index))->data;
    if (n & (s->width - 1))
        rt_run_body(s, p, n);
    else
        s->body(p, n);
    return 0;
}

/* What runs thunk `t` when its values are small, or NULL. */
thunk_fn rt_map_usual(Map *m, const Thunk *t)
{
    int any = 0;
    uint64_t all = m->space.ndim < 64 ? (1ULL << m->space.ndim) - 1 : ~0ULL;
    if (t->commit)
        return NULL;
    for (int32_t k = 0; k < t->nout; k++)
        if (t->take[k] >= 0)
            return NULL;
    for (int32_t i = 0; i < t->nin; i++) {
        m->whole[i] = (m->space.bcast[i] & all) != all;
        any |= m->whole[i];
        if (m->inplace[i] >= 0 || (m->whole[i] && !m->space.identity[i]))
            return NULL;
    }
    for (int k = 0; k < m->sweep.nops; k++) {
        const Operand *op = &m->sweep.ops[k];
        if (op->kind != OP_IN && op->kind != OP_OUT)
            return NULL;
        if (op->kind == OP_IN && op->scalar == m->whole[op->index])
            return NULL;
    }
    return any || m->space.ndim == 0 ? usual_run : NULL;
}
