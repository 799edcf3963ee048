/* Matrix products through the BLAS that SciPy carries: Fortran convention, 32-bit sizes, float32 and float64.
 *
 * Results are C ordered, which Fortran sees as transposed, so products are formed with swapped operands. An operand with one
 * unit stride is used where it is; others are packed. */
#include "kernel.h"
#include "interrupt.h"
#include "matrix.h"

#include <limits.h>
#include <pthread.h>

typedef void (*gemm_fn)(const char *, const char *, const int *, const int *, const int *, const void *, const void *,
                        const int *, const void *, const int *, const void *, void *, const int *);
typedef void (*gemv_fn)(const char *, const int *, const int *, const void *, const void *, const int *, const void *,
                        const int *, const void *, void *, const int *);

static struct {
    gemm_fn gemm;
    gemv_fn gemv;
} library[2]; /* float32, float64 */

/* The library's threads look for work for a while after each product, which slows down everybody else on their cores, so
 * short products are left to the calling thread. `calls` of them are under way; the first one remembers the setting. */
#define ALONE 3e7 /* multiplications */

static struct {
    int (*set)(int); /* returns the setting before; NULL: cannot be told */
    pthread_mutex_t lock;
    int calls, before;
} crew = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int dismiss_crew(double multiplications)
{
    if (!crew.set || multiplications > ALONE)
        return 0;
    pthread_mutex_lock(&crew.lock);
    if (crew.calls++ == 0)
        crew.before = crew.set(1);
    pthread_mutex_unlock(&crew.lock);
    return 1;
}

static void recall_crew(int dismissed)
{
    if (!dismissed)
        return;
    pthread_mutex_lock(&crew.lock);
    if (--crew.calls == 0)
        crew.set(crew.before);
    pthread_mutex_unlock(&crew.lock);
}

static void lock_crew(void) { pthread_mutex_lock(&crew.lock); }
static void unlock_crew(void) { pthread_mutex_unlock(&crew.lock); }

/* In the child of a fork no call is under way. */
static void forget_crew(void)
{
    if (crew.calls)
        crew.set(crew.before);
    crew.calls = 0;
    pthread_mutex_unlock(&crew.lock);
}

int rt_widest = 2;

/* Lets products use vectors of at most this width (see matrix.h), so that tests can run all versions; returns the width
 * that was allowed before. */
int rt_limit_vectors(int most)
{
    int before = rt_widest;
    rt_widest = most;
    return before;
}

/* Whether all products run by own kernels, so that no library need be loaded. */
int rt_own_products(void) { return rt_vector_unit() > 0; }

static void *pointer_of(PyObject *routines, const char *name)
{
    PyObject *found = PyDict_GetItemString(routines, name);
    if (!found)
        return NULL;
    return PyLong_Check(found) ? PyLong_AsVoidPtr(found) : PyCapsule_GetPointer(found, PyCapsule_GetName(found));
}

/* Takes the routines from the dict of capsules or addresses that is given by its address; returns 0 when all are there. */
int rt_load_blas(uintptr_t routines)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *dict = (PyObject *)routines;
    library[0].gemm = (gemm_fn)(uintptr_t)pointer_of(dict, "sgemm");
    library[1].gemm = (gemm_fn)(uintptr_t)pointer_of(dict, "dgemm");
    library[0].gemv = (gemv_fn)(uintptr_t)pointer_of(dict, "sgemv");
    library[1].gemv = (gemv_fn)(uintptr_t)pointer_of(dict, "dgemv");
    if (!crew.set && (crew.set = (int (*)(int))(uintptr_t)pointer_of(dict, "set_threads")))
        pthread_atfork(lock_crew, unlock_crew, forget_crew);
    PyErr_Clear();
    PyGILState_Release(gil);
    return library[0].gemm && library[1].gemm && library[0].gemv && library[1].gemv ? 0 : -1;
}

static int fits(idx n) { return n <= INT_MAX; }

/* How BLAS can read `m`: 'N' rows are contiguous, 'T' columns are, 0 it must be packed. */
static char layout_of(const Matrix *m, idx isz, int *ld)
{
    idx rs = m->rs / isz, cs = m->cs / isz, cols = m->cols > 1 ? m->cols : 1, rows = m->rows > 1 ? m->rows : 1;
    if (m->rs % isz == 0 && (m->cs == isz || m->cols <= 1) && (rs >= cols || m->rows <= 1) && fits(rs)) {
        *ld = (int)(m->rows <= 1 ? cols : rs);
        return 'N';
    }
    if (m->cs % isz == 0 && (m->rs == isz || m->rows <= 1) && (cs >= rows || m->cols <= 1) && fits(cs)) {
        *ld = (int)(m->cols <= 1 ? rows : cs);
        return 'T';
    }
    return 0;
}

