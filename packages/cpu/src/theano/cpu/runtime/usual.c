/* Small elementwise steps as they usually are: all inputs contiguous and of one shape, or single elements. */
#include "kernel.h"

static int same_shape(const Buf *a, const Buf *b, int ndim)
{
    for (int d = 0; d < ndim; d++)
        if (a->dims[d] != b->dims[d])
            return 0;
    return 1;
}

/* The shape of all inputs that have an element for each position; 0 when they differ or one is not contiguous. */
static inline int common_shape(Call *c, const Map *m, const Buf **first)
{
    const Buf *found = m->nwhole ? &c->bufs[m->whole[0]] : NULL;
    if (found && !found->contig)
        return 0;
    for (int32_t i = 1; i < m->nwhole; i++) {
        const Buf *b = &c->bufs[m->whole[i]];
        if (!b->contig || b->size != found->size || !same_shape(found, b, m->space.ndim))
            return 0;
    }
    *first = found;
    return 1;
}

/* As rt_run_body for at least one whole vector and nothing written in place. */
static inline void run_body(const Map *m, char *const *p, idx n)
{
    const Sweep *s = &m->sweep;
    idx rest = n & (s->width - 1);
    char *q[RT_MAXOPS];
    s->body(p, n - rest);
    if (!rest)
        return;
    for (int k = 0; k < s->nops; k++)
        q[k] = p[k] + (n - s->width) * m->steps[k];
    s->body(q, s->width);
}

static int usual_run(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Sweep *s = &m->sweep;
    const Buf *first = NULL;
    char *p[RT_MAXOPS];
    if (!common_shape(c, m, &first))
        return 1;
    idx n = first ? first->size : 1;
    if (n == 0 || n > RT_LEAST_SPAN || (double)n * s->cost_ps >= RT_GIL_PS)
        return 1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc(c, t->out[k], first ? first->dims : NULL) < 0)
            return -1;
    for (int k = 0; k < s->nops; k++)
        p[k] = c->bufs[m->slots[k]].data;
    if (n < s->width)
        rt_run_body(s, p, n);
    else
        run_body(m, p, n);
    return 0;
}

/* What runs thunk `t` when its values are small, or NULL. */
thunk_fn rt_map_usual(Map *m, const Thunk *t)
{
    uint64_t all = m->space.ndim < 64 ? (1ULL << m->space.ndim) - 1 : ~0ULL;
    if (t->commit)
        return NULL;
    for (int32_t k = 0; k < t->nout; k++)
        if (t->take[k] >= 0)
            return NULL;
    m->nwhole = 0;
    for (int32_t i = 0; i < t->nin; i++) {
        if (m->inplace[i] >= 0)
            return NULL;
        if ((m->space.bcast[i] & all) == all)
            continue;
        if (!m->space.identity[i])
            return NULL;
        m->whole[m->nwhole++] = t->in[i];
    }
    for (int k = 0; k < m->sweep.nops; k++) {
        const Operand *op = &m->sweep.ops[k];
        if (op->kind != OP_IN && op->kind != OP_OUT)
            return NULL;
        if (op->kind == OP_IN && op->scalar != ((m->space.bcast[op->index] & all) == all))
            return NULL;
        m->slots[k] = op->kind == OP_IN ? t->in[op->index] : t->out[op->index];
        m->steps[k] = op->scalar ? 0 : op->size;
    }
    return m->nwhole || m->space.ndim == 0 ? usual_run : NULL;
}
