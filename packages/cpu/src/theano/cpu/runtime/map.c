/* MAP driver: elementwise kernels over any shapes and strides.
 *
 * Outputs are always C contiguous, so the index space can be walked by linear position. Operands that are contiguous
 * are passed as they are; others are packed into tiles. The body is only ever run on whole vectors: a remainder is
 * computed by running the last whole vector again, or on padded copies, so that no value depends on its position. */
#include "runtime.h"
#include "interrupt.h"
#include "quick.h"

static int read_rows(Map *m, PyObject *rows)
{
    if (PyTuple_GET_SIZE(rows) == 0)
        return 0;
    if (rt_read_sweep(&m->rows, PyTuple_GET_ITEM(rows, 0)) < 0)
        return -1;
    int same = m->rows.nops == m->sweep.nops;
    for (int k = 0; same && k < m->sweep.nops; k++)
        same = m->rows.ops[k].kind == m->sweep.ops[k].kind && m->rows.ops[k].index == m->sweep.ops[k].index;
    if (!same)
        PyErr_SetString(PyExc_ValueError, "the two versions of a map have other operands");
    return same ? 0 : -1;
}

/* extra: (ndim, orders, sweep, inplace, rows) */
static int map_setup(Plan *plan, Thunk *t, PyObject *extra)
{
    PyObject *sweep, *orders, *inplace, *rows;
    int ndim;
    Map *m = PyMem_Calloc(1, sizeof *m);
    if (!(t->impl = m) || !PyArg_ParseTuple(extra, "iOOOO!", &ndim, &orders, &sweep, &inplace, &PyTuple_Type, &rows))
        return -1;
    if (rt_read_space(&m->space, plan, t, orders, ndim) < 0 || rt_read_sweep(&m->sweep, sweep) < 0 ||
        read_rows(m, rows) < 0)
        return -1;
    for (int32_t i = 0; i < t->nin; i++)
        m->inplace[i] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(inplace, i));
    t->usual = rt_map_usual(m, t);
    return PyErr_Occurred() ? -1 : 0;
}

static int map_prepare(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    idx dims[RT_MAXDIM];
    if (rt_common_dims(c, t, &m->space, dims) < 0)
        return -1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, dims) < 0)
            return -1;
    if (t->commit)
        c->commit_ps += (double)rt_out(c, t, 0)->size * m->sweep.cost_ps;
    return 0;
}

/* Where an operand's elements come from during the walk. */
typedef struct {
    char *base;
    int direct; /* contiguous in linear order, or one element for all positions */
    int ndim;
    idx strides[RT_MAXDIM];
} Source;

typedef struct {
    const Sweep *s;
    const Sweep *rows; /* in place of `s` for a row, or NULL */
    Source src[RT_MAXOPS];
    uint64_t streams; /* operands to be stored past the caches */
    int ndim;
    idx dims[RT_MAXDIM];
} Walker;

/* Runs the body on positions start .. start+n of the linear index space; n is at most RT_TILE when anything is packed,
 * into `tiles`: RT_TILE elements of 8 bytes for each operand. */
static void run_span(const Walker *w, char *tiles, idx start, idx n)
{
    const Sweep *s = w->s;
    char *p[RT_MAXOPS];
    for (int k = 0; k < s->nops; k++) {
        const Source *src = &w->src[k];
        if (src->direct) {
            p[k] = src->base + (s->ops[k].scalar ? 0 : start * s->ops[k].size);
            continue;
        }
        p[k] = tiles + (size_t)k * RT_TILE * 8;
        rt_gather(p[k], src->base, w->ndim, w->dims, src->strides, start, n, s->ops[k].size);
    }
    if (w->streams)
        rt_run_streaming(s, p, n, w->streams);
    else
        rt_run_body(s, p, n);
}

/* Positions `start` to `end`. */
static void walk(const Walker *w, char *tiles, idx start, idx end, int packed)
{
    if (!packed) {
        run_span(w, tiles, start, end - start);
        return;
    }
    for (idx at = start; at < end; at += RT_TILE)
        run_span(w, tiles, at, end - at < RT_TILE ? end - at : RT_TILE);
}

/* Positions `start` to `end` in each of `n` rows whose operands lie `step` apart; moves the sources behind them. */
static void walk_even_rows(Walker *r, char *tiles, const idx *step, idx n, idx start, idx end, int packed)
{
    const Sweep *s = r->s;
    char *p[RT_MAXOPS];
    if (packed || r->streams) {
        for (; n > 0; n--) {
            walk(r, tiles, start, end, packed);
            for (int k = 0; k < s->nops; k++)
                r->src[k].base += step[k];
        }
        return;
    }
    for (int k = 0; k < s->nops; k++) {
        p[k] = r->src[k].base + (s->ops[k].scalar ? 0 : start * s->ops[k].size);
        r->src[k].base += n * step[k];
    }
    for (; n > 0; n--) {
        rt_run_body(s, p, end - start);
        for (int k = 0; k < s->nops; k++)
            p[k] += step[k];
    }
}

