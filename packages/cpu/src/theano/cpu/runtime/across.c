/* Reductions with many rows side by side: lane j of a tile belongs to row j. */
#include "rows.h"

typedef struct {
    const Rows *r;
    const Job *job;
    int linear[RT_MAXOPS]; /* contiguous from row to row */
    char *tiles, *accs[RT_MAXACCS];
} Across;

static char *lanes_of(const Across *w, const Operand *op, int k, idx offset, idx first, idx n)
{
    const Job *job = w->job;
    char *tile = w->tiles + (size_t)k * RT_TILE * 8, *base = job->base[op->index] + offset;
    if (op->scalar)
        return base;
    if (w->linear[op->index])
        return base + first * op->size;
    rt_gather(tile, base, job->nkept, job->kept_dims, job->kept[op->index], first, n, op->size);
    return tile;
}

/* Folds position `at` of rows first .. first+n; `at` counts along the collapsed row dims. */
static void fold(const Across *w, const Sweep *s, const idx *at, idx first, idx n, char *acc)
{
    const Job *job = w->job;
    char *p[RT_MAXOPS];
    for (int k = 0; k < s->nops; k++) {
        idx offset = 0;
        for (int d = 0; s->ops[k].kind == OP_IN && d < job->nrow; d++)
            offset += at[d] * job->row[s->ops[k].index][d];
        p[k] = s->ops[k].kind == OP_ACC ? acc : lanes_of(w, &s->ops[k], k, offset, first, n);
    }
    if (s->body) {
        rt_run_body(s, p, n);
        return;
    }
    if (s->ops[0].scalar) {
        rt_fill(w->tiles, p[0], n, s->ops[0].size);
        p[0] = w->tiles;
    }
    rt_leaves[s->leaf].across(acc, p[0], n);
}

static void fold_rows(const Across *w, const Sweep *s, idx first, idx n)
{
    const Job *job = w->job;
    idx at[RT_MAXDIM] = {0};
    rt_leaves[s->leaf].init(w->accs[s->acc], NULL, n);
    for (idx i = 0; i < job->length; i++) {
        for (idx done = 0; done < n; done += RT_TILE) {
            idx now = n - done < RT_TILE ? n - done : RT_TILE;
            fold(w, s, at, first + done, now, w->accs[s->acc] + done * w->r->acc_size[s->acc]);
        }
        for (int d = job->nrow - 1; d >= 0; d--) {
            if (++at[d] < job->row_dims[d])
                break;
            at[d] = 0;
        }
    }
}

static int fold_size(const Rows *r)
{
    int i = 0;
    while (r->sweeps[i].final)
        i++;
    return r->sweeps[i].ops[0].size;
}

/* Whether an input is folded as it lies in memory, neighbouring lanes side by side. */
int rt_folds_lanes(const Rows *r, const Job *job)
{
    return r->together >= 0 && job->nkept == 1 && job->nrow <= 1 && job->length > 0 &&
           job->kept[r->together][0] == fold_size(r);
}

/* Positions `from` to `to` of rows first .. first+n. */
static void fold_direct(const Across *w, const Sweep *s, idx from, idx to, idx first, idx n)
{
    const Job *job = w->job;
    const Leaf *leaf = &rt_leaves[s->leaf];
    const int i = s->ops[0].index;
    const idx stride = job->nrow ? job->row[i][0] : 0;
    if (from == 0)
        leaf->init(w->accs[s->acc], NULL, n);
    leaf->down(w->accs[s->acc], job->base[i] + first * s->ops[0].size + from * stride, stride, to - from, n);
}

/* Bytes that stay in the caches of a core while several reductions read them: eight lines of a tile at least. */
#define NEAR (256 << 10)

/* All reductions of what lies in memory, some positions at a time where there are several. */
static void fold_together(const Across *w, idx first, idx n)
{
    const Rows *r = w->r;
    const idx length = w->job->length, some = r->folds >= 0 ? length : NEAR / (n * fold_size(r)) & -8;
    for (idx from = 0; from < length; from += some)
        for (int32_t i = 0; i < r->nlanes; i++)
            if (r->lanes[i].leaf >= 0)
                fold_direct(w, &r->lanes[i], from, length - from < some ? length : from + some, first, n);
}

void rt_rows_across(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room)
{
    Across w = {.r = r, .job = job, .tiles = room};
    const int direct = rt_folds_lanes(r, job);
    const idx step = r->folds >= 0 ? 8 * RT_TILE : RT_TILE; /* long stretches of each row suit the memory */
    for (int i = 0; i < t->nin; i++)
        w.linear[i] = rt_is_contiguous(job->nkept, job->kept_dims, job->kept[i], rt_slot(c, t->in[i])->itemsize);
    for (int32_t i = 0; i < r->naccs; i++)
        w.accs[i] = room + (size_t)(RT_MAXOPS + i) * RT_TILE * 8;
    for (idx first = 0; first < job->rows; first += step) {
        idx n = job->rows - first < step ? job->rows - first : step;
        if (direct)
            fold_together(&w, first, n);
        for (int32_t i = 0; !direct && i < r->nlanes; i++)
            if (r->lanes[i].leaf >= 0)
                fold_rows(&w, &r->lanes[i], first, n);
        rt_rows_final(c, t, r, job, w.accs, first + n, n);
    }
}
