/* Row programs, one row after the other, tile by tile. */
#include "interrupt.h"
#include "rows.h"

typedef struct {
    const Rows *r;
    const Job *job;
    Call *c;
    const Thunk *t;
    char *base[RT_MAXOPS];        /* of each operand in the present row */
    char *end[RT_MAXOPS];         /* of its memory */
    uint8_t linear[RT_MAXOPS];    /* contiguous along the row */
    Rooms rooms;
    idx lane;                     /* position of the present row in the batch */
    int64_t iota;
} Along;

static char *operand_at(Along *w, const Operand *op, int k, idx at, idx n)
{
    const Job *job = w->job;
    int i = op->kind == OP_OUT ? w->t->nin + op->index : op->index;
    char *tile = w->rooms.tiles + (size_t)k * RT_TILE * 8;
    switch (op->kind) {
    case OP_TEMP: return w->rooms.temps[op->index] + at * op->size;
    case OP_ACC: return w->rooms.accs[op->index] + w->lane * op->size;
    case OP_TILE: case OP_FOLD: case OP_START: return tile;
    case OP_IOTA: w->iota = at; return (char *)&w->iota;
    default: break;
    }
    if (op->scalar)
        return w->base[i];
    if (w->linear[i])
        return w->base[i] + at * op->size;
    if (op->kind == OP_IN)
        rt_gather(tile, w->base[i], job->nrow, job->row_dims, job->row[i], at, n, op->size);
    return tile;
}

/* Bytes behind element `n` of operand `k` that belong to us: the next row is computed later, so it may be run over. */
static idx slack_of(const Along *w, const Operand *op, const char *p, idx n)
{
    int i = op->kind == OP_OUT ? w->t->nin + op->index : op->index;
    if (op->scalar || op->kind == OP_TEMP || op->kind == OP_TILE || !w->linear[i])
        return 64 * 8; /* temporaries and tiles are padded */
    return w->end[i] - (p + n * op->size);
}

static void run_chunk(const Along *w, const Sweep *s, char *const *p, idx n)
{
    idx slack[RT_MAXOPS];
    if ((n & (s->width - 1)) == 0) {
        s->body(p, n);
        return;
    }
    for (int k = 0; k < s->nops; k++)
        slack[k] = slack_of(w, &s->ops[k], p[k], n);
    rt_run_body_over(s, p, slack, n);
}

/* Whether some operand goes through a tile. */
static int needs_tiles(const Along *w, const Sweep *s)
{
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        int out = op->kind == OP_OUT, i = out ? w->t->nin + op->index : op->index;
        if (op->kind == OP_TILE || (!s->body && op->scalar))
            return 1;
        if ((op->kind == OP_IN || out) && !op->scalar && !w->linear[i])
            return 1;
    }
    return 0;
}

static idx operands_at(Along *w, const Sweep *s, idx at, idx step, char **p)
{
    idx n = w->job->length - at < step ? w->job->length - at : step;
    for (int k = 0; k < s->nops; k++)
        p[k] = operand_at(w, &s->ops[k], k, at, n);
    if (!s->body && s->ops[0].scalar) {
        rt_fill(w->rooms.tiles + RT_TILE * 8, p[0], n, s->ops[0].size);
        p[0] = w->rooms.tiles + RT_TILE * 8;
    }
    return n;
}

/* Threads share a long row whose operands are used where they are. */
typedef struct {
    const Along *w;
    const Sweep *s;
    idx step;
} Stretch;

static void map_stretch(void *arg, idx chunk, int worker)
{
    const Stretch *h = arg;
    Along part = *h->w;
    char *p[RT_MAXOPS];
    idx n = operands_at(&part, h->s, chunk * h->step, h->step, p);
    (void)worker;
    run_chunk(&part, h->s, p, n);
}