/* Positions `start` to `end` in each of `n` long rows from `first` on: operands that are contiguous along the row are
 * passed where they are, whatever their other strides. */
static void walk_rows(const Walker *w, char *tiles, idx first, idx n, idx start, idx end)
{
    const Sweep *s = w->s;
    int inner = w->ndim - 1, packed = 0;
    idx row = w->dims[inner], at[RT_MAXDIM], step[RT_MAXOPS];
    Walker r = *w;
    r.s = w->rows ? w->rows : s;
    r.ndim = 1;
    r.dims[0] = row;
    for (idx d = inner - 1, left = first; d >= 0; left /= w->dims[d--])
        at[d] = left % w->dims[d];
    for (int k = 0; k < s->nops; k++) {
        idx along = w->src[k].direct ? s->ops[k].size : w->src[k].strides[inner];
        r.src[k].strides[0] = along;
        r.src[k].direct = r.s->ops[k].scalar || along == s->ops[k].size;
        packed |= !r.src[k].direct;
        step[k] = w->src[k].direct ? (s->ops[k].scalar ? 0 : row * s->ops[k].size)
                                   : (inner ? w->src[k].strides[inner - 1] : 0);
        if (w->src[k].direct)
            r.src[k].base += first * step[k];
        else
            for (int d = 0; d < inner; d++)
                r.src[k].base += at[d] * w->src[k].strides[d];
    }
    while (n > 0) {
        int d = inner - 1;
        idx even = d < 0 || n < w->dims[d] - at[d] ? n : w->dims[d] - at[d];
        walk_even_rows(&r, tiles, step, even, start, end, packed);
        n -= even;
        for (idx moved = even; d >= 0 && (at[d] += moved) == w->dims[d]; d--, moved = 1) {
            at[d] = 0;
            for (int k = 0; k < s->nops; k++)
                if (!w->src[k].direct)
                    r.src[k].base += (d ? w->src[k].strides[d - 1] : 0) - w->src[k].strides[d] * w->dims[d];
        }
    }
}

/* Squares for operands whose unit stride is another dimension: packs them along that dimension. */
#define SQUARE 128
#define LEAST 32

static int wants_squares(const Walker *w)
{
    int inner = w->ndim - 1;
    if (w->ndim != 2 || w->dims[0] < LEAST || w->dims[1] < LEAST)
        return 0;
    for (int k = 0; k < w->s->nops; k++)
        if (!w->src[k].direct && w->src[k].strides[0] == w->s->ops[k].size && w->src[k].strides[inner] >= 512)
            return 1;
    return 0;
}

static idx count_squares(idx length) { return (length + SQUARE - 1) / SQUARE; }

/* Where the rows of one operand in a square begin, and how far apart they are. */
typedef struct {
    char *base;
    idx step;
} Lines;

/* The operand's `nr` x `nc` elements from (i, j) on as contiguous lines: in place where they are so, else in the panel,
 * turned over where columns are contiguous. */
static Lines lines_of(const Walker *w, int k, char *panel, idx i, idx j, idx nr, idx nc)
{
    const Source *src = &w->src[k];
    const idx size = w->s->ops[k].size;
    if (src->direct)
        return w->s->ops[k].scalar ? (Lines){src->base, 0}
                                   : (Lines){src->base + (i * w->dims[1] + j) * size, w->dims[1] * size};
    char *from = src->base + i * src->strides[0] + j * src->strides[1];
    if (src->strides[1] == size)
        return (Lines){from, src->strides[0]};
    if (src->strides[0] == size)
        rt_transpose(panel, SQUARE * size, from, src->strides[1], nr, nc, size);
    else
        for (idx r = 0; r < nr; r++)
            rt_copy1(panel + r * SQUARE * size, size, from + r * src->strides[0], src->strides[1], nc, size);
    return (Lines){panel, SQUARE * size};
}

