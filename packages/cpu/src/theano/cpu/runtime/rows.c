/* Row programs: kernels with reductions. Each sweep walks the row once; the outer dims are a loop over rows.
 *
 * Two ways. Along (along.c): one row after the other, tile by tile. Across (across.c): many rows side by side, one
 * lane each, for reductions over outer dims and for short rows. */
#include "interrupt.h"
#include "rows.h"

static int read_axes(Rows *r, PyObject *axes)
{
    uint64_t mask = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(axes); i++)
        mask |= 1ULL << PyLong_AsLong(PyTuple_GET_ITEM(axes, i));
    for (int a = 0; a < r->space.ndim; a++) {
        if (mask >> a & 1)
            r->row_axes[r->nrow++] = a;
        else
            r->kept_axes[r->nkept++] = a;
    }
    return 0;
}

static int read_sizes(PyObject *tuple, int32_t *sizes, int32_t *count)
{
    *count = (int32_t)PyTuple_GET_SIZE(tuple);
    if (*count > RT_MAXACCS) {
        PyErr_SetString(PyExc_ValueError, "a row program has too many temporaries or accumulators");
        return -1;
    }
    for (int32_t i = 0; i < *count; i++)
        sizes[i] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(tuple, i));
    return 0;
}

/* The version for rows side by side serves any layout when nothing but reductions of inputs happens. */
static int can_go_across(const Rows *r)
{
    for (int32_t i = 0; i < r->nlanes; i++) {
        const Sweep *s = &r->lanes[i];
        if (s->final == FINAL)
            continue;
        if (s->leaf < 0)
            return 0;
        for (int k = 0; k < s->nops; k++)
            if (s->ops[k].kind != OP_IN && !(s->ops[k].kind == OP_ACC && s->ops[k].index == s->acc))
                return 0;
    }
    return r->nlanes > 0;
}

/* The input that plain reductions fold as it is, at most `most` of them; or -1. */
static int plain_folds(const Rows *r, int most)
{
    int found = -1;
    for (int32_t i = 0; i < r->nsweeps; i++) {
        const Sweep *s = &r->sweeps[i];
        if (s->final)
            continue;
        if (most-- == 0 || s->leaf < 0 || s->body || s->ops[0].kind != OP_IN || s->ops[0].scalar)
            return -1;
        if (found >= 0 && found != s->ops[0].index)
            return -1;
        found = s->ops[0].index;
    }
    return found;
}

static int read_sweeps(Rows *r, PyObject *sweeps, PyObject *lanes)
{
    r->nsweeps = (int32_t)PyTuple_GET_SIZE(sweeps);
    r->nlanes = (int32_t)PyTuple_GET_SIZE(lanes);
    r->lanes = r->nlanes ? &r->sweeps[r->nsweeps] : NULL;
    for (int32_t i = 0; i < r->nsweeps; i++) {
        if (rt_read_sweep(&r->sweeps[i], PyTuple_GET_ITEM(sweeps, i)) < 0)
            return -1;
        r->cost_ps += r->sweeps[i].final || r->sweeps[i].least ? 0 : r->sweeps[i].cost_ps + 100;
        r->moments |= r->sweeps[i].sums >= 0;
        for (int k = 0; k < r->sweeps[i].nops; k++)
            r->counts |= r->sweeps[i].ops[k].kind == OP_IOTA;
    }
    for (int32_t i = 0; i < r->nlanes; i++)
        if (rt_read_sweep(&r->lanes[i], PyTuple_GET_ITEM(lanes, i)) < 0)
            return -1;
    return 0;
}

static int read_guards(Rows *r, PyObject *guards)
{
    r->nguards = (int32_t)PyTuple_GET_SIZE(guards);
    if (r->nguards > RT_MAXGUARDS) {
        PyErr_SetString(PyExc_ValueError, "a row program guards too many inputs");
        return -1;
    }
    for (int32_t k = 0; k < r->nguards; k++)
        r->guards[k] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(guards, k));
    return 0;
}

