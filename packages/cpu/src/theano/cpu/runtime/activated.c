/* Activated: a product of matrices, and elementwise work on each block of it while that is in the cache.
 *
 * Own kernels hand their result over block by block (matrix.h). What is left to the library is computed as a whole first.
 * Either way each element has the bits that the two steps one after the other would give. */
#include "quick.h"

#define WIDE 64     /* columns from which on one row at a time costs nothing */
#define BLOCK (RT_FINISHED / 4) /* elements of a block, at most */

typedef struct {
    Sweep sweep;
    Space space;
} Activated;

/* extra: (ndim, orders, sweep) */
static int setup(Plan *plan, Thunk *t, PyObject *extra)
{
    PyObject *sweep, *orders;
    int ndim;
    Activated *w = PyMem_Calloc(1, sizeof *w);
    if (!(t->impl = w) || !PyArg_ParseTuple(extra, "iOO", &ndim, &orders, &sweep))
        return -1;
    return rt_read_space(&w->space, plan, t, orders, ndim) < 0 ? -1 : rt_read_sweep(&w->sweep, sweep);
}

static Matrix matrix_of(Call *c, const Thunk *t, int k)
{
    const Buf *b = rt_in(c, t, k);
    return (Matrix){b->data, b->dims[0], b->dims[1], b->strides[0], b->strides[1]};
}

static int prepare(Call *c, const Thunk *t)
{
    const Activated *w = t->impl;
    const Matrix x = matrix_of(c, t, 0), y = matrix_of(c, t, 1);
    idx dims[RT_MAXDIM];
    if (x.cols != y.rows) {
        PyErr_Format(PyExc_ValueError,
                     "dimension mismatch: the last length of the first operand and the first length of the second: "
                     "lengths %zd and %zd differ",
                     x.cols, y.rows);
        return -1;
    }
    if (rt_common_dims(c, t, &w->space, dims) < 0)
        return -1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, dims) < 0)
            return -1;
    return 0;
}

typedef struct {
    Finish finish; /* first: blocks find their job by its address */
    const Sweep *s;
    idx rows, cols, isz;
    char *base[RT_MAXOPS]; /* of each operand of the kernel; NULL: the product */
    idx rs[RT_MAXOPS], cs[RT_MAXOPS];
    uint8_t whole[RT_MAXOPS]; /* one element for each position, in order, or one for all */
    uint8_t all_whole;
    char *tiles; /* BLOCK elements of 8 bytes for each operand, for each thread */
    char *product;
} Job;

/* Where operand `k` starts in a block; what does not lie in rows of contiguous elements is copied. */
static char *start_of(const Job *q, int k, idx i, idx j, idx rows, idx cols, int packed, int worker)
{
    const idx size = q->s->ops[k].size;
    char *from = q->base[k] + i * q->rs[k] + j * q->cs[k];
    if (!packed)
        return from;
    char *tile = q->tiles + ((size_t)worker * (size_t)q->s->nops + (size_t)k) * BLOCK * 8;
    const idx dims[2] = {rows, cols}, to[2] = {cols * size, size}, strides[2] = {q->rs[k], q->cs[k]};
    rt_copy(2, dims, tile, to, from, strides, size);
    return tile;
}

static void run_block(const Finish *f, idx i, idx j, idx rows, idx cols, char *block, idx stride, int worker)
{
    const Job *q = (const Job *)f;
    const Sweep *s = q->s;
    const int in_order = cols == q->cols && (stride == cols * q->isz || rows == 1);
    const int at_once = in_order && (q->all_whole || cols < WIDE);
    char *p[RT_MAXOPS];
    idx step[RT_MAXOPS];
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        const int packed = q->base[k] && !op->scalar && (at_once ? !q->whole[k] : q->cs[k] != op->size);
        p[k] = !q->base[k] ? block : op->scalar ? q->base[k] : start_of(q, k, i, j, rows, cols, packed, worker);
        step[k] = !q->base[k] ? stride : op->scalar ? 0 : packed ? cols * op->size : q->rs[k];
    }
    if (at_once) {
        rt_run_body(s, p, rows * cols);
        return;
    }
    for (idx r = 0; r < rows; r++) {
        rt_run_body(s, p, cols);
        for (int k = 0; k < s->nops; k++)
            p[k] += step[k];
    }
}