/* `n` squares from number `first` on, counted along the rows. */
static void walk_squares(const Walker *w, char *panel, idx first, idx n)
{
    const Sweep *s = w->s;
    idx rows = w->dims[0], cols = w->dims[1], across = count_squares(cols);
    size_t room = (size_t)SQUARE * SQUARE * 8;
    for (idx q = first; q < first + n; q++) {
        idx i = q / across * SQUARE, j = q % across * SQUARE;
        idx nr = rows - i < SQUARE ? rows - i : SQUARE, nc = cols - j < SQUARE ? cols - j : SQUARE;
        Lines lines[RT_MAXOPS];
        for (int k = 0; k < s->nops; k++)
            lines[k] = lines_of(w, k, panel + (size_t)k * room, i, j, nr, nc);
        for (idx r = 0; r < nr; r++) {
            char *p[RT_MAXOPS];
            for (int k = 0; k < s->nops; k++)
                p[k] = lines[k].base + r * lines[k].step;
            rt_run_body(s, p, nc);
        }
    }
}

static uint64_t find_streams(const Walker *w, idx total)
{
    char *p[RT_MAXOPS];
    for (int k = 0; k < w->s->nops; k++)
        p[k] = w->src[k].base;
    return rt_streams(w->s, p, total);
}

/* Fills in the sources; returns how many operands need packing, in collapsed dims. */
static int plan_sources(Call *c, const Thunk *t, const Map *m, Walker *w)
{
    const Sweep *s = &m->sweep;
    const Buf *o = rt_out(c, t, 0);
    idx strides[RT_MAXOPS][RT_MAXDIM];
    int packed[RT_MAXOPS], npacked = 0;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        Source *src = &w->src[k];
        Buf *b = op->kind == OP_OUT ? rt_out(c, t, op->index) : rt_in(c, t, op->index);
        src->base = b->data;
        src->direct = 1;
        if (op->kind != OP_IN || op->scalar || (m->space.identity[op->index] && b->contig && b->size == o->size))
            continue;
        src->direct = 0;
        rt_axis_strides(&m->space, op->index, b, strides[npacked]);
        packed[npacked++] = k;
    }
    if (!npacked)
        return 0;
    for (int d = 0; d < m->space.ndim; d++)
        w->dims[d] = o->dims[d];
    w->ndim = rt_collapse(m->space.ndim, w->dims, npacked, strides);
    for (int i = 0; i < npacked; i++)
        memcpy(w->src[packed[i]].strides, strides[i], sizeof(idx) * (size_t)w->ndim);
    return npacked;
}

/* An input that the body expects at an output's address, but that could not give up its own memory: copied there. */
static int settle_inplace(Call *c, const Thunk *t, const Map *m, Walker *w)
{
    int changed = 0;
    for (int k = 0; k < m->sweep.nops; k++) {
        const Operand *op = &m->sweep.ops[k];
        if (op->kind != OP_IN || m->inplace[op->index] < 0)
            continue;
        Buf *b = rt_in(c, t, op->index), *o = rt_out(c, t, m->inplace[op->index]);
        if (b->data != o->data || !w->src[k].direct)
            rt_copy_shared(c, m->space.ndim, o->dims, o->data, o->strides, b->data, b->strides,
                           m->sweep.ops[k].size);
        w->src[k].base = o->data;
        w->src[k].direct = 1;
        changed = 1;
    }
    return changed;
}

/* The ways to walk, and how the work is cut: by positions, or by rows or squares, whose `count` is then in all. */
enum { SPANS, LONG_ROWS, SQUARES };

typedef struct {
    const Walker *w;
    int how, packed;
    idx count, step;  /* of rows or squares */
    idx length, part; /* positions, in all and in a chunk */
    char *room;
    size_t each; /* bytes of scratch of a thread */
} Share;

static void run_share(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    char *room = h->room + (size_t)worker * h->each;
    idx across = rt_pool_chunks(h->length, h->part);
    idx first = chunk / across * h->step, n = h->count - first < h->step ? h->count - first : h->step;
    idx start = chunk % across * h->part, end = h->length - start < h->part ? h->length : start + h->part;
    switch (h->how) {
    case SPANS: walk(h->w, room, start, end, h->packed); break;
    case LONG_ROWS: walk_rows(h->w, room, first, n, start, end); break;
    default: walk_squares(h->w, room, first, n);
    }
}

/* Rows are cut only where there are fewer than threads. */
static void cut(Share *h, int threads, double ps)
{
    if (h->how == SPANS || (h->how == LONG_ROWS && h->count < 2 * threads))
        h->part = rt_pool_step(h->length, RT_LEAST_SPAN, threads, ps / (double)h->count);
    else
        h->step = rt_pool_step(h->count, 1, threads, ps);
}

#define LEAST_ROW 16

