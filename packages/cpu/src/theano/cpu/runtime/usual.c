/* Small steps as they usually are: all inputs contiguous and of one shape, or single elements; elementwise work, and
 * reductions of all there is. Nothing is described or planned for them but what the spec says once and for all. */
#include "rows.h"

static int same_shape(const Buf *a, const Buf *b, int ndim)
{
    for (int d = 0; d < ndim; d++)
        if (a->dims[d] != b->dims[d])
            return 0;
    return 1;
}

/* The shape of all inputs that have an element for each position; 0 when they differ or one is not contiguous. Their slots
 * lie `step` numbers apart. */
static inline int common_shape(Call *c, const int32_t *slots, int step, int32_t count, int ndim, const Buf **first)
{
    const Buf *found = count ? &c->bufs[slots[0]] : NULL;
    if (found && !found->contig)
        return 0;
    for (int32_t i = 1; i < count; i++) {
        const Buf *b = &c->bufs[slots[i * step]];
        if (!b->contig || b->size != found->size || (ndim > 1 && !same_shape(found, b, ndim)))
            return 0;
    }
    *first = found;
    return 1;
}

/* Finds the inputs that have an element for each position; 0 when some input is neither that nor a single element. */
static int find_whole(Whole *w, const Space *space, const Thunk *t)
{
    uint64_t all = space->ndim < 64 ? (1ULL << space->ndim) - 1 : ~0ULL;
    w->count = 0;
    for (int32_t i = 0; i < t->nin; i++) {
        if ((space->bcast[i] & all) == all)
            continue;
        if (space->bcast[i] || !space->identity[i])
            return 0;
        w->slots[w->count++] = t->in[i];
    }
    return 1;
}

/* Whether an operand is taken as one element for all positions where its input is one, and only there. */
static int fits(const Operand *op, const Space *space)
{
    uint64_t all = space->ndim < 64 ? (1ULL << space->ndim) - 1 : ~0ULL;
    return op->kind != OP_IN || op->scalar == ((space->bcast[op->index] & all) == all);
}

/* As rt_run_body for at least one whole vector and nothing written in place. */
static inline void run_body(const Usual *u, char **p, idx n)
{
    idx rest = n & (u->width - 1);
    u->body(p, n - rest);
    if (!rest)
        return;
    for (int k = 0; k < u->nops; k++)
        p[k] += (n - u->width) * u->ops[k].step;
    u->body(p, u->width);
}

/* Memory for the outputs, with that of inputs that die here; an input that keeps its own is copied to where the body
 * overwrites it. */
static int take_over(Call *c, const Thunk *t, const Map *m, const Buf *first, char **p)
{
    const Sweep *s = &m->sweep;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, first ? first->dims : NULL) < 0)
            return -1;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        p[k] = c->bufs[m->usual.ops[k].slot].data;
        if (op->kind != OP_IN || m->inplace[op->index] < 0)
            continue;
        char *to = rt_out(c, t, m->inplace[op->index])->data;
        if (p[k] != to)
            memcpy(to, p[k], (size_t)((first ? first->size : 1) * op->size));
        p[k] = to;
    }
    return 0;
}

static inline idx usual_size(Call *c, const Usual *u, const Buf **first)
{
    if (!common_shape(c, &u->ops[0].whole, sizeof u->ops[0] / sizeof(int32_t), u->count, u->ndim, first))
        return 0;
    idx n = *first ? (*first)->size : 1;
    return n > u->most ? 0 : n;
}

static int usual_run(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Usual *u = &m->usual;
    const Buf *first = NULL;
    char *p[RT_MAXOPS];
    idx n = usual_size(c, u, &first);
    if (n == 0)
        return 1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc(c, t->out[k], first ? first->dims : NULL) < 0)
            return -1;
    for (int k = 0; k < u->nops; k++)
        p[k] = c->bufs[u->ops[k].slot].data;
    if (n < u->width)
        rt_run_body(&m->sweep, p, n);
    else
        run_body(u, p, n);
    return 0;
}