static size_t pack_room(const Matrix *m, idx isz)
{
    int ld;
    return layout_of(m, isz, &ld) ? 0 : ((size_t)(m->rows * m->cols * isz) + 2 * RT_ALIGN) / RT_ALIGN * RT_ALIGN;
}

/* `m` itself when BLAS can read it, else its copy at `room`. */
static Matrix readable(const Matrix *m, idx isz, char *room, char *layout, int *ld)
{
    Matrix packed = *m;
    idx dims[2] = {m->rows, m->cols}, from[2] = {m->rs, m->cs}, to[2] = {m->cols * isz, isz};
    if ((*layout = layout_of(m, isz, ld)))
        return packed;
    rt_copy(2, dims, room, to, m->data, from, isz);
    packed.data = room;
    packed.rs = to[0];
    packed.cs = isz;
    *layout = 'N';
    *ld = (int)(m->cols > 1 ? m->cols : 1);
    return packed;
}

static void scale(double beta, char *data, idx n, idx isz)
{
    if (beta == 0)
        memset(data, 0, (size_t)(n * isz));
    else if (isz == 8)
        for (idx i = 0; i < n; i++)
            ((double *)data)[i] *= beta;
    else
        for (idx i = 0; i < n; i++)
            ((float *)data)[i] *= (float)beta;
}

typedef union {
    float f;
    double d;
} Number;

static Number number(double v, idx isz)
{
    Number n;
    if (isz == 8)
        n.d = v;
    else
        n.f = (float)v;
    return n;
}

/* Sizes that 32-bit integers cannot hold, and strides between elements where there is no library. */
static void plain_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz)
{
    for (idx i = 0; i < x->rows && (i == 0 || rt_poll() == 0); i++)
        for (idx j = 0; j < y->cols; j++) {
            double sum = 0;
            for (idx p = 0; p < x->cols; p++) {
                const char *a = x->data + i * x->rs + p * x->cs, *b = y->data + p * y->rs + j * y->cs;
                sum += isz == 8 ? *(const double *)a * *(const double *)b : (double)*(const float *)a * *(const float *)b;
            }
            char *o = out + (i * y->cols + j) * isz;
            if (isz == 8)
                *(double *)o = alpha * sum + (beta == 0 ? 0 : beta * *(double *)o);
            else
                *(float *)o = (float)(alpha * sum + (beta == 0 ? 0 : beta * *(float *)o));
        }
}

static const Matrix *transposed(const Matrix *m, Matrix *t)
{
    *t = (Matrix){m->data, m->cols, m->rows, m->cs, m->rs};
    return t;
}

/* `v` itself where it is contiguous, else its copy at `room`. */
static const char *contiguous(const Matrix *v, idx isz, char *room)
{
    if (v->rs == isz || v->rows <= 1)
        return v->data;
    rt_copy1(room, isz, v->data, v->rs, v->rows, isz);
    return room;
}

/* out = alpha x v + beta out; v is a column, out is contiguous. */
static void product_vector(double alpha, const Matrix *x, const Matrix *v, double beta, char *out, idx isz, char *room,
                           int threads)
{
    char layout;
    int ld, m, n, one = 1;
    const char *vector = contiguous(v, isz, room);
    room += (v->rows * isz + RT_ALIGN) / RT_ALIGN * RT_ALIGN;
    if (rt_matvec(alpha, x, vector, beta, out, isz, threads))
        return;
    Matrix a = readable(x, isz, room, &layout, &ld);
    if (rt_matvec(alpha, &a, vector, beta, out, isz, threads))
        return;
    if (!library[isz == 8].gemv) {
        plain_product(alpha, x, v, beta, out, isz);
        return;
    }
    Number al = number(alpha, isz), be = number(beta, isz);
    if (beta == 0)
        memset(out, 0, (size_t)(x->rows * isz)); /* some libraries multiply by 0, which keeps NaN */
    m = (int)(layout == 'N' ? a.cols : a.rows);
    n = (int)(layout == 'N' ? a.rows : a.cols);
    int dismissed = dismiss_crew((double)m * n);
    library[isz == 8].gemv(layout == 'N' ? "T" : "N", &m, &n, &al, a.data, &ld, vector, &one, &be, out, &one);
    recall_crew(dismissed);
}

size_t rt_product_room(const Matrix *x, const Matrix *y, idx isz, int threads)
{
    idx longest = x->cols > x->rows ? x->cols : x->rows;
    size_t own = rt_packed_room(x, y, isz, threads);
    size_t others = pack_room(x, isz) + pack_room(y, isz) + (size_t)(longest * isz) + 4 * RT_ALIGN;
    const size_t dots = rt_dots_room(x, y, isz);
    own = own > dots ? own : dots;
    return own > others ? own : others;
}