/* A sweep that computes elements, over the present row. */
static void map_along(Along *w, const Sweep *s)
{
    const Job *job = w->job;
    int tiles = needs_tiles(w, s);
    idx step = tiles ? RT_TILE : job->length;
    if (job->threads > 1 && !tiles) {
        Stretch h = {w, s, rt_pool_step(job->length, 4096, job->threads, (double)job->length * s->cost_ps)};
        rt_parallel(job->threads, rt_pool_chunks(job->length, h.step), map_stretch, &h);
        return;
    }
    for (idx at = 0; at < job->length; at += step) {
        char *p[RT_MAXOPS];
        if (at && at % RT_LOOK == 0 && rt_poll() < 0)
            return;
        idx n = operands_at(w, s, at, step, p);
        run_chunk(w, s, p, n);
        for (int k = 0; k < s->nops; k++)
            if (s->ops[k].kind == OP_OUT && !w->linear[w->t->nin + s->ops[k].index]) {
                int i = w->t->nin + s->ops[k].index;
                rt_scatter(w->base[i], p[k], job->nrow, job->row_dims, job->row[i], at, n, s->ops[k].size);
            }
    }
}

/* A reduction of the present row. */
static void fold_along(Along *w, const Sweep *s)
{
    idx length = w->job->length;
    int size = w->r->acc_size[s->acc];
    char *acc = w->rooms.accs[s->acc] + w->lane * size, *p[RT_MAXOPS];
    if (length == 0) {
        rt_leaves[s->leaf].init(acc, NULL, 1);
        return;
    }
    if (!needs_tiles(w, s)) {
        operands_at(w, s, 0, length, p);
        if (w->job->threads > 1)
            rt_fold_long(s, p, length, acc, size, w->job->threads);
        else
            rt_fold_row(s, p, length, acc, size, 0);
        return;
    }
    Fold f;
    rt_fold_start(&f, s, size);
    for (idx at = 0, n; at < length; at += n) {
        if (at && at % RT_LOOK == 0 && rt_poll() < 0)
            return;
        n = operands_at(w, s, at, RT_TILE, p);
        if (s->body && s->fold < 0)
            run_chunk(w, s, p, n);
        rt_fold_tile(&f, p, at, n, length, acc);
    }
}

/* The sum and the squared deviations of the present row. */
static void moments_along(Along *w, const Sweep *s)
{
    const Job *job = w->job;
    int row = s->ops[s->nops - 1].index;
    double *sum = (double *)w->rooms.accs[s->sums] + w->lane, *squares = (double *)w->rooms.accs[s->acc] + w->lane;
    Strip x = {w->base[row], w->linear[row] ? NULL : w->rooms.strip, job->nrow, job->row_dims, job->row[row], NULL};
    char *p[RT_MAXOPS];
    for (int k = 0; k < s->nops - 1; k++)
        p[k] = operand_at(w, &s->ops[k], k, 0, 1);
    if (job->length == 0)
        *sum = *squares = 0;
    else
        rt_moments_row(s, p, &x, job->length, sum, squares, job->threads);
}

static void walk(Along *w, const Sweep *s)
{
    (s->leaf < 0 ? map_along : s->sums < 0 ? fold_along : moments_along)(w, s);
}

/* Rows that are only folded, and follow one another evenly. */
static void plain_along(Along *w, const Sweep *s)
{
    const Job *job = w->job;
    char *from = w->base[s->ops[0].index];
    idx step = job->nkept ? job->kept[s->ops[0].index][0] : 0;
    int size = w->r->acc_size[s->acc];
    for (idx first = 0; first < job->rows; first += RT_TILE) {
        idx n = job->rows - first < RT_TILE ? job->rows - first : RT_TILE;
        char *acc = w->rooms.accs[s->acc];
        if (job->length == 0)
            rt_leaves[s->leaf].init(acc, NULL, n);
        for (idx j = 0; j < n && job->length; j++, from += step, acc += size)
            if (job->threads > 1)
                rt_fold_long(s, &from, job->length, acc, size, job->threads);
            else
                rt_fold_row(s, &from, job->length, acc, size, 0);
        rt_rows_final(w->c, w->t, w->r, job, w->rooms.accs, first + n, n);
    }
}