/* extra: (ndim, orders, axes, sweeps, reduced outputs, temp sizes, acc sizes, guarded inputs, sweeps by lanes) */
static int rows_setup(Plan *plan, Thunk *t, PyObject *extra)
{
    PyObject *orders, *axes, *sweeps, *reduced, *temps, *accs, *guards, *lanes;
    int ndim;
    if (!PyArg_ParseTuple(extra, "iOOO!OOOOO!", &ndim, &orders, &axes, &PyTuple_Type, &sweeps, &reduced, &temps, &accs,
                          &guards, &PyTuple_Type, &lanes))
        return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(sweeps) + PyTuple_GET_SIZE(lanes);
    Rows *r = PyMem_Calloc(1, sizeof *r + (size_t)n * sizeof(Sweep));
    if (!(t->impl = r) || rt_read_space(&r->space, plan, t, orders, ndim) < 0 || read_axes(r, axes) < 0)
        return -1;
    if (read_guards(r, guards) < 0)
        return -1;
    if (read_sizes(temps, r->temp_size, &r->ntemps) < 0 || read_sizes(accs, r->acc_size, &r->naccs) < 0)
        return -1;
    if (t->nout > RT_MAXACCS) {
        PyErr_SetString(PyExc_ValueError, "a row program has too many outputs");
        return -1;
    }
    for (int32_t k = 0; k < t->nout; k++)
        r->reduced[k] = PyObject_IsTrue(PyTuple_GET_ITEM(reduced, k)) == 1;
    if (read_sweeps(r, sweeps, lanes) < 0)
        return -1;
    r->across = (uint8_t)can_go_across(r);
    r->folds = plain_folds(r, 1);
    r->together = plain_folds(r, RT_MAXACCS);
    t->usual = rt_rows_usual(r, t);
    return PyErr_Occurred() ? -1 : 0;
}

/* Accumulators that reduced outputs are made of, as bits. */
static uint64_t needed_accs(const Rows *r)
{
    uint64_t needed = 0;
    for (int32_t i = 0; i < r->nsweeps; i++)
        for (int k = 0; r->sweeps[i].final && k < r->sweeps[i].nops; k++)
            if (r->sweeps[i].ops[k].kind == OP_ACC)
                needed |= 1ULL << r->sweeps[i].ops[k].index;
    return needed;
}

/* A maximum of nothing is an error where somebody gets it; elements that do not exist have none to worry about. */
static int refuse_empty(const Rows *r, idx rows, idx length)
{
    uint64_t needed = rows && !length ? needed_accs(r) : 0;
    for (int32_t i = 0; needed && i < r->nsweeps; i++) {
        const Sweep *s = &r->sweeps[i];
        const char *kind = s->leaf < 0 ? "" : rt_leaves[s->leaf].kind;
        if (strcmp(kind, "maximum") != 0 && strcmp(kind, "minimum") != 0)
            continue;
        if (needed >> s->acc & 1) {
            PyErr_Format(PyExc_ValueError, "%s of no elements: the reduced dimensions have length 0", kind);
            return -1;
        }
    }
    return 0;
}

/* Operands that repeat one element may span more positions than there is memory for, or numbers. */
static int refuse_uncountable(const Rows *r, const idx *dims)
{
    idx positions = 1;
    for (int a = 0; a < r->space.ndim; a++)
        if (dims[a] && (__builtin_mul_overflow(positions, dims[a], &positions) || positions > PTRDIFF_MAX >> 8)) {
            PyErr_SetString(PyExc_ValueError, "the operands span more positions than can be counted; reduce them first");
            return -1;
        }
    return 0;
}

static int rows_prepare(Call *c, const Thunk *t)
{
    const Rows *r = t->impl;
    idx dims[RT_MAXDIM], kept[RT_MAXDIM], rows = 1, length = 1;
    if (rt_common_dims(c, t, &r->space, dims) < 0)
        return -1;
    for (int i = 0; i < r->nkept; i++)
        rows *= kept[i] = dims[r->kept_axes[i]];
    for (int i = 0; i < r->nrow; i++)
        length *= dims[r->row_axes[i]];
    if (refuse_uncountable(r, dims) < 0 || refuse_empty(r, rows, length) < 0 || rt_check_guards(c, t, r, length) < 0)
        return -1;
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, r->reduced[k] ? kept : dims) < 0)
            return -1;
    return 0;
}

