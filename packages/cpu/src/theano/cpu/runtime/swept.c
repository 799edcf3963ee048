/* Swept: scores X w, elementwise work on them, and X' r for one of its results, block of rows by block of rows.
 *
 * Rows are cut into shares by the sizes alone. Each share has sums of its own, which are added up in order, so results
 * have the same bits with any number of threads. */
#include "kernel.h"
#include "matrix.h"

#define BLOCK ((idx)256 << 10) /* bytes of rows that are read twice: they stay in the second cache */
#define MOST_ROWS 256          /* of a block */
#define SHARE ((idx)2 << 20)   /* bytes of rows, at least, for sums of their own */
#define MOST_SHARES 64

typedef struct {
    Sweep sweep;
    Space space;
    int32_t chosen;
} Swept;

/* extra: (ndim, orders, sweep, chosen) */
static int setup(Plan *plan, Thunk *t, PyObject *extra)
{
    PyObject *sweep, *orders;
    int ndim;
    Swept *w = PyMem_Calloc(1, sizeof *w);
    if (!(t->impl = w) || !PyArg_ParseTuple(extra, "iOOi", &ndim, &orders, &sweep, &w->chosen))
        return -1;
    return rt_read_space(&w->space, plan, t, orders, ndim) < 0 ? -1 : rt_read_sweep(&w->sweep, sweep);
}

static int prepare(Call *c, const Thunk *t)
{
    const Swept *w = t->impl;
    const Buf *x = rt_in(c, t, 0);
    idx dims[RT_MAXDIM];
    if (rt_common_dims(c, t, &w->space, dims) < 0)
        return -1;
    if (x->dims[1] != rt_in(c, t, 1)->dims[0]) {
        PyErr_Format(PyExc_ValueError, "dimension mismatch: the contracted lengths: lengths %zd and %zd differ", x->dims[1],
                     rt_in(c, t, 1)->dims[0]);
        return -1;
    }
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, k == t->nout - 1 ? &x->dims[1] : x->dims) < 0)
            return -1;
    return 0;
}

typedef struct {
    const Sweep *s;
    Matrix x;
    const char *v;
    char *base[RT_MAXOPS]; /* of each operand of the kernel, row 0; NULL: the scores */
    char *r, *sums, *room;
    idx isz, rows, block; /* rows of a share and of a block */
    int stream;
} Job;

static void run_kernel(const Job *j, char *scores, idx first, idx n)
{
    char *p[RT_MAXOPS];
    for (int k = 0; k < j->s->nops; k++) {
        const Operand *op = &j->s->ops[k];
        p[k] = !j->base[k] ? scores : j->base[k] + (op->scalar ? 0 : first * op->size);
    }
    rt_run_body(j->s, p, n);
}

static void run_share(void *arg, idx share, int worker)
{
    const Job *j = arg;
    const idx start = share * j->rows, end = j->x.rows - start < j->rows ? j->x.rows : start + j->rows;
    char *sums = j->sums + share * j->x.cols * j->isz, *scores = j->room + (size_t)worker * MOST_ROWS * 8;
    Matrix part = j->x;
    memset(sums, 0, (size_t)(j->x.cols * j->isz));
    for (idx i = start; i < end; i += part.rows) {
        part.rows = end - i < j->block ? end - i : j->block;
        part.data = j->x.data + i * j->x.rs;
        rt_dot_rows(&part, j->v, scores, j->isz, j->stream);
        run_kernel(j, scores, i, part.rows);
        rt_add_rows(&part, j->r + i * j->isz, sums, j->isz);
    }
}

static idx eights(idx n) { return (n + 7) / 8 * 8; }

/* The operands of the kernel; vectors that are not contiguous are copied to `*room`, which moves on. */
static void find_operands(Call *c, const Thunk *t, Job *j, char **room)
{
    for (int k = 0; k < j->s->nops; k++) {
        const Operand *op = &j->s->ops[k];
        const Buf *b = op->kind == OP_OUT ? rt_out(c, t, op->index) : rt_in(c, t, op->index);
        j->base[k] = op->kind == OP_IN && op->index == 1 ? NULL : b->data;
        if (op->kind == OP_IN && op->index > 1 && !op->scalar && b->strides[0] != op->size) {
            j->base[k] = *room;
            rt_copy1(*room, op->size, b->data, b->strides[0], b->dims[0], op->size);
            *room += b->dims[0] * op->size;
        }
    }
}