/* Whether the version for rows can run: what it takes as one element really does not move. */
static int fits_rows(const Walker *w, const Sweep *rows)
{
    if (!rows->body || w->ndim < 1 || w->dims[w->ndim - 1] < LEAST_ROW)
        return 0;
    for (int k = 0; k < rows->nops; k++)
        if (rows->ops[k].scalar && !w->s->ops[k].scalar && (w->src[k].direct || w->src[k].strides[w->ndim - 1]))
            return 0;
    return 1;
}

static int choose(const Walker *w, int packed)
{
    if (!packed)
        return SPANS;
    if (w->rows)
        return LONG_ROWS;
    return wants_squares(w) ? SQUARES : w->ndim > 0 && w->dims[w->ndim - 1] >= 64 ? LONG_ROWS : SPANS;
}

static int share(Call *c, const Walker *w, idx total, int packed, int threads, double ps)
{
    Share h = {.w = w, .packed = packed, .how = choose(w, packed), .count = 1, .length = total};
    if (h.how == LONG_ROWS) {
        h.length = w->dims[w->ndim - 1];
        h.count = total / h.length;
    } else if (h.how == SQUARES) {
        h.length = 1;
        h.count = count_squares(w->dims[0]) * count_squares(w->dims[1]);
    }
    h.step = h.count;
    h.part = h.length;
    h.each = packed ? (size_t)w->s->nops * 8 * (h.how == SQUARES ? (size_t)SQUARE * SQUARE : RT_TILE) : 0;
    if (packed && !(h.room = rt_scratch(c, h.each * (size_t)threads)))
        return -1;
    if (threads > 1 || ps > RT_LONG_PS)
        cut(&h, threads, ps);
    rt_parallel(threads, rt_pool_chunks(h.count, h.step) * rt_pool_chunks(h.length, h.part), run_share, &h);
    return 0;
}

static int map_run(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Sweep *s = &m->sweep;
    idx total = rt_out(c, t, 0)->size;
    double ps = (double)total * s->cost_ps;
    Walker w;
    if (total == 0)
        return 0;
    w.s = s;
    rt_release(c, ps);
    int packed = plan_sources(c, t, m, &w);
    if (settle_inplace(c, t, m, &w) && packed)
        for (int k = packed = 0; k < s->nops; k++)
            packed += !w.src[k].direct;
    w.rows = packed && fits_rows(&w, &m->rows) ? &m->rows : NULL;
    w.streams = total >= RT_TILE ? find_streams(&w, total) : 0;
    int rc = 0, threads = total < c->plan->least ? 1 : rt_threads(c, ps);
    if (!packed && threads == 1 && ps <= RT_LONG_PS)
        run_span(&w, NULL, 0, total);
    else
        rc = share(c, &w, total, packed, threads, ps);
    rt_acquire(c);
    if (rc < 0)
        PyErr_NoMemory();
    return rc;
}

static int run_quickly(Call *c, const Quick *q)
{
    char *p[RT_MAXOPS];
    const Sweep *s = q->sweep;
    for (int k = 0; k < s->nops; k++)
        p[k] = c->bufs[q->slots[k]].data;
    if (s->any_inplace)
        for (int k = 0; k < s->nops; k++)
            if (q->same[k] >= 0 && p[k] != p[q->same[k]])
                return 0;
    rt_run_body(s, p, q->n);
    return 1;
}

static int8_t operand_of_output(const Sweep *s, int32_t output)
{
    for (int k = 0; k < s->nops; k++)
        if (s->ops[k].kind == OP_OUT && s->ops[k].index == output)
            return (int8_t)k;
    return -1;
}

void rt_map_quicken(Call *c, const Thunk *t, Quick *q)
{
    const Map *m = t->impl;
    if (t->run != map_run)
        return;
    const Sweep *s = &m->sweep;
    const idx total = rt_out(c, t, 0)->size;
    if (total == 0 || total >= RT_TILE || (double)total * s->cost_ps >= RT_GIL_PS)
        return;
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        if (op->kind != OP_IN && op->kind != OP_OUT)
            return;
        q->slots[k] = op->kind == OP_OUT ? t->out[op->index] : t->in[op->index];
        const Buf *b = &c->bufs[q->slots[k]];
        const int32_t over = op->kind == OP_IN ? m->inplace[op->index] : -1;
        q->same[k] = over < 0 ? -1 : operand_of_output(s, over);
        if (op->kind == OP_OUT || op->scalar)
            continue;
        if ((over >= 0 && (q->same[k] < 0 || !s->any_inplace)) || !m->space.identity[op->index] || !b->contig || b->size != total)
            return;
    }
    q->sweep = s;
    q->n = total;
    q->run = run_quickly;
}

const Routine rt_map_routines[] = {{"map", map_setup, map_prepare, map_run}, {NULL, NULL, NULL, NULL}};
