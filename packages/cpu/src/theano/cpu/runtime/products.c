/* The steps Gemm, Gemv, Ger, Dot22, Dot22Scalar, Dot and BatchedDot. */
#include "interrupt.h"
#include "quick.h"
#include "recycle.h"

static double scalar_of(Call *c, const Thunk *t, int k)
{
    const char *p = rt_in(c, t, k)->data;
    return rt_slot(c, t->in[k])->itemsize == 8 ? *(const double *)p : *(const float *)p;
}

/* An operand as a matrix: a vector is a column, or a row when `as_row`. */
static Matrix matrix_of(Call *c, const Thunk *t, int k, int as_row)
{
    const Buf *b = rt_in(c, t, k);
    idx isz = rt_slot(c, t->in[k])->itemsize;
    if (rt_slot(c, t->in[k])->ndim == 2)
        return (Matrix){b->data, b->dims[0], b->dims[1], b->strides[0], b->strides[1]};
    if (as_row)
        return (Matrix){b->data, 1, b->dims[0], b->dims[0] * isz, b->strides[0]};
    return (Matrix){b->data, b->dims[0], 1, b->strides[0], isz};
}

static int shapes_differ(const char *what, idx a, idx b)
{
    PyErr_Format(PyExc_ValueError, "dimension mismatch: %s: lengths %zd and %zd differ", what, a, b);
    return -1;
}

static int run_product(Call *c, double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz)
{
    const double ps = rt_product_ps(x, y, isz);
    const int threads = rt_threads(c, ps);
    char *room = rt_scratch(c, rt_product_room(x, y, isz, threads));
    if (!room) {
        PyErr_NoMemory();
        return -1;
    }
    rt_release(c, ps);
    rt_product(alpha, x, y, beta, out, isz, room, threads);
    rt_acquire(c);
    return 0;
}

/* x, y with one or two dims each; the contracted length is the last of x and the first of y. */
static int dot_prepare(Call *c, const Thunk *t)
{
    Matrix x = matrix_of(c, t, 0, 1), y = matrix_of(c, t, 1, 0);
    idx dims[2];
    int ndim = 0;
    if (x.cols != y.rows)
        return shapes_differ("the last length of the first operand and the first length of the second", x.cols, y.rows);
    if (rt_slot(c, t->in[0])->ndim == 2)
        dims[ndim++] = x.rows;
    if (rt_slot(c, t->in[1])->ndim == 2)
        dims[ndim++] = y.cols;
    return rt_alloc_out(c, t, 0, dims);
}

static int dot_run(Call *c, const Thunk *t)
{
    Matrix x = matrix_of(c, t, 0, 1), y = matrix_of(c, t, 1, 0);
    double alpha = t->nin > 2 ? scalar_of(c, t, 2) : 1;
    return run_product(c, alpha, &x, &y, 0, rt_out(c, t, 0)->data, rt_slot(c, t->out[0])->itemsize);
}

/* The value that is added to: brought to the output's memory unless it lies there, or does not count. */
static void start_from(Call *c, const Thunk *t, int needed)
{
    const Buf *z = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    if (needed && o->data != z->data)
        rt_copy_shared(c, s->ndim, o->dims, o->data, o->strides, z->data, z->strides, s->itemsize);
}

/* (z, a, x, y, b): b z + a x y. Gemv is the same with vectors z and y: (y, alpha, A, x, beta). */
static int gemm_prepare(Call *c, const Thunk *t)
{
    const Buf *z = rt_in(c, t, 0);
    Matrix x = matrix_of(c, t, 2, 1), y = matrix_of(c, t, 3, 0);
    int vector = rt_slot(c, t->in[0])->ndim == 1;
    if (x.cols != y.rows)
        return shapes_differ("the contracted lengths", x.cols, y.rows);
    if (z->dims[0] != x.rows)
        return shapes_differ("rows of the sum and of the product", z->dims[0], x.rows);
    if (!vector && z->dims[1] != y.cols)
        return shapes_differ("columns of the sum and of the product", z->dims[1], y.cols);
    if (t->commit)
        c->commit_ps += (double)x.rows * (double)x.cols * (double)y.cols * 40;
    return rt_alloc_out(c, t, 0, z->dims);
}