/* The same where memory of inputs is taken over. */
static int usual_overwrite(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Buf *first = NULL;
    char *p[RT_MAXOPS];
    idx n = usual_size(c, &m->usual, &first);
    if (n == 0)
        return 1;
    if (take_over(c, t, m, first, p) < 0)
        return -1;
    rt_run_body(&m->sweep, p, n);
    return 0;
}

/* What runs thunk `t` when its values are small, or NULL. */
thunk_fn rt_map_usual(Map *m, const Thunk *t)
{
    Usual *u = &m->usual;
    const Sweep *s = &m->sweep;
    Whole whole;
    int takes = 0;
    if (t->commit || !find_whole(&whole, &m->space, t) || (!whole.count && m->space.ndim))
        return NULL;
    const int32_t most = s->cost_ps > 0 ? (RT_GIL_PS - 1) / s->cost_ps : RT_LEAST_SPAN;
    *u = (Usual){s->body, s->width, s->nops, m->space.ndim, most < RT_LEAST_SPAN ? most : RT_LEAST_SPAN, whole.count, {{0}}};
    for (int32_t i = 0; i < whole.count; i++)
        u->ops[i].whole = whole.slots[i];
    for (int32_t k = 0; k < t->nout; k++)
        takes |= t->take[k] >= 0;
    for (int32_t i = 0; i < t->nin; i++)
        takes |= m->inplace[i] >= 0;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        if ((op->kind != OP_IN && op->kind != OP_OUT) || !fits(op, &m->space))
            return NULL;
        if (op->kind == OP_IN && op->scalar && m->inplace[op->index] >= 0)
            return NULL;
        u->ops[k].slot = op->kind == OP_IN ? t->in[op->index] : t->out[op->index];
        u->ops[k].step = op->scalar ? 0 : op->size;
    }
    return takes ? usual_overwrite : usual_run;
}

/* -- reductions of all there is -------------------------------------------------------------------------------------- */

static char *operand_of(Call *c, const Thunk *t, const Operand *op, char (*accs)[8])
{
    switch (op->kind) {
    case OP_IN: return rt_in(c, t, op->index)->data;
    case OP_OUT: return rt_out(c, t, op->index)->data;
    case OP_ACC: return accs[op->index];
    default: return NULL; /* partial results, whose place the fold knows */
    }
}

static int usual_reduction(Call *c, const Thunk *t)
{
    const Rows *r = t->impl;
    const Buf *first = NULL;
    char accs[RT_MAXACCS][8], *p[RT_MAXOPS];
    if (!common_shape(c, r->whole.slots, 1, r->whole.count, r->space.ndim, &first))
        return 1;
    idx n = first->size;
    if (n == 0 || (double)(n + 8) * r->cost_ps >= RT_GIL_PS)
        return 1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc(c, t->out[k], NULL) < 0)
            return -1;
    for (int32_t i = 0; i < r->nsweeps; i++) {
        const Sweep *s = &r->sweeps[i];
        for (int k = 0; k < s->nops; k++)
            p[k] = operand_of(c, t, &s->ops[k], accs);
        if (s->final)
            rt_run_body(s, p, 1);
        else
            rt_fold_row(s, p, n, accs[s->acc], r->acc_size[s->acc], 0);
    }
    return 0;
}

/* Whether a sweep is the final one, or folds what needs no tile. */
static int is_plain(const Sweep *s, const Space *space)
{
    if (!s->final && (s->leaf < 0 || (s->body && s->fold < 0) || (!s->body && s->ops[0].kind != OP_IN)))
        return 0;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        if (op->kind == OP_TEMP || op->kind == OP_IOTA || op->kind == OP_TILE || !fits(op, space))
            return 0;
        if (!s->body && op->scalar)
            return 0;
    }
    return 1;
}

thunk_fn rt_rows_usual(Rows *r, const Thunk *t)
{
    if (t->commit || r->nkept || r->nguards || !find_whole(&r->whole, &r->space, t) || !r->whole.count)
        return NULL;
    for (int32_t k = 0; k < t->nout; k++)
        if (!r->reduced[k])
            return NULL;
    for (int32_t i = 0; i < r->nsweeps; i++)
        if (!is_plain(&r->sweeps[i], &r->space))
            return NULL;
    return usual_reduction;
}
