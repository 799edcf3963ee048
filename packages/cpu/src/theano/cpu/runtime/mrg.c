/* MRG31k3p: numbers taken from many substreams in turn, see theano/tensor/random/mrg.py. */
#include "kernel.h"
#include "pool.h"

#define LANES 16
#define M1 2147483647u
#define M2 2147462579u
#define LOW31 0x7FFFFFFFu

/* x mod 2**31 - 1 for x below 2**61, and x mod 2**31 - 21069 for x below 2**47 */
static inline __attribute__((always_inline)) uint32_t modulo1(uint64_t x)
{
    x = (x & LOW31) + (x >> 31);
    uint32_t y = (uint32_t)(x & LOW31) + (uint32_t)(x >> 31);
    return y >= M1 ? y - M1 : y;
}

static inline __attribute__((always_inline)) uint32_t modulo2(uint64_t x)
{
    uint32_t y = (uint32_t)(x & LOW31) + (uint32_t)(x >> 31) * 21069u; /* below 2**32 */
    y = y >= M2 ? y - M2 : y;
    return y >= M2 ? y - M2 : y;
}

/* Some substreams side by side, and where their numbers go: one for each step, `apart` elements from step to step. */
typedef struct {
    uint32_t x[6][LANES];
    idx steps, apart;
    float *narrow;
    double *wide;
} Lanes;

CLONES static void run_block(Lanes *b)
{
    uint32_t x[6][LANES];
    memcpy(x, b->x, sizeof x);
    for (idx step = 0; step < b->steps; step++) {
        int32_t value[LANES];
        for (int i = 0; i < LANES; i++) {
            uint32_t y1 = modulo1(((uint64_t)x[1][i] << 22) + (uint64_t)x[2][i] * 129);
            uint32_t y2 = modulo2(((uint64_t)x[3][i] << 15) + (uint64_t)x[5][i] * 32769);
            x[2][i] = x[1][i];
            x[1][i] = x[0][i];
            x[0][i] = y1;
            x[5][i] = x[4][i];
            x[4][i] = x[3][i];
            x[3][i] = y2;
            value[i] = (int32_t)(y1 - y2 + (y1 <= y2 ? M1 : 0));
        }
        if (b->narrow)
            for (int i = 0; i < LANES; i++)
                b->narrow[step * b->apart + i] = (float)value[i] * 0x1.fffffep-32f; /* below 2**-31: never 1 */
        else
            for (int i = 0; i < LANES; i++)
                b->wide[step * b->apart + i] = (double)value[i] * 0x1p-31;
    }
    memcpy(b->x, x, sizeof x);
}

typedef struct {
    const char *states;
    idx row, word; /* strides of the states in bytes */
    int32_t *after;
    idx streams, size, step;
    char *out;
    int wide;
} Job;

/* One step of the first `n` lanes, into `out`. */
static void run_few(Lanes *b, idx n, char *out, idx itemsize)
{
    double room[LANES];
    Lanes one = *b;
    one.steps = 1;
    one.narrow = b->narrow ? (float *)room : NULL;
    one.wide = b->wide ? room : NULL;
    run_block(&one);
    memcpy(out, room, (size_t)(n * itemsize));
    for (int k = 0; k < 6; k++)
        memcpy(b->x[k], one.x[k], sizeof(uint32_t) * (size_t)n);
}

/* Substreams `first` to `first` + `n`, at most LANES. */
static void run_streams(const Job *job, idx first, idx n)
{
    Lanes b = {.apart = job->streams, .steps = job->size / job->streams};
    idx itemsize = job->wide ? 8 : 4, left = job->size % job->streams - first;
    char *out = job->out + first * itemsize;
    for (int k = 0; k < 6; k++)
        for (idx i = 0; i < n; i++)
            memcpy(&b.x[k][i], job->states + (first + i) * job->row + k * job->word, sizeof(uint32_t));
    if (job->wide)
        b.wide = (double *)out;
    else
        b.narrow = (float *)out;
    if (n == LANES)
        run_block(&b);
    else
        for (idx step = 0; step < b.steps; step++)
            run_few(&b, n, out + step * job->streams * itemsize, itemsize);
    if (left > 0)
        run_few(&b, left < n ? left : n, out + b.steps * job->streams * itemsize, itemsize);
    for (int k = 0; k < 6; k++)
        for (idx i = 0; i < n; i++)
            job->after[(first + i) * 6 + k] = (int32_t)b.x[k][i];
}

static void run_chunk(void *arg, idx chunk, int worker)
{
    const Job *job = arg;
    idx at = chunk * job->step, end = at + job->step < job->streams ? at + job->step : job->streams;
    (void)worker;
    for (; at < end; at += LANES)
        run_streams(job, at, end - at < LANES ? end - at : LANES);
}

static int mrg_prepare(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[1]);
    const Buf *states = rt_in(c, t, 0), *size = rt_in(c, t, 1);
    idx dims[RT_MAXDIM], total = 1;
    if (size->size != s->ndim) {
        PyErr_Format(PyExc_ValueError, "a draw of %d dimensions, but its size has %zd lengths: pass the right ndim",
                     (int)s->ndim, size->size);
        return -1;
    }
    for (int d = 0; d < s->ndim; d++) {
        memcpy(&dims[d], size->data + d * size->strides[0], sizeof(idx));
        if (dims[d] < 0 || ((s->bcast >> d & 1) && dims[d] != 1)) {
            PyErr_Format(PyExc_ValueError, "a draw with length %zd for dimension %d: give lengths of 0 or more that fit the "
                         "type", dims[d], d);
            return -1;
        }
        total = dims[d] ? total : 0;
    }
    if (states->dims[1] != 6 || (total && !states->dims[0])) {
        PyErr_Format(PyExc_ValueError, "states as rows of six words; their shape is (%zd, %zd): give such states",
                     states->dims[0], states->dims[1]);
        return -1;
    }
    return rt_alloc_out(c, t, 0, states->dims) < 0 ? -1 : rt_alloc_out(c, t, 1, dims);
}

/* inputs: states, size; outputs: states behind the draw, sample */
static int mrg_run(Call *c, const Thunk *t)
{
    const Buf *states = rt_in(c, t, 0), *o = rt_out(c, t, 1);
    Job job = {.states = states->data, .row = states->strides[0], .word = states->strides[1],
               .after = (int32_t *)rt_out(c, t, 0)->data, .streams = states->dims[0], .size = o->size, .out = o->data,
               .wide = rt_slot(c, t->out[1])->typenum == NPY_DOUBLE};
    if (!job.streams)
        return 0;
    double ps = (double)job.size * 800 + (double)job.streams * 3000;
    rt_release(c, ps);
    int threads = job.size < c->plan->least ? 1 : rt_threads(c, ps);
    job.step = threads > 1 ? rt_pool_step(job.streams, LANES, threads, ps) : job.streams;
    rt_parallel(threads, rt_pool_chunks(job.streams, job.step), run_chunk, &job);
    rt_acquire(c);
    return 0;
}

const Routine rt_mrg_routines[] = {{"mrg_uniform", NULL, mrg_prepare, mrg_run}, {NULL, NULL, NULL, NULL}};