/* From row `first` on; the rows before it are done. */
static void run_along(Along *w, idx first)
{
    const Rows *r = w->r;
    const Job *job = w->job;
    idx at[RT_MAXDIM] = {0};
    if (r->folds >= 0 && w->linear[r->folds] && job->nkept <= 1) {
        plain_along(w, &r->sweeps[r->sweeps[0].final]);
        return;
    }
    if (first) { /* rows follow one another evenly */
        at[0] = first;
        for (int i = 0; i < job->noperands; i++)
            w->base[i] += job->kept[i][0] * first;
    }
    for (idx row = first; row < job->rows; row++) {
        for (int32_t i = 0; i < r->nsweeps; i++)
            if (!r->sweeps[i].final && rt_is_for(&r->sweeps[i], job->length))
                walk(w, &r->sweeps[i]);
        w->lane++;
        if (w->lane == RT_TILE || row + 1 == job->rows) {
            rt_rows_final(w->c, w->t, r, job, w->rooms.accs, row + 1, w->lane);
            w->lane = 0;
        }
        for (int d = job->nkept - 1; d >= 0; d--) {
            idx back = ++at[d] == job->kept_dims[d] ? job->kept_dims[d] : 0;
            for (int i = 0; i < job->noperands; i++)
                w->base[i] += job->kept[i][d] * (1 - back);
            if (!back)
                break;
            at[d] = 0;
        }
    }
}

size_t rt_room_along(const Rows *r, const Job *job)
{
    size_t row = ((size_t)job->length * 8 + 64 * 8 + RT_ALIGN) / RT_ALIGN * RT_ALIGN;
    return (size_t)RT_MAXOPS * RT_TILE * 8 + (size_t)r->naccs * RT_TILE * 8 + (size_t)r->ntemps * row +
           (r->moments ? RT_STRIP : 0) + rt_room_repeated(job);
}

void rt_lay_out(Rooms *rooms, const Rows *r, const Job *job, char *room)
{
    size_t row = ((size_t)job->length * 8 + 64 * 8 + RT_ALIGN) / RT_ALIGN * RT_ALIGN;
    rooms->tiles = room;
    room += (size_t)RT_MAXOPS * RT_TILE * 8;
    for (int32_t i = 0; i < r->naccs; i++, room += RT_TILE * 8)
        rooms->accs[i] = room;
    for (int32_t i = 0; i < r->ntemps; i++, room += row)
        rooms->temps[i] = room;
    rooms->strip = room;
    rooms->repeated = room + (r->moments ? RT_STRIP : 0);
}

/* One past the highest byte of operand `i` in this job's rows. */
static char *end_of(const Job *job, int i, idx size)
{
    char *end = job->base[i] + size;
    for (int d = 0; d < job->nkept; d++)
        if (job->kept[i][d] > 0)
            end += (job->kept_dims[d] - 1) * job->kept[i][d];
    for (int d = 0; d < job->nrow; d++)
        if (job->row[i][d] > 0)
            end += (job->row_dims[d] - 1) * job->row[i][d];
    return end;
}

void rt_rows_along(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room)
{
    Along w = {.r = r, .job = job, .c = c, .t = t};
    rt_lay_out(&w.rooms, r, job, room);
    for (int i = 0; i < job->noperands; i++) {
        int32_t slot = i < t->nin ? t->in[i] : t->out[i - t->nin];
        w.base[i] = job->base[i];
        w.end[i] = end_of(job, i, rt_slot(c, slot)->itemsize);
        w.linear[i] = (uint8_t)rt_is_contiguous(job->nrow, job->row_dims, job->row[i], rt_slot(c, slot)->itemsize);
    }
    run_along(&w, rt_rows_short(c, t, r, job, room));
}