static int gemm_run(Call *c, const Thunk *t)
{
    Matrix x = matrix_of(c, t, 2, 1), y = matrix_of(c, t, 3, 0);
    double beta = scalar_of(c, t, 4);
    start_from(c, t, beta != 0);
    return run_product(c, scalar_of(c, t, 1), &x, &y, beta, rt_out(c, t, 0)->data, rt_slot(c, t->out[0])->itemsize);
}

/* (A, alpha, x, y): A + alpha outer(x, y) */
static int ger_prepare(Call *c, const Thunk *t)
{
    const Buf *a = rt_in(c, t, 0), *x = rt_in(c, t, 2), *y = rt_in(c, t, 3);
    if (a->dims[0] != x->dims[0])
        return shapes_differ("rows of the matrix and length of the first vector", a->dims[0], x->dims[0]);
    if (a->dims[1] != y->dims[0])
        return shapes_differ("columns of the matrix and length of the second vector", a->dims[1], y->dims[0]);
    return rt_alloc_out(c, t, 0, a->dims);
}

static int ger_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 2), *y = rt_in(c, t, 3);
    Buf *o = rt_out(c, t, 0);
    const idx isz = rt_slot(c, t->out[0])->itemsize, m = y->dims[0];
    Matrix z = matrix_of(c, t, 0, 0);
    char *row = y->data;
    if (y->strides[0] != isz) {
        if (!(row = rt_scratch(c, (size_t)(m * isz) + RT_ALIGN))) {
            PyErr_NoMemory();
            return -1;
        }
        rt_copy1(row, isz, y->data, y->strides[0], m, isz);
    }
    rt_release(c, (double)z.rows * (double)m * 300);
    if (z.cs != isz && z.data != o->data) {
        start_from(c, t, 1);
        z = (Matrix){o->data, z.rows, z.cols, o->strides[0], isz};
    }
    rt_rank_one(scalar_of(c, t, 1), x->data, x->strides[0], row, &z, o->data, isz);
    rt_acquire(c);
    return 0;
}

/* One item of an operand with 2 or 3 dims, the first of which is the batch. */
static Matrix item_of(Call *c, const Thunk *t, int k, int as_row)
{
    const Buf *b = rt_in(c, t, k);
    idx isz = rt_slot(c, t->in[k])->itemsize;
    if (rt_slot(c, t->in[k])->ndim == 3)
        return (Matrix){b->data, b->dims[1], b->dims[2], b->strides[1], b->strides[2]};
    if (as_row)
        return (Matrix){b->data, 1, b->dims[1], b->dims[1] * isz, b->strides[1]};
    return (Matrix){b->data, b->dims[1], 1, b->strides[1], isz};
}

static int batched_prepare(Call *c, const Thunk *t)
{
    Matrix x = item_of(c, t, 0, 1), y = item_of(c, t, 1, 0);
    const Buf *bx = rt_in(c, t, 0), *by = rt_in(c, t, 1);
    idx dims[3] = {bx->dims[0]};
    int ndim = 1;
    if (bx->dims[0] != by->dims[0]) {
        PyErr_Format(PyExc_TypeError, "batched_dot: batch lengths %zd and %zd differ", bx->dims[0], by->dims[0]);
        return -1;
    }
    if (x.cols != y.rows)
        return shapes_differ("the contracted lengths", x.cols, y.rows);
    if (rt_slot(c, t->in[0])->ndim == 3)
        dims[ndim++] = x.rows;
    if (rt_slot(c, t->in[1])->ndim == 3)
        dims[ndim++] = y.cols;
    return rt_alloc_out(c, t, 0, dims);
}

#define ITEM_PS 4000   /* whatever its size */
#define LARGE_PS 200e6 /* so much work is shared itself, one item after the other, where there are few */

