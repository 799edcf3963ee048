/* Profiles: how often each step ran, how long, and on how much. */
#include "records.h"

#include <math.h>
#include <time.h>

struct Record {
    double seconds, runs, read, written, elements, flops; /* bytes read and written; positions of the largest operand */
    int32_t factors[2]; /* inputs whose product is computed, or -1 */
};

double rt_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* factors: for each thunk a pair of input positions, or an empty tuple */
int rt_records_setup(Plan *p, PyObject *factors)
{
    if (!PyTuple_Check(factors) || PyTuple_GET_SIZE(factors) != p->nthunks) {
        PyErr_SetString(PyExc_ValueError, "a profile needs one entry for each step");
        return -1;
    }
    if (!(p->records = PyMem_Calloc((size_t)p->nthunks + 1, sizeof(Record))))
        return -1;
    for (int32_t i = 0; i < p->nthunks; i++) {
        PyObject *pair = PyTuple_GET_ITEM(factors, i);
        int32_t *to = p->records[i].factors;
        to[0] = to[1] = -1;
        if (PyTuple_GET_SIZE(pair) && !PyArg_ParseTuple(pair, "ii", &to[0], &to[1]))
            return -1;
        if (to[0] >= p->thunks[i].nin || to[1] >= p->thunks[i].nin) {
            PyErr_SetString(PyExc_ValueError, "a profile names an input that the step does not have");
            return -1;
        }
    }
    return 0;
}

static double volume(Call *c, const int32_t *slots, int32_t n, double *largest)
{
    double bytes = 0;
    for (int32_t k = 0; k < n; k++) {
        const Slot *s = rt_slot(c, slots[k]);
        int again = s->kind == 'O';
        for (int32_t j = 0; j < k; j++)
            again |= slots[j] == slots[k];
        if (again)
            continue;
        double size = (double)c->bufs[slots[k]].size;
        bytes += size * s->itemsize;
        *largest = size > *largest ? size : *largest;
    }
    return bytes;
}

/* Twice the multiplications of a product: |A| |B| |C| = (m k n)^2, for each matrix of a batch. */
static double product_flops(Call *c, const Thunk *t, const int32_t *factors)
{
    if (factors[0] < 0 || factors[1] < 0)
        return 0;
    const Buf *a = rt_in(c, t, factors[0]), *b = rt_in(c, t, factors[1]), *o = rt_out(c, t, 0);
    double batch = rt_slot(c, t->out[0])->ndim == 3 && o->dims[0] > 0 ? (double)o->dims[0] : 1;
    return 2 * sqrt((double)a->size * (double)b->size * (double)o->size / batch);
}

/* Adds a run of `t` that has just ended. */
void rt_record(Call *c, const Thunk *t, double seconds)
{
    Record *r = &c->plan->records[t - c->plan->thunks];
    double largest = 0;
    r->seconds += seconds;
    r->runs += 1;
    r->read += volume(c, t->in, t->nin, &largest);
    r->written += volume(c, t->out, t->nout, &largest);
    r->elements += largest;
    r->flops += product_flops(c, t, r->factors);
}

/* Method `_step_records()`: (seconds, runs, bytes read, bytes written, elements, flops) of each step since the last
 * question; empty when nobody asked for a profile. */
PyObject *rt_step_records(PyObject *self, PyObject *unused)
{
    Plan *p = (Plan *)self;
    (void)unused;
    PyObject *list = PyList_New(p->records ? p->nthunks : 0);
    for (int32_t i = 0; list && p->records && i < p->nthunks; i++) {
        Record *r = &p->records[i];
        PyObject *value =
            Py_BuildValue("(dddddd)", r->seconds, r->runs, r->read, r->written, r->elements, r->flops);
        if (!value) {
            Py_DECREF(list);
            return NULL;
        }
        r->seconds = r->runs = r->read = r->written = r->elements = r->flops = 0;
        PyList_SET_ITEM(list, i, value);
    }
    return list;
}

/* Method `_loop_records()`: runs, steps and seconds of loops whose step is this plan, since the last question. */
PyObject *rt_loop_records(PyObject *self, PyObject *unused)
{
    Plan *p = (Plan *)self;
    (void)unused;
    PyObject *value = Py_BuildValue("(ddd)", p->loop_runs, p->loop_steps, p->loop_seconds);
    p->loop_runs = p->loop_steps = p->loop_seconds = 0;
    return value;
}

/* The limit of a core: multiply-adds on float64 in independent chains of the widest vectors. */

#define CHAINS 12
#define ROUNDS 400000

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define PEAK(name, features, vector, lanes, set, fma)                                                                  \
    __attribute__((target(features))) static double name(double *sink)                                                 \
    {                                                                                                                  \
        vector sums[CHAINS], x = set(0.999999), y = set(1e-7);                                                         \
        for (int j = 0; j < CHAINS; j++)                                                                               \
            sums[j] = set((double)j);                                                                                  \
        double start = rt_seconds();                                                                                   \
        for (int i = 0; i < ROUNDS; i++)                                                                               \
            for (int j = 0; j < CHAINS; j++)                                                                           \
                sums[j] = fma(sums[j], x, y);                                                                          \
        double taken = rt_seconds() - start;                                                                           \
        for (int j = 0; j < CHAINS; j++)                                                                               \
            *sink += ((double *)&sums[j])[0];                                                                          \
        return 2.0 * lanes * CHAINS * ROUNDS / taken;                                                                  \
    }
#define NO_FMA(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
PEAK(peak_512, "avx512f", __m512d, 8, _mm512_set1_pd, _mm512_fmadd_pd)
PEAK(peak_256, "avx2,fma", __m256d, 4, _mm256_set1_pd, _mm256_fmadd_pd)
PEAK(peak_128, "sse2", __m128d, 2, _mm_set1_pd, NO_FMA)

static double peak(double *sink)
{
    if (__builtin_cpu_supports("avx512f"))
        return peak_512(sink);
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? peak_256(sink) : peak_128(sink);
}
#else
static double peak(double *sink)
{
    double sums[2 * CHAINS], start = rt_seconds();
    for (int j = 0; j < 2 * CHAINS; j++)
        sums[j] = j;
    for (int i = 0; i < ROUNDS; i++)
        for (int j = 0; j < 2 * CHAINS; j++)
            sums[j] = sums[j] * 0.999999 + 1e-7;
    double taken = rt_seconds() - start;
    for (int j = 0; j < 2 * CHAINS; j++)
        *sink += sums[j];
    return 2.0 * 2 * CHAINS * ROUNDS / taken;
}
#endif

/* Floating-point operations per second of one core on float64, the best of a few milliseconds. */
double rt_peak_flops(void)
{
    double best = 0, sink = 0;
    for (int i = 0; i < 5; i++) {
        double found = peak(&sink);
        best = found > best ? found : best;
    }
    return sink == 0.5 ? 0 : best; /* sink: so that nothing is left out */
}