static void find_operands(Call *c, const Thunk *t, Job *q)
{
    const Activated *w = t->impl;
    q->all_whole = 1;
    for (int k = 0; k < q->s->nops; k++) {
        const Operand *op = &q->s->ops[k];
        const Buf *b = op->kind == OP_OUT ? rt_out(c, t, op->index) : rt_in(c, t, op->index);
        idx strides[RT_MAXDIM] = {q->cols * op->size, op->size};
        if (op->kind == OP_IN && op->index == 1) {
            q->base[k] = NULL;
            continue;
        }
        if (op->kind == OP_IN)
            rt_axis_strides(&w->space, op->index, b, strides);
        q->base[k] = b->data;
        q->rs[k] = strides[0];
        q->cs[k] = strides[1];
        q->whole[k] = op->scalar || (q->cs[k] == op->size && q->rs[k] == q->cols * op->size);
        q->all_whole &= q->whole[k];
    }
}

/* A product that is there as a whole: rows of it, or a part of one row. */
static void run_chunk(void *arg, idx chunk, int worker)
{
    const Job *q = arg;
    const idx rows = q->cols < BLOCK ? BLOCK / q->cols : 1, first = chunk * rows;
    const idx n = q->rows - first < rows ? q->rows - first : rows;
    for (idx step, j = 0; j < q->cols; j += step) {
        step = q->cols - j < BLOCK ? q->cols - j : BLOCK;
        run_block(&q->finish, first, j, n, step, q->product + (first * q->cols + j) * q->isz, q->cols * q->isz, worker);
    }
}

static size_t padded(size_t bytes) { return (bytes + RT_ALIGN) / RT_ALIGN * RT_ALIGN; }

/* Returns -1 when there is no memory. */
static int run_with(Call *c, const Thunk *t, const char *ready)
{
    const Activated *w = t->impl;
    const Matrix x = matrix_of(c, t, 0), y = matrix_of(c, t, 1);
    Job q = {.finish = {run_block}, .s = &w->sweep, .rows = x.rows, .cols = y.cols, .isz = rt_slot(c, t->in[0])->itemsize};
    if (!x.rows || !y.cols)
        return 0;
    find_operands(c, t, &q);
    const double ps = rt_product_ps(&x, &y, q.isz) + (double)q.rows * (double)q.cols * w->sweep.cost_ps;
    const int threads = rt_threads(c, ps);
    const size_t special = rt_special_room(&x, &y, q.isz, ready, &q.finish, threads);
    const size_t whole = special ? 0 : padded((size_t)(q.rows * q.cols * q.isz));
    const size_t tiles = padded(q.all_whole ? 0 : (size_t)threads * (size_t)q.s->nops * BLOCK * 8);
    char *room = rt_scratch(c, tiles + whole + (special ? special : rt_product_room(&x, &y, q.isz, threads)));
    if (!room)
        return -1;
    q.tiles = room;
    q.product = room + tiles;
    rt_release(c, ps);
    if (special) {
        rt_special_product(1, &x, &y, 0, NULL, q.isz, room + tiles, ready, &q.finish, threads);
    } else {
        rt_product(1, &x, &y, 0, q.product, q.isz, room + tiles + whole, threads);
        rt_parallel(threads, rt_pool_chunks(q.rows, q.cols < BLOCK ? BLOCK / q.cols : 1), run_chunk, &q);
    }
    rt_acquire(c);
    return 0;
}

int rt_activated_run(Call *c, const Thunk *t)
{
    if (run_with(c, t, NULL) == 0)
        return 0;
    PyErr_NoMemory();
    return -1;
}

static int run_quickly(Call *c, const Quick *q) { return run_with(c, q->whole, q->ready) == 0; }

/* In loops, with a second operand that is packed once for all steps. */
void rt_activated_quicken(Call *c, const Thunk *t, Quick *q, const Outlook *o)
{
    q->a = matrix_of(c, t, 0);
    q->b = matrix_of(c, t, 1);
    q->isz = rt_slot(c, t->in[0])->itemsize;
    if (!rt_make_quick_ready(q, o))
        return;
    q->whole = t;
    q->run = run_quickly;
}

const Routine rt_activated_routines[] = {{"activated", setup, prepare, rt_activated_run}, {NULL, NULL, NULL, NULL}};
