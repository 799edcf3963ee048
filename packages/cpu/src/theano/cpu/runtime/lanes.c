/* Row programs with many rows side by side: lane j of every vector belongs to row j of a tile.
 *
 * For short rows, which are turned over into scratch memory, and for rows that lie across memory, which are used where
 * they are. The bodies are a second version of each sweep, in which accumulators and whatever is one element for a row
 * are vectors. Sums follow the order of leaves.c, so a row's value does not depend on the way it was computed. */
#include "rows.h"

#define ROOM (48 * 1024)
#define MOST (1024 * 1024)

enum { UNUSED, SINGLE, DIRECT, PACKED };

typedef struct {
    char *start; /* position 0 */
    idx step;    /* to the next position */
} Spot;

typedef struct {
    Call *c;
    const Thunk *t;
    const Rows *r;
    const Job *job;
    idx count, tile, width; /* lanes in all, in a tile, in the widest vector */
    int outer;              /* kept dims around the one that lanes follow, and its number */
    uint8_t how[RT_MAXOPS];
    int32_t size[RT_MAXOPS];
    char *base[RT_MAXOPS], *rooms[RT_MAXOPS], *temps[RT_MAXACCS], *accs[RT_MAXACCS], *one, *parts;
    Spot places[RT_MAXOPS];
} Lanes;

static idx lane_step(const Lanes *w, int i) { return w->outer < 0 ? 0 : w->job->kept[i][w->outer]; }
static idx row_step(const Lanes *w, int i) { return w->job->nrow ? w->job->row[i][0] : 0; }
static idx positions(const Lanes *w, int i) { return row_step(w, i) ? w->job->length : 1; }

static void note_operands(Lanes *w)
{
    for (int32_t i = 0; i < w->r->nlanes; i++) {
        const Sweep *s = &w->r->lanes[i];
        if (s->final == FINAL)
            continue;
        w->width = s->width > w->width ? s->width : w->width;
        for (int k = 0; k < s->nops; k++) {
            const Operand *op = &s->ops[k];
            if (op->kind != OP_IN && op->kind != OP_OUT)
                continue;
            int n = op->kind == OP_OUT ? w->t->nin + op->index : op->index;
            w->size[n] = op->size;
            w->how[n] = op->scalar ? SINGLE : lane_step(w, n) == op->size && w->count >= w->width ? DIRECT : PACKED;
        }
    }
    for (int n = 0; n < w->job->noperands; n++) /* once the width is known */
        if (w->how[n] == DIRECT && w->count < w->width)
            w->how[n] = PACKED;
}

/* Bytes of scratch for each lane. */
static idx lane_bytes(const Lanes *w)
{
    idx bytes = 8 + 8 * 8 + 8 * w->r->naccs;
    for (int n = 0; n < w->job->noperands; n++)
        bytes += w->how[n] == PACKED ? positions(w, n) * w->size[n] : 0;
    for (int32_t k = 0; k < w->r->ntemps; k++)
        bytes += w->job->length * w->r->temp_size[k];
    return bytes;
}

static int settle(Lanes *w, Call *c, const Thunk *t, const Rows *r, const Job *job)
{
    memset(w, 0, sizeof *w);
    *w = (Lanes){.c = c, .t = t, .r = r, .job = job, .outer = job->nkept - 1, .width = 8};
    w->count = w->outer < 0 ? 1 : job->kept_dims[w->outer];
    note_operands(w);
    idx bytes = lane_bytes(w), most = w->count / w->width * w->width;
    w->tile = ROOM / bytes / w->width * w->width;
    w->tile = w->tile > RT_TILE ? RT_TILE : w->tile;
    w->tile = w->tile < most ? w->tile : most;
    w->tile = w->tile < w->width ? w->width : w->tile;
    return bytes * w->tile <= MOST;
}