/* Threads share the items of a batch. */
typedef struct {
    Items t;
    idx batch, step;
    int tiny, inner; /* threads that share an item */
    char *room;
    size_t each;
} Batch;

static void run_items(void *arg, idx chunk, int worker)
{
    const Batch *b = arg;
    const Items *t = &b->t;
    Matrix x = t->x, y = t->y;
    const idx first = chunk * b->step, end = b->batch - first < b->step ? b->batch : first + b->step;
    char *room = b->room + (size_t)worker * b->each;
    if (b->tiny)
        rt_tiny_products(t, first, end - first);
    if (b->tiny || (b->inner == 1 && rt_packed_items(t, first, end - first, room)))
        return;
    for (idx i = first; i < end; i++) {
        x.data = t->x.data + i * t->xs;
        y.data = t->y.data + i * t->ys;
        rt_product(1, &x, &y, 0, t->out + i * t->os, t->isz, room, b->inner);
    }
}

static int batched_run(Call *c, const Thunk *t)
{
    const idx isz = rt_slot(c, t->out[0])->itemsize;
    const Matrix x = item_of(c, t, 0, 1), y = item_of(c, t, 1, 0);
    Batch b = {.t = {x, y, rt_out(c, t, 0)->data, rt_in(c, t, 0)->strides[0], rt_in(c, t, 1)->strides[0],
                     x.rows * y.cols * isz, isz}, .batch = rt_in(c, t, 0)->dims[0]};
    const double each = ITEM_PS + rt_product_ps(&x, &y, isz), ps = (double)b.batch * each;
    const int all = rt_threads(c, ps), enough = rt_vector_unit() && b.batch >= 4 * all;
    const int threads = each < LARGE_PS || enough ? all : 1;
    b.tiny = rt_tiny(&b.t);
    b.inner = all / threads;
    b.each = b.tiny ? 0 : (rt_product_room(&x, &y, isz, b.inner) + RT_ALIGN) / RT_ALIGN * RT_ALIGN;
    b.room = rt_scratch(c, b.each * (size_t)threads);
    if (!b.room) {
        PyErr_NoMemory();
        return -1;
    }
    b.step = threads > 1 || ps > RT_LONG_PS ? rt_pool_step(b.batch, 1, threads, ps) : b.batch + 1;
    rt_release(c, ps);
    rt_parallel(threads, rt_pool_chunks(b.batch, b.step), run_items, &b);
    rt_acquire(c);
    return 0;
}

static int run_vector(Call *c, const Quick *q)
{
    const char *z = c->bufs[q->slots[2]].data;
    char *out = c->bufs[q->slots[3]].data;
    Matrix a = q->a;
    a.data = c->bufs[q->slots[0]].data;
    if (q->beta != 0 && z != out)
        memcpy(out, z, (size_t)q->bytes);
    return rt_matvec(q->alpha, &a, c->bufs[q->slots[1]].data, q->beta, out, q->isz, 1);
}

static int is_fixed(const Call *c, const Thunk *t, int k) { return rt_slot(c, t->in[k])->cls == SLOT_CONST; }

/* Products of a matrix and a contiguous vector with constant factors. */
void rt_product_quicken(Call *c, const Thunk *t, Quick *q)
{
    const int sum = t->run == gemm_run, first = sum ? 2 : 0;
    if ((t->run != dot_run && !sum) || (sum && !(is_fixed(c, t, 1) && is_fixed(c, t, 4))) || (!sum && t->nin > 2))
        return;
    Matrix x = matrix_of(c, t, first, 1), y = matrix_of(c, t, first + 1, 0);
    const Buf *z = rt_in(c, t, 0);
    const int turned = x.rows == 1 && y.cols != 1;
    const Matrix v = turned ? (Matrix){x.data, x.cols, 1, x.cs, x.rs} : y;
    q->a = turned ? (Matrix){y.data, y.cols, y.rows, y.cs, y.rs} : x;
    q->isz = rt_slot(c, t->out[0])->itemsize;
    q->bytes = q->a.rows * q->isz;
    if (v.cols != 1 || v.rows < 1 || q->a.rows < 1 || v.rs != q->isz || (sum && !z->contig))
        return;
    const double ps = rt_product_ps(&q->a, &v, q->isz);
    if (ps >= RT_GIL_PS || rt_threads(c, ps) > 1)
        return;
    q->alpha = sum ? scalar_of(c, t, 1) : 1;
    q->beta = sum ? scalar_of(c, t, 4) : 0;
    q->slots[0] = t->in[first + turned];
    q->slots[1] = t->in[first + !turned];
    q->slots[2] = t->in[0];
    q->slots[3] = t->out[0];
    q->run = run_vector;
}

