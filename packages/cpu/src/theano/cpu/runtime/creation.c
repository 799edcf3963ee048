/* Tensors made from numbers: zeros, ranges, diagonals, triangles. */
#include "creation.h"

#include <math.h>

#define LARGE ((idx)1 << 22) /* bytes from which a new array of zeros comes from the system as it is */

int rt_is_zero(const char *value, idx itemsize)
{
    for (idx i = 0; i < itemsize; i++)
        if (value[i])
            return 0;
    return 1;
}

/* Memory for output `k`, all zero. */
int rt_alloc_zeros(Call *c, const Thunk *t, int32_t k, const idx *dims)
{
    const Slot *s = rt_slot(c, t->out[k]);
    idx bytes = s->itemsize;
    for (int d = 0; d < s->ndim; d++)
        if (__builtin_mul_overflow(bytes, dims[d], &bytes))
            bytes = 0;
    if (s->cls == SLOT_FRESH && !c->berths && bytes >= LARGE) {
        Py_INCREF(s->descr);
        PyObject *array = PyArray_Zeros(s->ndim, (npy_intp *)dims, s->descr, 0);
        return array ? rt_adopt(c, t->out[k], array) : -1;
    }
    if (rt_alloc_out(c, t, k, dims) < 0)
        return -1;
    Buf *o = rt_out(c, t, k);
    rt_release(c, (double)bytes * 40);
    memset(o->data, 0, (size_t)(o->size * s->itemsize));
    rt_acquire(c);
    return 0;
}

/* Ranges. Inputs start, stop, step: integers, or any numbers for a range of floats. */

static double read_number(const Slot *s, const char *p)
{
    if (s->typenum == NPY_DOUBLE)
        return *(const double *)p;
    if (s->typenum == NPY_FLOAT)
        return (double)*(const float *)p;
    return (double)rt_read_int(s, p);
}

static int no_step(void)
{
    PyErr_SetString(PyExc_ZeroDivisionError, "arange: a step of 0; use a nonzero step");
    return -1;
}

static int too_long(void)
{
    PyErr_SetString(PyExc_ValueError, "arange: the range is too long, or its bounds are not numbers");
    return -1;
}

static int count_integers(int64_t start, int64_t stop, int64_t step, idx *n)
{
    if (step == 0)
        return no_step();
    *n = 0;
    if (step > 0 ? stop <= start : stop >= start)
        return 0;
    uint64_t span = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    uint64_t count = (span - 1) / by + 1;
    *n = (idx)count;
    return count > (uint64_t)INT64_MAX / 8 ? too_long() : 0;
}

/* As NumPy counts, also where the quotient vanishes. */
static int count_floats(double start, double stop, double step, idx *n)
{
    if (step == 0)
        return no_step();
    double span = stop - start, steps = span / step;
    if (steps == 0 && span != 0) {
        *n = !signbit(steps);
        return 0;
    }
    steps = ceil(steps);
    if (!(steps < 1e18))
        return too_long();
    *n = steps > 0 ? (idx)steps : 0;
    return 0;
}

static int is_integral(const Slot *s) { return s->kind == 'i' || s->kind == 'u' || s->kind == 'b'; }

int rt_arange_prepare(Call *c, const Thunk *t)
{
    idx n;
    int integral = 1, failed;
    for (int k = 0; k < 3; k++)
        integral &= is_integral(rt_slot(c, t->in[k]));
    if (integral) {
        int64_t v[3];
        for (int k = 0; k < 3; k++)
            v[k] = rt_read_int(rt_slot(c, t->in[k]), rt_in(c, t, k)->data);
        failed = count_integers(v[0], v[1], v[2], &n);
    } else {
        double v[3];
        for (int k = 0; k < 3; k++)
            v[k] = read_number(rt_slot(c, t->in[k]), rt_in(c, t, k)->data);
        failed = count_floats(v[0], v[1], v[2], &n);
    }
    return failed ? -1 : rt_alloc_out(c, t, 0, &n);
}

/* The second element decides about the step, as in NumPy: the sum is rounded before the difference is taken. */
#define FILL_RANGE(type, first, second)                                                                                \
    {                                                                                                                  \
        type a = (type)(first), step = (type)((type)(second) - a), *out = (type *)o->data;                             \
        for (idx i = 2; i < o->size; i++)                                                                              \
            out[i] = (type)(a + (type)i * step);                                                                       \
        if (o->size > 0)                                                                                               \
            out[0] = a;                                                                                                \
        if (o->size > 1)                                                                                               \
            out[1] = (type)(second);                                                                                   \
    }

int rt_arange_run(Call *c, const Thunk *t)
{
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]), *as = rt_slot(c, t->in[0]), *bs = rt_slot(c, t->in[2]);
    const char *a = rt_in(c, t, 0)->data, *b = rt_in(c, t, 2)->data;
    rt_release(c, (double)o->size * 300);
    if (s->typenum == NPY_LONG) {
        uint64_t first = (uint64_t)rt_read_int(as, a), step = (uint64_t)rt_read_int(bs, b), *out = (uint64_t *)o->data;
        for (idx i = 0; i < o->size; i++)
            out[i] = first + (uint64_t)i * step;
    } else {
        double first = read_number(as, a), second = first + read_number(bs, b);
        if (s->typenum == NPY_FLOAT)
            FILL_RANGE(float, first, second)
        else
            FILL_RANGE(double, first, second)
    }
    rt_acquire(c);
    return 0;
}

/* Matrices from (rows, columns, diagonal); the object is the number one in bytes. */

static int read_size(Call *c, const Thunk *t, idx *dims, int64_t *diagonal)
{
    int64_t v[3];
    for (int k = 0; k < 3; k++)
        v[k] = rt_read_int(rt_slot(c, t->in[k]), rt_in(c, t, k)->data);
    dims[0] = v[0];
    dims[1] = v[1];
    *diagonal = v[2];
    if (v[0] >= 0 && v[1] >= 0)
        return 0;
    PyErr_SetString(PyExc_ValueError, "negative dimensions are not allowed");
    return -1;
}

int rt_eye_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[2];
    int64_t k;
    if (read_size(c, t, dims, &k) < 0 || rt_alloc_zeros(c, t, 0, dims) < 0)
        return -1;
    char *out = rt_out(c, t, 0)->data;
    if (k >= dims[1] || k <= -dims[0])
        return 0;
    for (idx i = k < 0 ? -k : 0; i < dims[0] && i + k < dims[1]; i++)
        memcpy(out + (i * dims[1] + i + k) * s->itemsize, PyBytes_AS_STRING(t->object), (size_t)s->itemsize);
    return 0;
}

int rt_tri_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[2], size = s->itemsize;
    int64_t k;
    if (read_size(c, t, dims, &k) < 0 || rt_alloc_out(c, t, 0, dims) < 0)
        return -1;
    const char *one = PyBytes_AS_STRING(t->object);
    char *out = rt_out(c, t, 0)->data;
    k = k > dims[1] ? dims[1] : k < -dims[0] ? -dims[0] : k;
    for (idx i = 0; i < dims[0]; i++, out += dims[1] * size) {
        idx ones = i + k + 1;
        ones = ones < 0 ? 0 : ones > dims[1] ? dims[1] : ones;
        rt_fill(out, one, ones, size);
        memset(out + ones * size, 0, (size_t)((dims[1] - ones) * size));
    }
    return 0;
}
