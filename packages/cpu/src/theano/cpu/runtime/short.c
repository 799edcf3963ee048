/* Many rows that stay in the fastest cache: everything that does not change from row to row is settled once.
 *
 * Bodies run over the end of a row into the next one, which is read without effect and written later; so the last rows are
 * left to the general way, which watches the end of memory. What is the same in each row is copied to where it may be read
 * beyond its end, and where it starts with a cache line. */
#include "rows.h"

#define MOST ((idx)4096) /* elements of a row */
#define LEAST 8          /* rows */
#define MOST_LINES 16
#define SHORT 4096          /* bytes of a row; several stay in the fastest cache */
#define NEAR ((idx)1 << 20) /* bytes of results; they stay in the second cache */

typedef struct {
    char *start;
    idx step; /* from row to row */
} Spot;

typedef struct {
    const Sweep *s;
    idx n; /* the row's length, filled up to whole vectors */
    Spot acc, sum, places[8]; /* sum: beside squared deviations */
    Spot result; /* beside these, where memory is slow: what later sweeps make of the row; else NULL */
} Line;

static int operand_number(const Thunk *t, const Operand *op)
{
    return op->kind == OP_OUT ? t->nin + op->index : op->index;
}

static int repeats(const Job *job, int i) { return job->nkept == 1 && !job->kept[i][0] && job->nrow == 1 && job->row[i][0]; }

static size_t padded_row(const Job *job) { return ((size_t)job->length * 8 + 64 * 8 + RT_ALIGN) / RT_ALIGN * RT_ALIGN; }

/* Bytes for copies of inputs that are the same in each row. */
size_t rt_room_repeated(const Job *job)
{
    size_t bytes = 0;
    for (int i = 0; i < job->noperands && job->length <= MOST; i++)
        bytes += repeats(job, i) ? padded_row(job) : 0;
    return bytes;
}

/* A copy of such an input, which is followed by its last element. */
static char *copy_repeated(const Job *job, const Rooms *rooms, int i, idx size)
{
    char *to = rooms->repeated;
    for (int before = 0; before < i; before++)
        to += repeats(job, before) ? padded_row(job) : 0;
    memcpy(to, job->base[i], (size_t)(job->length * size));
    rt_fill(to + job->length * size, to + (job->length - 1) * size, 64, size);
    return to;
}

/* Where operand `k` of a row is; returns 0 when that is no simple matter. */
static int find_place(const Thunk *t, const Job *job, const Rooms *rooms, const Sweep *s, int k, Spot *place)
{
    const Operand *op = &s->ops[k];
    int i = operand_number(t, op);
    idx step = job->nkept ? job->kept[i][0] : 0;
    switch (op->kind) {
    case OP_TEMP: *place = (Spot){rooms->temps[op->index], 0}; return 1;
    case OP_TILE: case OP_FOLD: case OP_START:
        *place = (Spot){rooms->tiles + (size_t)k * RT_TILE * 8, 0};
        return op->kind != OP_TILE || s->sums >= 0 || job->length <= RT_TILE / 2;
    case OP_ACC: *place = (Spot){rooms->accs[op->index], op->size}; return 1;
    case OP_IOTA: return 0;
    default: break;
    }
    *place = (Spot){job->base[i], step};
    if (op->scalar)
        return 1;
    if (op->kind == OP_IN && repeats(job, i) && job->row[i][0] == op->size)
        *place = (Spot){copy_repeated(job, rooms, i, op->size), 0};
    else if (step < job->length * op->size)
        return 0;
    return job->nrow <= 1 && (job->nrow == 0 || job->row[i][0] == op->size);
}

static int read_line(const Thunk *t, const Rows *r, const Job *job, const Rooms *rooms, const Sweep *s, Line *line)
{
    line->s = s;
    line->n = (job->length + s->width - 1) / s->width * s->width;
    line->acc = line->sum = (Spot){rooms->tiles, 0}; /* for sweeps that have none, whose places are found all the same */
    if (s->nops > 8 || (!s->body && s->ops[0].scalar))
        return 0;
    if (s->leaf >= 0)
        line->acc = (Spot){rooms->accs[s->acc], r->acc_size[s->acc]};
    if (s->sums >= 0)
        line->sum = (Spot){rooms->accs[s->sums], r->acc_size[s->sums]};
    for (int k = 0; k < s->nops; k++)
        if (!find_place(t, job, rooms, s, k, &line->places[k]))
            return 0;
    return 1;
}

/* `lane`: position of the row among those whose accumulators are kept. */
static void run_line(const Line *line, idx row, idx lane, idx length)
{
    char *p[8];
    for (int k = 0; k < line->s->nops; k++)
        p[k] = line->places[k].start + (line->s->ops[k].kind == OP_ACC ? lane : row) * line->places[k].step;
    char *acc = line->acc.start + lane * line->acc.step;
    if (line->s->sums >= 0) {
        const int last = line->s->nops - 1;
        const Spot *result = &line->result;
        Strip x = {.base = p[last], .result = result->start ? result->start + row * result->step : NULL};
        rt_moments_row(line->s, p, &x, length, (double *)line->sum.start + lane, (double *)acc, 1);
        if (x.result)
            rt_ask_for(x.base + line->places[last].step, 0, 1, length * line->s->ops[last].size);
        return;
    }
    if (line->s->body && line->s->fold < 0)
        line->s->body(p, line->n);
    if (line->s->leaf >= 0)
        rt_fold_row(line->s, p, length, acc, (int)line->acc.step, 1);
}

/* Long rows, what is the same for each of them, and results are too much for the fastest cache. A row's results, of sweeps
 * that follow one for moments, then do not come from memory while the row is read, nor the next row while this one is
 * written: the processor does not look that far ahead. So both are asked for, unless all are near. */
static Spot first_result(const Line *lines, int n, const Job *job)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < lines[i].s->nops; k++) {
            const Spot *place = &lines[i].places[k];
            if (lines[i].s->ops[k].kind == OP_OUT && place->step > SHORT && place->step * job->rows > NEAR)
                return *place;
        }
    return (Spot){NULL, 0};
}

/* The sweeps over a row; returns their number, 0 where one of them is left to the general way. */
static int read_lines(const Thunk *t, const Rows *r, const Job *job, const Rooms *rooms, Line *lines)
{
    int n = 0;
    for (int32_t i = 0; i < r->nsweeps; i++) {
        const Sweep *s = &r->sweeps[i];
        if (s->final == FINAL || !rt_is_for(s, job->length))
            continue;
        if (n == MOST_LINES || !read_line(t, r, job, rooms, s, &lines[n++]))
            return 0;
    }
    for (int i = 0; i < n; i++)
        lines[i].result = first_result(lines, n, job);
    return n;
}

/* Does as many rows as it can; returns their number. */
idx rt_rows_short(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room)
{
    Line lines[MOST_LINES];
    Rooms rooms;
    idx rows = job->length > 0 ? job->rows - (64 / job->length + 1) : 0;
    if (job->length > MOST || job->nkept > 1 || rows < LEAST || r->folds >= 0) /* plain_along */
        return 0;
    rt_lay_out(&rooms, r, job, room);
    int n = read_lines(t, r, job, &rooms, lines);
    for (idx first = 0; n && first < rows; first += RT_TILE) {
        idx count = rows - first < RT_TILE ? rows - first : RT_TILE;
        for (idx lane = 0; lane < count; lane++)
            for (int i = 0; i < n; i++)
                run_line(&lines[i], first + lane, lane, job->length);
        rt_rows_final(c, t, r, job, rooms.accs, first + count, count);
    }
    return n ? rows : 0;
}