static int run_matrices(Call *c, const Quick *q)
{
    const char *z = c->bufs[q->slots[2]].data;
    char *out = c->bufs[q->slots[3]].data;
    Matrix x = q->a;
    x.data = c->bufs[q->slots[0]].data;
    const int threads = rt_threads(c, q->ps);
    char *room = rt_scratch(c, rt_special_room(&x, &q->b, q->isz, q->ready, NULL, threads));
    if (!room)
        return 0;
    rt_release(c, q->ps);
    if (q->beta != 0 && z != out)
        memcpy(out, z, (size_t)q->bytes);
    rt_special_product(q->alpha, &x, &q->b, q->beta, out, q->isz, room, q->ready, NULL, threads);
    rt_acquire(c);
    return 1;
}

#define MOST_READY ((size_t)32 << 20) /* bytes */
#define FEW_STEPS 64                  /* in which packing does not pay where nothing must be packed */

int rt_make_quick_ready(Quick *q, const Outlook *o)
{
    int strided;
    const size_t bytes = rt_ready_bytes(&q->a, &q->b, q->isz, &strided);
    if (!o->fixed || !bytes || bytes > MOST_READY || o->steps < (strided ? 2 : FEW_STEPS))
        return 0;
    if (!(q->ready = rt_block(bytes)))
        return 0;
    rt_make_ready(&q->a, &q->b, q->isz, q->ready);
    return 1;
}

/* Which input of a product of matrices is its second factor, or -1. */
int32_t rt_second_factor(const Thunk *t)
{
    return t->run == dot_run || t->run == rt_activated_run ? 1 : t->run == gemm_run ? 3 : -1;
}

/* Products of matrices with constant factors, whose second operand is packed once for all steps. */
void rt_matrices_quicken(Call *c, const Thunk *t, Quick *q, const Outlook *o)
{
    const int sum = t->run == gemm_run, first = sum ? 2 : 0;
    if ((t->run != dot_run && !sum) || (sum && !(is_fixed(c, t, 1) && is_fixed(c, t, 4))) || (!sum && t->nin > 2))
        return;
    q->a = matrix_of(c, t, first, 1);
    q->b = matrix_of(c, t, first + 1, 0);
    q->isz = rt_slot(c, t->out[0])->itemsize;
    q->bytes = q->a.rows * q->b.cols * q->isz;
    q->alpha = sum ? scalar_of(c, t, 1) : 1;
    q->beta = sum ? scalar_of(c, t, 4) : 0;
    q->ps = rt_product_ps(&q->a, &q->b, q->isz);
    if ((q->beta != 0 && !rt_in(c, t, 0)->contig) || !rt_make_quick_ready(q, o))
        return;
    q->slots[0] = t->in[first];
    q->slots[2] = t->in[0];
    q->slots[3] = t->out[0];
    q->run = run_matrices;
}

const Routine rt_blas_routines[] = {{"dot", NULL, dot_prepare, dot_run},
                                    {"gemm", NULL, gemm_prepare, gemm_run},
                                    {"ger", NULL, ger_prepare, ger_run},
                                    {"batched_dot", NULL, batched_prepare, batched_run},
                                    {NULL, NULL, NULL, NULL}};