static idx rounded(idx bytes) { return (bytes + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN; }

/* Gives out scratch memory from `room` on, or only counts it. */
static size_t lay_out(Lanes *w, char *room)
{
    char *start = room;
    w->one = room, room += rounded(w->tile * 8);
    w->parts = room, room += 8 * rounded(w->tile * 8);
    for (int32_t k = 0; k < w->r->naccs; k++)
        w->accs[k] = room, room += rounded(w->tile * 8);
    for (int32_t k = 0; k < w->r->ntemps; k++)
        w->temps[k] = room, room += rounded(w->tile * w->job->length * w->r->temp_size[k]);
    for (int n = 0; n < w->job->noperands; n++)
        if (w->how[n] == PACKED)
            w->rooms[n] = room, room += rounded(w->tile * positions(w, n) * w->size[n]);
    return (size_t)(room - start);
}

/* `n` lanes of input `i` from lane `first` on, filled up to `whole`. */
static void pack(const Lanes *w, int i, idx first, idx n, idx whole)
{
    idx size = w->size[i], pitch = w->tile * size, rs = row_step(w, i), ls = lane_step(w, i), length = positions(w, i);
    const char *from = w->base[i] + first * ls;
    char *room = w->rooms[i];
    if (rs == size && length > 1)
        rt_transpose(room, pitch, from, ls, length, n, size);
    for (idx at = 0; at < length; at++) {
        if (rs != size || length == 1)
            rt_copy1(room + at * pitch, size, from + at * rs, ls, n, size);
        if (n < whole)
            rt_fill(room + at * pitch + n * size, room + at * pitch + (n - 1) * size, whole - n, size);
    }
}

static void unpack(const Lanes *w, int i, idx first, idx n)
{
    idx size = w->size[i], pitch = w->tile * size, rs = row_step(w, i), ls = lane_step(w, i), length = positions(w, i);
    char *to = w->base[i] + first * ls;
    if (rs == size && length > 1)
        rt_transpose(to, ls, w->rooms[i], pitch, n, length, size);
    else
        for (idx at = 0; at < length; at++)
            rt_copy1(to + at * rs, ls, w->rooms[i] + at * pitch, size, n, size);
}

static Spot place_of(const Lanes *w, const Operand *op)
{
    switch (op->kind) {
    case OP_TEMP: return (Spot){w->temps[op->index], w->tile * op->size};
    case OP_ACC: return (Spot){w->accs[op->index], 0};
    case OP_IOTA: return (Spot){NULL, 0};
    case OP_OUT: return w->places[w->t->nin + op->index];
    default: return w->places[op->index];
    }
}

/* Rows of this length are added up in eight parts, as in leaves.c. */
static int in_parts(const Lanes *w) { return w->job->length > RT_SHORT && w->job->length <= RT_MEDIUM; }

/* Where position `at` is to be folded in. */
static char *accumulator(const Lanes *w, const Sweep *s, idx at)
{
    if (!in_parts(w) || at >= (w->job->length & -8))
        return w->accs[s->acc];
    return w->parts + (at & 7) * rounded(w->tile * 8);
}

static void merge_parts(const Lanes *w, const Sweep *s, idx n)
{
    const Leaf *leaf = &rt_leaves[s->leaf];
    idx pitch = rounded(w->tile * 8);
    for (int half = 4; half; half /= 2)
        for (int j = 0; j < half; j++)
            leaf->join_across(w->parts + j * pitch, w->parts + (j + half) * pitch, n);
    leaf->join_across(w->accs[s->acc], w->parts, n);
}

static void start_fold(const Lanes *w, const Sweep *s, idx n)
{
    const Leaf *leaf = &rt_leaves[s->leaf];
    leaf->init(w->accs[s->acc], NULL, n);
    for (int j = 0; in_parts(w) && j < 8; j++)
        leaf->init(w->parts + j * rounded(w->tile * 8), NULL, n);
}

static void run_position(const Lanes *w, const Sweep *s, char **p, idx at, idx n)
{
    if (s->leaf < 0) {
        s->body(p, n);
        return;
    }
    char *acc = accumulator(w, s, at);
    for (int k = 0; s->body && k < s->nops; k++)
        if (s->ops[k].kind == OP_ACC && s->ops[k].index == s->acc)
            p[k] = acc;
    if (s->body) {
        s->body(p, n);
    } else if (s->ops[0].scalar) {
        rt_fill(w->one, p[0], n, s->ops[0].size);
        rt_leaves[s->leaf].across(acc, w->one, n);
    } else {
        rt_leaves[s->leaf].across(acc, p[0], n);
    }
    if (in_parts(w) && at + 1 == (w->job->length & -8))
        merge_parts(w, s, n);
}

static void sweep_lanes(const Lanes *w, const Sweep *s, idx n)
{
    Spot places[RT_MAXOPS];
    char *p[RT_MAXOPS];
    int64_t iota = 0;
    for (int k = 0; k < s->nops; k++) {
        places[k] = place_of(w, &s->ops[k]);
        p[k] = s->ops[k].kind == OP_IOTA ? (char *)&iota : places[k].start;
    }
    if (s->beside && !s->ops[0].scalar && places[0].step && w->job->length <= RT_MEDIUM && n >= rt_least_beside) {
        s->beside(w->accs[s->acc], p[0], places[0].step, w->job->length, n);
        return;
    }
    if (s->leaf >= 0)
        start_fold(w, s, n);
    for (idx end = s->final == PER_ROW ? 1 : w->job->length; iota < end; iota++) {
        run_position(w, s, p, iota, n);
        for (int k = 0; k < s->nops; k++)
            p[k] += places[k].step;
    }
}

/* `n` rows from lane `first` on; vectors have `whole` lanes. `done`: rows before this tile's first. */
static void run_tile(Lanes *w, idx first, idx n, idx whole, idx done)
{
    for (int i = 0; i < w->job->noperands; i++) {
        if (w->how[i] == PACKED)
            w->places[i] = (Spot){w->rooms[i], row_step(w, i) ? w->tile * w->size[i] : 0};
        else
            w->places[i] = (Spot){w->base[i] + first * lane_step(w, i), row_step(w, i)};
        if (w->how[i] == PACKED && i < w->t->nin)
            pack(w, i, first, n, whole);
    }
    for (int32_t i = 0; i < w->r->nlanes; i++)
        if (w->r->lanes[i].final != FINAL)
            sweep_lanes(w, &w->r->lanes[i], whole);
    for (int i = w->t->nin; i < w->job->noperands; i++)
        if (w->how[i] == PACKED)
            unpack(w, i, first, n);
    rt_rows_final(w->c, w->t, w->r, w->job, w->accs, done + n, n);
}

/* All lanes of one position of the outer dims. The last tile goes back so far that it is whole. */
static void run_lanes(Lanes *w, idx done)
{
    if (w->count < w->width) {
        run_tile(w, 0, w->count, w->width, done);
        return;
    }
    for (idx first = 0; first < w->count; first += w->tile) {
        idx left = w->count - first, n = left < w->tile ? (left + w->width - 1) / w->width * w->width : w->tile;
        idx from = first + n > w->count ? w->count - n : first;
        run_tile(w, from, n, n, done + from);
    }
}

int rt_goes_by_lanes(Call *c, const Thunk *t, const Rows *r, const Job *job, size_t *room)
{
    Lanes w;
    idx count = job->nkept ? job->kept_dims[job->nkept - 1] : 1;
    if (!r->lanes || job->nrow > 1 || count < 8 || job->length == 0 || !settle(&w, c, t, r, job))
        return 0;
    int packed = 0;
    for (int i = 0; i < job->noperands; i++)
        packed += w.how[i] == PACKED && row_step(&w, i) != 0;
    *room = lay_out(&w, NULL);
    return packed ? job->length <= RT_SHORT_ROW : count >= 16;
}

void rt_rows_lanes(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room)
{
    Lanes w;
    idx at[RT_MAXDIM] = {0};
    settle(&w, c, t, r, job);
    lay_out(&w, room);
    memcpy(w.base, job->base, sizeof(char *) * (size_t)job->noperands);
    for (idx done = 0; done < job->rows; done += w.count) {
        run_lanes(&w, done);
        for (int d = w.outer - 1; d >= 0; d--) {
            idx back = ++at[d] == job->kept_dims[d] ? job->kept_dims[d] : 0;
            for (int i = 0; i < job->noperands; i++)
                w.base[i] += job->kept[i][d] * (1 - back);
            if (!back)
                break;
            at[d] = 0;
        }
    }
}
