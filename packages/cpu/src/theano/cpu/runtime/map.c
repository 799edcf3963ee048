/* MAP driver: elementwise kernels over any shapes and strides.
 *
 * Outputs are always C contiguous, so the index space can be walked by linear position. Operands that are contiguous
 * are passed as they are; others are packed into tiles. The body is only ever run on whole vectors: a remainder is
 * computed by running the last whole vector again, or on padded copies, so that no value depends on its position. */
#include "runtime.h"
#include "kernel.h"

typedef struct {
    Sweep sweep;
    Space space;
    int32_t inplace[RT_MAXOPS]; /* for each input: output whose address it must have, or -1 */
} Map;

/* extra: (ndim, orders, sweep, inplace) */
static int map_setup(Plan *plan, Thunk *t, PyObject *extra)
{
    PyObject *sweep, *orders, *inplace;
    int ndim;
    Map *m = PyMem_Calloc(1, sizeof *m);
    if (!(t->impl = m) || !PyArg_ParseTuple(extra, "iOOO", &ndim, &orders, &sweep, &inplace))
        return -1;
    if (rt_read_space(&m->space, plan, t, orders, ndim) < 0 || rt_read_sweep(&m->sweep, sweep) < 0)
        return -1;
    for (int32_t i = 0; i < t->nin; i++)
        m->inplace[i] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(inplace, i));
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
    Source src[RT_MAXOPS];
    char *tiles; /* RT_TILE elements of 8 bytes for each operand */
    int ndim;
    idx dims[RT_MAXDIM];
} Walker;

static char *tile_of(const Walker *w, int k) { return w->tiles + (size_t)k * RT_TILE * 8; }

/* Runs the body on positions start .. start+n of the linear index space; n is at most RT_TILE when anything is packed. */
static void run_span(const Walker *w, idx start, idx n)
{
    const Sweep *s = w->s;
    char *p[RT_MAXOPS];
    for (int k = 0; k < s->nops; k++) {
        const Source *src = &w->src[k];
        if (src->direct) {
            p[k] = src->base + (s->ops[k].scalar ? 0 : start * s->ops[k].size);
            continue;
        }
        p[k] = tile_of(w, k);
        rt_gather(p[k], src->base, w->ndim, w->dims, src->strides, start, n, s->ops[k].size);
    }
    rt_run_body(s, p, n);
}

static void walk(const Walker *w, idx total, int packed)
{
    if (!packed) {
        run_span(w, 0, total);
        return;
    }
    for (idx at = 0; at < total; at += RT_TILE)
        run_span(w, at, total - at < RT_TILE ? total - at : RT_TILE);
}

/* Long rows: operands that are contiguous along the row are passed where they are, whatever their other strides. */
static void walk_rows(Walker *w, idx total)
{
    const Sweep *s = w->s;
    int inner = w->ndim - 1, packed = 0;
    idx row = w->dims[inner], nrows = total / row, at[RT_MAXDIM] = {0};
    Walker r = *w;
    r.ndim = 1;
    r.dims[0] = row;
    for (int k = 0; k < s->nops; k++) {
        idx step = w->src[k].direct ? s->ops[k].size : w->src[k].strides[inner];
        r.src[k].strides[0] = step;
        r.src[k].direct = s->ops[k].scalar || step == s->ops[k].size;
        packed |= !r.src[k].direct;
    }
    for (idx j = 0; j < nrows; j++) {
        walk(&r, row, packed);
        int d = inner - 1;
        for (; d >= 0; d--) {
            at[d]++;
            for (int k = 0; k < s->nops; k++)
                if (!w->src[k].direct)
                    r.src[k].base += w->src[k].strides[d];
            if (at[d] < w->dims[d])
                break;
            for (int k = 0; k < s->nops; k++)
                if (!w->src[k].direct)
                    r.src[k].base -= w->src[k].strides[d] * w->dims[d];
            at[d] = 0;
        }
        for (int k = 0; k < s->nops; k++)
            if (w->src[k].direct && !s->ops[k].scalar)
                r.src[k].base += row * s->ops[k].size;
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

static void walk_squares(const Walker *w, char *panel)
{
    const Sweep *s = w->s;
    idx rows = w->dims[0], cols = w->dims[1];
    size_t room = (size_t)SQUARE * SQUARE * 8;
    for (idx i = 0; i < rows; i += SQUARE)
        for (idx j = 0; j < cols; j += SQUARE) {
            idx nr = rows - i < SQUARE ? rows - i : SQUARE, nc = cols - j < SQUARE ? cols - j : SQUARE;
            for (int k = 0; k < s->nops; k++) {
                const Source *src = &w->src[k];
                idx size = s->ops[k].size;
                if (src->direct)
                    continue;
                rt_transpose(panel + (size_t)k * room, SQUARE * size, src->base + i * src->strides[0] + j * src->strides[1],
                             src->strides[1], nr, nc, size);
            }
            for (idx r = 0; r < nr; r++) {
                char *p[RT_MAXOPS];
                for (int k = 0; k < s->nops; k++) {
                    idx size = s->ops[k].size;
                    p[k] = !w->src[k].direct   ? panel + (size_t)k * room + r * SQUARE * size
                           : s->ops[k].scalar ? w->src[k].base
                                              : w->src[k].base + ((i + r) * cols + j) * size;
                }
                rt_run_body(s, p, nc);
            }
        }
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
            rt_copy(m->space.ndim, o->dims, o->data, o->strides, b->data, b->strides, m->sweep.ops[k].size);
        w->src[k].base = o->data;
        w->src[k].direct = 1;
        changed = 1;
    }
    return changed;
}

static int map_run(Call *c, const Thunk *t)
{
    const Map *m = t->impl;
    const Sweep *s = &m->sweep;
    idx total = rt_out(c, t, 0)->size;
    Walker w;
    if (total == 0)
        return 0;
    w.s = s;
    rt_release(c, (double)total * s->cost_ps);
    int packed = plan_sources(c, t, m, &w);
    if (settle_inplace(c, t, m, &w) && packed)
        for (int k = packed = 0; k < s->nops; k++)
            packed += !w.src[k].direct;
    if (!packed) {
        walk(&w, total, 0);
        rt_acquire(c);
        return 0;
    }
    int squares = wants_squares(&w);
    size_t room = (size_t)s->nops * 8 * (squares ? (size_t)SQUARE * SQUARE : RT_TILE);
    w.tiles = rt_scratch(c, room);
    if (!w.tiles) {
        rt_acquire(c);
        PyErr_NoMemory();
        return -1;
    }
    if (squares)
        walk_squares(&w, w.tiles);
    else if (w.ndim > 0 && w.dims[w.ndim - 1] >= 64)
        walk_rows(&w, total);
    else
        walk(&w, total, 1);
    rt_acquire(c);
    return 0;
}

const Routine rt_map_routines[] = {{"map", map_setup, map_prepare, map_run}, {NULL, NULL, NULL, NULL}};