/* A matrix that must be read by other means: the three parts one after the other, as a whole. */
static void run_parts(const Job *j, char *scores, char *room)
{
    const Matrix *x = &j->x, turned = {x->data, x->cols, x->rows, x->cs, x->rs};
    const Matrix v = {(char *)j->v, x->cols, 1, j->isz, j->isz}, r = {j->r, x->rows, 1, j->isz, j->isz};
    rt_product(1, x, &v, 0, scores, j->isz, room, 1);
    if (x->rows)
        run_kernel(j, scores, 0, x->rows);
    rt_product(1, &turned, &r, 0, j->sums, j->isz, room, 1);
}

/* Adds the sums of all shares up; `ones` is room for a factor each. */
static void join_shares(const Job *j, idx shares, char *out, char *ones)
{
    const Matrix all = {j->sums, shares, j->x.cols, j->x.cols * j->isz, j->isz};
    for (idx i = 0; i < shares; i++)
        if (j->isz == 8)
            ((double *)ones)[i] = 1;
        else
            ((float *)ones)[i] = 1;
    memset(out, 0, (size_t)(j->x.cols * j->isz));
    rt_add_rows(&all, ones, out, j->isz);
}

static size_t padded(idx bytes) { return ((size_t)bytes + RT_ALIGN) / RT_ALIGN * RT_ALIGN; }

/* Rows of a block and of a share. */
static idx plan_shares(Job *j)
{
    const idx m = j->x.rows, width = (j->x.cols ? j->x.cols : 1) * j->isz, block = BLOCK / width / 8 * 8;
    const idx least = eights(SHARE / width + 1), even = eights((m + MOST_SHARES - 1) / MOST_SHARES);
    j->block = block < 8 ? 8 : block < MOST_ROWS ? block : MOST_ROWS;
    j->rows = least > even ? least : even;
    j->stream = m * width > RT_FAR_AWAY;
    return (m + j->rows - 1) / j->rows;
}

static int run(Call *c, const Thunk *t)
{
    const Swept *w = t->impl;
    const Buf *x = rt_in(c, t, 0), *v = rt_in(c, t, 1);
    char *slope = rt_out(c, t, t->nout - 1)->data;
    Job j = {.s = &w->sweep, .x = {x->data, x->dims[0], x->dims[1], x->strides[0], x->strides[1]},
             .r = rt_out(c, t, w->chosen)->data, .isz = rt_slot(c, t->in[0])->itemsize};
    const Matrix turned = {x->data, j.x.cols, j.x.rows, j.x.cs, j.x.rs}, column = {NULL, j.x.cols, 1, j.isz, j.isz};
    const idx shares = plan_shares(&j), m = j.x.rows, k = j.x.cols;
    const int whole = rt_matvec_reads(&j.x, j.isz);
    const double ps = (double)m * (double)k * (double)j.isz * 30 + (double)m * w->sweep.cost_ps;
    const int threads = whole ? rt_threads(c, ps) : 1;
    const Matrix row = {NULL, m, 1, j.isz, j.isz};
    const size_t back = rt_product_room(&turned, &row, j.isz, 1), there = rt_product_room(&j.x, &column, j.isz, 1);
    const size_t sums = padded(whole ? shares * k * j.isz : m * j.isz), ones = MOST_SHARES * 8;
    const size_t room = whole ? (size_t)threads * MOST_ROWS * 8 : padded((idx)(back > there ? back : there));
    char *memory = rt_scratch(c, sums + ones + room + padded(k * j.isz) + (size_t)t->nin * padded(m * 8));
    if (!memory) {
        PyErr_NoMemory();
        return -1;
    }
    char *copies = memory + sums + ones + room;
    rt_release(c, ps);
    j.v = v->data;
    if (v->strides[0] != j.isz) {
        rt_copy1(copies, j.isz, v->data, v->strides[0], k, j.isz);
        j.v = copies;
        copies += padded(k * j.isz);
    }
    find_operands(c, t, &j, &copies);
    j.sums = whole ? memory : slope;
    j.room = memory + sums + ones;
    if (whole) {
        rt_parallel(threads, shares, run_share, &j);
        join_shares(&j, shares, slope, memory + sums);
    } else {
        run_parts(&j, memory, j.room);
    }
    rt_acquire(c);
    return 0;
}

const Routine rt_swept_routines[] = {{"swept", setup, prepare, run}, {NULL, NULL, NULL, NULL}};