/* Splits an operand's strides into those of the outer loop and those of the row. */
static void split_strides(const Rows *r, const idx *strides, idx *kept, idx *row)
{
    for (int i = 0; i < r->nkept; i++)
        kept[i] = strides[r->kept_axes[i]];
    for (int i = 0; i < r->nrow; i++)
        row[i] = strides[r->row_axes[i]];
}

/* How far one step along dim `d` of a row goes, all operands together. */
static idx reach(const Job *job, int d)
{
    idx bytes = 0;
    for (int i = 0; i < job->noperands; i++)
        bytes += labs(job->row[i][d]);
    return bytes;
}

static void exchange_dims(Job *job, int d)
{
    idx length = job->row_dims[d];
    job->row_dims[d] = job->row_dims[d - 1];
    job->row_dims[d - 1] = length;
    for (int i = 0; i < job->noperands; i++) {
        idx stride = job->row[i][d];
        job->row[i][d] = job->row[i][d - 1];
        job->row[i][d - 1] = stride;
    }
}

/* Puts the dims of a row into the order in which they lie in memory, as NumPy does, so that neighbours are folded first. */
static void sort_row_dims(Job *job, int ndim)
{
    for (int end = 1; end < ndim; end++)
        for (int d = end; d > 0 && reach(job, d - 1) < reach(job, d); d--)
            exchange_dims(job, d);
}

/* Describes the job in collapsed dims: inputs first, then outputs with an element per position. */
void rt_rows_job(Call *c, const Thunk *t, const Rows *r, Job *job)
{
    idx dims[RT_MAXDIM], strides[RT_MAXDIM];
    job->noperands = t->nin + t->nout;
    job->first = 0;
    job->threads = 1;
    for (int a = 0; a < r->space.ndim; a++)
        dims[a] = 1;
    rt_common_dims(c, t, &r->space, dims);
    for (int32_t i = 0; i < job->noperands; i++) {
        int out = i - t->nin;
        Buf *b = out < 0 ? rt_in(c, t, i) : rt_out(c, t, out);
        job->base[i] = b->data;
        if (out < 0)
            rt_axis_strides(&r->space, i, b, strides);
        else if (r->reduced[out])
            memset(strides, 0, sizeof strides);
        else
            memcpy(strides, b->strides, sizeof(idx) * (size_t)r->space.ndim);
        split_strides(r, strides, job->kept[i], job->row[i]);
    }
    job->rows = job->length = 1;
    for (int i = 0; i < r->nkept; i++)
        job->rows *= job->kept_dims[i] = dims[r->kept_axes[i]];
    for (int i = 0; i < r->nrow; i++)
        job->length *= job->row_dims[i] = dims[r->row_axes[i]];
    if (r->nrow > 1 && !r->counts)
        sort_row_dims(job, r->nrow);
    job->nkept = rt_collapse(r->nkept, job->kept_dims, job->noperands, job->kept);
    job->nrow = rt_collapse(r->nrow, job->row_dims, job->noperands, job->row);
}

/* The final sweep for `n` rows whose accumulators are complete, ending before row `end` of the job. */
void rt_rows_final(Call *c, const Thunk *t, const Rows *r, const Job *job, char *const *accs, idx end, idx n)
{
    const idx first = job->first + end - n;
    for (int32_t i = 0; i < r->nsweeps; i++) {
        const Sweep *s = &r->sweeps[i];
        char *p[RT_MAXOPS];
        if (!s->final)
            continue;
        for (int k = 0; k < s->nops; k++) {
            const Operand *op = &s->ops[k];
            p[k] = op->kind == OP_ACC ? accs[op->index] : rt_out(c, t, op->index)->data + first * op->size;
        }
        rt_run_body(s, p, n);
    }
}

/* Whether neighbours in some operand's row are nearer to each other than its neighbouring rows. */
static int lies_along(const Job *job)
{
    for (int i = 0; i < job->noperands && job->nrow; i++) {
        idx step = labs(job->row[i][job->nrow - 1]), nearest = PTRDIFF_MAX;
        for (int d = 0; d < job->nkept; d++)
            if (job->kept[i][d] && labs(job->kept[i][d]) < nearest)
                nearest = labs(job->kept[i][d]);
        if (step && step < nearest)
            return 1;
    }
    return 0;
}