#define LONG_PRODUCT 4e9 /* multiplications that the library does at a stretch */

static int half(int n) { return (n / 2 + 63) / 64 * 64; }

/* Both operands readable. In pieces, so that Ctrl-C is heard; they are large enough to cost nothing. */
static void long_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz)
{
    int ldx, ldy, ldo = (int)y->cols, rows = (int)x->rows, cols = (int)y->cols, depth = (int)x->cols;
    char tx[2] = {layout_of(x, isz, &ldx), 0}, ty[2] = {layout_of(y, isz, &ldy), 0};
    while ((double)rows * cols * depth > LONG_PRODUCT) {
        int *longest = rows >= cols && rows >= depth / 2 ? &rows : cols >= depth / 2 ? &cols : &depth;
        *longest = half(*longest);
    }
    Number al = number(alpha, isz), be = number(beta, isz), one = number(1, isz);
    for (idx p = 0; p < x->cols; p += depth)
        for (idx i = 0; i < x->rows; i += rows)
            for (idx j = 0; j < y->cols; j += cols) {
                int m = (int)(y->cols - j < cols ? y->cols - j : cols), n = (int)(x->rows - i < rows ? x->rows - i : rows);
                int k = (int)(x->cols - p < depth ? x->cols - p : depth);
                const char *a = x->data + i * x->rs + p * x->cs, *b = y->data + p * y->rs + j * y->cs;
                if (rt_poll() < 0)
                    return;
                library[isz == 8].gemm(ty, tx, &m, &n, &k, &al, b, &ldy, a, &ldx, p ? &one : &be,
                                       out + (i * y->cols + j) * isz, &ldo);
            }
}

/* out = alpha x y + beta out; `out` is C ordered and not read when beta is 0. */
void rt_product(double alpha, const Matrix *x, const Matrix *y, double beta, char *out, idx isz, char *room, int threads)
{
    Matrix t, u;
    if (x->rows == 0 || y->cols == 0)
        return;
    if (x->cols == 0) {
        scale(beta, out, x->rows * y->cols, isz);
        return;
    }
    if (!fits(x->rows) || !fits(x->cols) || !fits(y->cols)) {
        plain_product(alpha, x, y, beta, out, isz);
        return;
    }
    if (y->cols == 1) {
        product_vector(alpha, x, y, beta, out, isz, room, threads);
        return;
    }
    if (x->rows == 1) {
        product_vector(alpha, transposed(y, &t), transposed(x, &u), beta, out, isz, room, threads);
        return;
    }
    if (rt_dots_product(alpha, x, y, beta, out, isz, room, threads) ||
        rt_packed_product(alpha, x, y, beta, out, isz, room, threads))
        return;
    if (!library[isz == 8].gemm) {
        plain_product(alpha, x, y, beta, out, isz);
        return;
    }
    rt_pool_rest(); /* the library has threads of its own */
    char lx, ly;
    int ldx, ldy, m = (int)y->cols, n = (int)x->rows, k = (int)x->cols;
    Matrix a = readable(x, isz, room, &lx, &ldx);
    Matrix b = readable(y, isz, room + pack_room(x, isz), &ly, &ldy);
    if ((double)m * n * k <= LONG_PRODUCT) {
        Number al = number(alpha, isz), be = number(beta, isz);
        char tx[2] = {lx, 0}, ty[2] = {ly, 0};
        int dismissed = dismiss_crew((double)m * n * k);
        library[isz == 8].gemm(ty, tx, &m, &n, &k, &al, b.data, &ldy, a.data, &ldx, &be, out, &m);
        recall_crew(dismissed);
    } else {
        long_product(alpha, &a, &b, beta, out, isz);
    }
}

#define DEFINE_OUTER(name, type)                                                                                       \
    CLONES static void name(type factor, const type *y, const type *z, idx n, type *out)                               \
    {                                                                                                                  \
        for (idx i = 0; i < n; i++)                                                                                    \
            out[i] = z[i] + factor * y[i];                                                                             \
    }

DEFINE_OUTER(outer_float, float)
DEFINE_OUTER(outer_double, double)

/* out = z + alpha column row; the row y, the rows of z, which may be out, and out are contiguous. */
void rt_rank_one(double alpha, const char *x, idx xs, const char *y, const Matrix *z, char *out, idx isz)
{
    for (idx i = 0; i < z->rows; i++, x += xs, out += z->cols * isz) {
        const char *from = z->data + i * z->rs;
        if (isz == 8)
            outer_double(alpha * *(const double *)x, (const double *)y, (const double *)from, z->cols, (double *)out);
        else
            outer_float((float)alpha * *(const float *)x, (const float *)y, (const float *)from, z->cols, (float *)out);
    }
}
