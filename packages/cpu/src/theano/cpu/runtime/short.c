/* Many short rows: everything that does not change from row to row is settled once.
 *
 * Bodies run over the end of a row into the next one, which is read without effect and written later; so the last rows are
 * left to the general way, which watches the end of memory. */
#include "rows.h"

typedef struct {
    char *start;
    idx step; /* from row to row */
} Spot;

typedef struct {
    const Sweep *s;
    idx n; /* the row's length, filled up to whole vectors */
    Spot acc, places[8];
} Line;

static int operand_number(const Thunk *t, const Operand *op)
{
    return op->kind == OP_OUT ? t->nin + op->index : op->index;
}

/* Where the operand of a row is; returns 0 when that is no simple matter. */
static int find_place(const Thunk *t, const Job *job, const Rooms *rooms, const Operand *op, int k, Spot *place)
{
    int i = operand_number(t, op);
    idx step = job->nkept ? job->kept[i][0] : 0;
    switch (op->kind) {
    case OP_TEMP: *place = (Spot){rooms->temps[op->index], 0}; return 1;
    case OP_TILE: case OP_FOLD: case OP_START: *place = (Spot){rooms->tiles + (size_t)k * RT_TILE * 8, 0}; return 1;
    case OP_ACC: *place = (Spot){rooms->accs[op->index], op->size}; return 1;
    case OP_IOTA: return 0;
    default: break;
    }
    *place = (Spot){job->base[i], step};
    if (op->scalar)
        return 1;
    return job->nrow <= 1 && (job->nrow == 0 || job->row[i][0] == op->size) && step >= job->length * op->size;
}

static int read_line(const Thunk *t, const Rows *r, const Job *job, const Rooms *rooms, const Sweep *s, Line *line)
{
    line->s = s;
    line->n = (job->length + s->width - 1) / s->width * s->width;
    if (s->nops > 8 || (!s->body && s->ops[0].scalar))
        return 0;
    if (s->leaf >= 0)
        line->acc = (Spot){rooms->accs[s->acc], r->acc_size[s->acc]};
    for (int k = 0; k < s->nops; k++)
        if (!find_place(t, job, rooms, &s->ops[k], k, &line->places[k]))
            return 0;
    return 1;
}

/* `lane`: position of the row among those whose accumulators are kept. */
static void run_line(const Line *line, idx row, idx lane, idx length)
{
    char *p[8];
    for (int k = 0; k < line->s->nops; k++)
        p[k] = line->places[k].start + (line->s->ops[k].kind == OP_ACC ? lane : row) * line->places[k].step;
    if (line->s->body && line->s->fold < 0)
        line->s->body(p, line->n);
    if (line->s->leaf >= 0)
        rt_fold_row(line->s, p, length, line->acc.start + lane * line->acc.step, (int)line->acc.step, 1);
}

/* Does as many rows as it can; returns their number. */
idx rt_rows_short(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room)
{
    Line lines[16];
    Rooms rooms;
    int n = 0;
    idx rows = job->length > 0 ? job->rows - (64 / job->length + 1) : 0;
    if (job->length > RT_TILE / 2 || job->nkept > 1 || rows < 8)
        return 0;
    rt_lay_out(&rooms, r, job, room);
    for (int32_t i = 0; i < r->nsweeps; i++)
        if (!r->sweeps[i].final && (n == 16 || !read_line(t, r, job, &rooms, &r->sweeps[i], &lines[n++])))
            return 0;
    for (idx first = 0; first < rows; first += RT_TILE) {
        idx count = rows - first < RT_TILE ? rows - first : RT_TILE;
        for (idx lane = 0; lane < count; lane++)
            for (int i = 0; i < n; i++)
                run_line(&lines[i], first + lane, lane, job->length);
        rt_rows_final(c, t, r, job, rooms.accs, first + count, count);
    }
    return rows;
}