/* What lies closest in memory decides, as it does in NumPy, unless the rows are short and many. */
static int goes_across(const Rows *r, const Job *job)
{
    if (!r->across || job->rows < 4)
        return 0;
    if (rt_folds_lanes(r, job))
        return 1;
    if (job->rows >= 16 && job->length < (r->folds >= 0 ? 8 : 32))
        return 1;
    return job->rows >= 32 && !lies_along(job);
}

typedef void (*run_fn)(Call *, const Thunk *, const Rows *, const Job *, char *);

static run_fn choose(Call *c, const Thunk *t, const Rows *r, const Job *job, size_t *bytes)
{
    if (!(r->across && rt_folds_lanes(r, job)) && rt_goes_by_lanes(c, t, r, job, bytes))
        return rt_rows_lanes;
    if (goes_across(r, job)) {
        *bytes = (size_t)RT_MAXOPS * RT_TILE * 8 * 2;
        return rt_rows_across;
    }
    *bytes = rt_room_along(r, job);
    return rt_rows_along;
}

/* What threads share: ranges of the outermost kept dim. Each row is computed as it would be alone. */
typedef struct {
    Call *c;
    const Thunk *t;
    const Rows *r;
    const Job *job;
    run_fn run;
    idx step, chunks;
    char *room;
    size_t each;
} Share;

static void run_share(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    Job part = *h->job;
    idx at = chunk * h->step, inner = part.rows / part.kept_dims[0];
    part.kept_dims[0] = chunk + 1 < h->chunks ? h->step : part.kept_dims[0] - at; /* the last takes the rest */
    for (int i = 0; i < part.noperands; i++)
        part.base[i] += part.kept[i][0] * at;
    part.rows = part.kept_dims[0] * inner;
    part.first = at * inner;
    h->run(h->c, h->t, h->r, &part, h->room + (size_t)worker * h->each);
}

/* Lanes are cut at whole vectors and cache lines, and into few pieces, each of which reads a part of every row; rows
 * where many short ones follow. */
static idx unit_of(const Job *job, run_fn run, int threads)
{
    idx unit = 4096 / (job->length + 1), inner = job->rows / job->kept_dims[0], each = job->rows / threads;
    if (run != rt_rows_along)
        unit = each > 1024 ? 1024 : (each + 63) / 64 * 64;
    return unit > inner ? (unit + inner - 1) / inner : 1;
}

/* Fewer rows for each thread, of such a length, are shared one by one. */
#define FEW 4
#define LONG_ROW 32768

static int rows_run(Call *c, const Thunk *t)
{
    const Rows *r = t->impl;
    Job job;
    rt_rows_job(c, t, r, &job);
    if (job.rows == 0)
        return 0;
    double ps = (double)job.rows * (double)(job.length + 8) * r->cost_ps;
    rt_release(c, ps);
    size_t bytes;
    Share h = {.c = c, .t = t, .r = r, .job = &job, .run = choose(c, t, r, &job, &bytes), .chunks = 1};
    int threads = rt_threads(c, ps);
    int by_rows = job.nkept && (h.run != rt_rows_along || job.rows >= FEW * threads || job.length < LONG_ROW);
    h.each = (bytes + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN;
    h.room = rt_scratch(c, h.each * (size_t)threads);
    if (!h.room) {
        rt_acquire(c);
        PyErr_NoMemory();
        return -1;
    }
    if (threads > 1 && !by_rows)
        job.threads = threads;
    else if (by_rows && (threads > 1 || ps > RT_LONG_PS)) {
        h.step = rt_pool_step(job.kept_dims[0], unit_of(&job, h.run, threads), threads, ps);
        h.chunks = job.kept_dims[0] > h.step ? job.kept_dims[0] / h.step : 1;
    }
    if (h.chunks > 1)
        rt_parallel(threads, h.chunks, run_share, &h);
    else
        h.run(c, t, r, &job, h.room);
    rt_acquire(c);
    return 0;
}

const Routine rt_rows_routines[] = {{"rows", rows_setup, rows_prepare, rows_run}, {NULL, NULL, NULL, NULL}};
