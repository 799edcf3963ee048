/* Draws from counter-based streams as steps of a plan: each fills its output group by group. */
#include "draws.h"
#include "pool.h"

static int read_stream(Call *c, const Thunk *t, Stream *s)
{
    const Buf *b = rt_in(c, t, 0);
    uint64_t words[5];
    if (b->size != 5) {
        PyErr_Format(PyExc_ValueError, "the state of a stream has 5 words, found %zd: set the state that get_value of a "
                     "draw's rng gave", b->size);
        return -1;
    }
    for (int i = 0; i < 5; i++)
        memcpy(&words[i], b->data + i * b->strides[0], sizeof(uint64_t));
    for (int i = 0; i < 8; i++)
        s->key[i] = (uint32_t)(words[i / 2] >> 32 * (i & 1));
    s->group = words[4];
    return 0;
}

/* The shape that input 1 tells, for a value of type `s` (NULL: any). */
static int read_dims(Call *c, const Thunk *t, const Slot *s, int ndim, idx *dims)
{
    const Buf *b = rt_in(c, t, 1);
    if (b->size != ndim) {
        PyErr_Format(PyExc_ValueError, "a draw of %d dimensions, but its shape has %zd lengths: pass the right ndim",
                     ndim, b->size);
        return -1;
    }
    for (int d = 0; d < ndim; d++) {
        memcpy(&dims[d], b->data + d * b->strides[0], sizeof(idx));
        if (dims[d] >= 0 && !(s && (s->bcast >> d & 1) && dims[d] != 1))
            continue;
        PyErr_Format(PyExc_ValueError, "a draw with length %zd for dimension %d, which %s: give lengths of 0 or more that "
                     "fit the type", dims[d], d, dims[d] < 0 ? "is negative" : "is declared to be 1");
        return -1;
    }
    return 0;
}

static int draw_prepare(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[RT_MAXDIM];
    return read_dims(c, t, s, s->ndim, dims) < 0 ? -1 : rt_alloc_out(c, t, 0, dims);
}

static int advance_run(Call *c, const Thunk *t)
{
    idx dims[RT_MAXDIM], five = 5, words = (idx)t->params[0];
    const Buf *b = rt_in(c, t, 0);
    Stream s;
    if (rt_in(c, t, 1)->size > RT_MAXDIM || read_stream(c, t, &s) < 0 ||
        read_dims(c, t, NULL, (int)rt_in(c, t, 1)->size, dims) < 0)
        return -1;
    for (int d = 0; d < rt_in(c, t, 1)->size; d++)
        if (__builtin_mul_overflow(words, dims[d], &words)) {
            PyErr_NoMemory();
            return -1;
        }
    if (rt_alloc_out(c, t, 0, &five) < 0)
        return -1;
    uint64_t *out = (uint64_t *)rt_out(c, t, 0)->data;
    for (int i = 0; i < 4; i++)
        memcpy(&out[i], b->data + i * b->strides[0], sizeof(uint64_t));
    out[4] = s.group + ((uint64_t)words + RT_GROUP - 1) / RT_GROUP;
    return 0;
}

/* Parameter `k` of the elements from `at` on, `n` numbers of 8 bytes. */
void rt_draw_parameter(const Job *job, int k, idx at, idx n, Tile *tile)
{
    const Slot *s = rt_slot(job->call, job->t->in[2 + k]);
    const Buf *b = rt_in(job->call, job->t, 2 + k);
    if (s->ndim == 0)
        rt_fill(tile->bytes, b->data, n, 8);
    else
        rt_gather(tile->bytes, b->data, s->ndim, b->dims, b->strides, at, n, 8);
}

static int check_parameters(Call *c, const Thunk *t)
{
    idx size = rt_out(c, t, 0)->size;
    for (int k = 2; k < t->nin; k++)
        if (rt_slot(c, t->in[k])->ndim && rt_in(c, t, k)->size != size) {
            PyErr_Format(PyExc_ValueError, "a draw of %zd elements, but parameter %d has %zd: let parameters broadcast to "
                         "size", size, k - 2, rt_in(c, t, k)->size);
            return -1;
        }
    return 0;
}

/* Truths as numbers of the output's type. */
#define STORE_TRUTHS(type)                                                                                             \
    for (idx i = 0; i < n; i++)                                                                                        \
        ((type *)out)[i] = (type)truth[i];                                                                             \
    return;

CLONES static void store_truths(const uint8_t *truth, char *out, idx n, int typenum, idx itemsize)
{
    if (typenum == NPY_FLOAT) {
        STORE_TRUTHS(float)
    }
    if (typenum == NPY_DOUBLE) {
        STORE_TRUTHS(double)
    }
    switch (itemsize) {
    case 1: memcpy(out, truth, (size_t)n); return;
    case 2: STORE_TRUTHS(uint16_t)
    case 4: STORE_TRUTHS(uint32_t)
    default: STORE_TRUTHS(uint64_t)
    }
}

/* Whether each word lies below the border; returns whether one lies on it. */
CLONES static int below(const uint32_t *w, uint32_t border, uint8_t *truth)
{
    uint32_t tie = 0;
    for (int i = 0; i < RT_GROUP; i++) {
        truth[i] = w[i] < border;
        tie |= w[i] == border;
    }
    return (int)tie;
}

/* Keeps the parameter that the error tells; of several the first to come. */
int rt_draw_reject(Job *job, const char *demand, const char *advice, double bad)
{
    if (!__atomic_exchange_n(&job->failed, 1, __ATOMIC_RELAXED)) {
        job->demand = demand;
        job->advice = advice;
        job->bad = bad;
    }
    return -1;
}

static uint8_t decide(const Job *job, uint32_t word, double scaled, double border, idx at)
{
    Series x;
    if ((double)word != border)
        return (double)word < border;
    rt_random_series(&x, &job->stream, (uint64_t)at, 0);
    return rt_random_next(&x) < scaled - border;
}

static int bernoulli(Job *job, const uint32_t *w, idx at, idx n, char *out)
{
    Tile p;
    uint8_t truth[RT_GROUP];
    int single = rt_slot(job->call, job->t->in[2])->ndim == 0;
    rt_draw_parameter(job, 0, at, single ? 1 : n, &p);
    for (idx i = 0; i < (single ? 1 : n); i++)
        if (!(p.d[i] >= 0 && p.d[i] <= 1))
            return rt_draw_reject(job, "bernoulli: probabilities from 0 to 1", "rescale p", p.d[i]);
    double scaled = p.d[0] * 0x1p32, border = floor(scaled);
    if (single && border < 0x1p32) {
        if (below(w, (uint32_t)border, truth))
            for (idx i = 0; i < n; i++)
                truth[i] = decide(job, w[i], scaled, border, at + i);
    } else {
        for (idx i = 0; i < n; i++) {
            scaled = (single ? p.d[0] : p.d[i]) * 0x1p32;
            truth[i] = decide(job, w[i], scaled, floor(scaled), at + i);
        }
    }
    store_truths(truth, out, n, job->typenum, job->itemsize);
    return 0;
}

/* Integers up to a bound, by D. Lemire: where the product falls into the part that would favour some, draw again. */
static uint64_t within(const Job *job, uint64_t word, uint64_t span, idx at)
{
    if (!span)
        return word;
    unsigned __int128 product = (unsigned __int128)word * span;
    if ((uint64_t)product < span && (uint64_t)product < (0 - span) % span) {
        Series x;
        rt_random_series(&x, &job->stream, (uint64_t)at, 0);
        do
            product = (unsigned __int128)rt_random_next64(&x) * span;
        while ((uint64_t)product < (0 - span) % span);
    }
    return (uint64_t)(product >> 64);
}

static int integers(Job *job, const uint64_t *word, idx at, idx n, char *out)
{
    Tile low, high;
    rt_draw_parameter(job, 0, at, n, &low);
    rt_draw_parameter(job, 1, at, n, &high);
    for (idx i = 0; i < n; i++) {
        if (low.i[i] > high.i[i]) {
            if (!__atomic_exchange_n(&job->failed, 1, __ATOMIC_RELAXED)) {
                job->low = low.i[i];
                job->high = high.i[i];
            }
            return -1;
        }
        uint64_t span = (uint64_t)high.i[i] - (uint64_t)low.i[i] + 1;
        int64_t value = (int64_t)((uint64_t)low.i[i] + within(job, word[i], span, at + i));
        switch (job->itemsize) {
        case 1: ((int8_t *)out)[i] = (int8_t)value; break;
        case 2: ((int16_t *)out)[i] = (int16_t)value; break;
        case 4: ((int32_t *)out)[i] = (int32_t)value; break;
        default: ((int64_t *)out)[i] = value;
        }
    }
    return 0;
}

/* Elements `at` to `at` + `n` of the sample, made of one group. */
static int fill_group(Job *job, const uint32_t *w, idx at, idx n)
{
    char *out = job->out + at * job->itemsize;
    char made[RT_GROUP * 8] __attribute__((aligned(RT_ALIGN)));
    if (job->law == LAW_BERNOULLI)
        return bernoulli(job, w, at, n, out);
    if (job->law == LAW_INTEGERS) {
        job->shape(w, made);
        return integers(job, (const uint64_t *)made, at, n, out);
    }
    job->shape(w, n == job->most ? out : made);
    if (n != job->most)
        memcpy(out, made, (size_t)(n * job->itemsize));
    return 0;
}

static void fill(void *arg, idx chunk, int worker)
{
    Job *job = arg;
    uint32_t w[RT_GROUP] __attribute__((aligned(RT_ALIGN)));
    uint64_t group = job->stream.group + (uint64_t)(chunk * job->step);
    idx at = chunk * job->step * job->most, end = at + job->step * job->most;
    Fit fit;
    fit.known = 0;
    (void)worker;
    for (end = end < job->size ? end : job->size; at < end; at += job->most) {
        idx n = end - at < job->most ? end - at : job->most;
        if (job->law != LAW_MULTINOMIAL)
            rt_random_group(&job->stream, group++, w);
        if ((job->law == LAW_MULTINOMIAL ? rt_multinomial_fill(job, at, n)
             : job->series               ? rt_series_fill(job, w, at, n, &fit)
                                         : fill_group(job, w, at, n)) < 0)
            return;
    }
}

/* The error of a parameter that no law has; the text is in three parts. */
static int bad_parameter(const Job *job)
{
    if (job->law == LAW_INTEGERS) {
        PyErr_Format(PyExc_ValueError, "integers from low to high: low %lld above high %lld; give low <= high",
                     (long long)job->low, (long long)job->high);
        return -1;
    }
    PyObject *value = PyFloat_FromDouble(job->bad);
    if (value)
        PyErr_Format(PyExc_ValueError, "%s: got %R; %s", job->demand, value, job->advice);
    Py_XDECREF(value);
    return -1;
}

static const int picoseconds[] = {[LAW_UNIFORM] = 400, [LAW_NORMAL] = 1000, [LAW_EXPONENTIAL] = 900,
                                  [LAW_BERNOULLI] = 500, [LAW_INTEGERS] = 1500, [LAW_BITS] = 500,
                                  [LAW_POISSON] = 4000, [LAW_BINOMIAL] = 5000, [LAW_GAMMA] = 3000,
                                  [LAW_BETA] = 3000, [LAW_MULTINOMIAL] = 80000}; /* for a word, or an element without */

/* inputs: state, shape, parameters (float64 or int64: single numbers, or one for each element); params: law */
static int draw_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *o = rt_out(c, t, 0);
    Job job = {.call = c, .t = t, .law = t->params[0], .typenum = s->typenum, .size = o->size, .itemsize = s->itemsize,
               .most = RT_GROUP, .out = o->data};
    if (read_stream(c, t, &job.stream) < 0)
        return -1;
    if ((job.law == LAW_MULTINOMIAL ? rt_multinomial_open(&job) : check_parameters(c, t)) < 0)
        return job.failed ? bad_parameter(&job) : -1;
    job.shape = rt_random_shape(job.law, job.typenum);
    job.series = rt_series_law(job.law);
    if (job.law == LAW_INTEGERS || job.law == LAW_BITS || (job.law < LAW_BERNOULLI && job.typenum == NPY_DOUBLE))
        job.most = RT_GROUP / 2;
    if (job.series)
        job.most = job.series->most;
    idx groups = (job.size + job.most - 1) / job.most;
    double ps = (double)groups * RT_GROUP * picoseconds[job.law];
    rt_release(c, ps);
    int threads = job.size < c->plan->least ? 1 : rt_threads(c, ps);
    job.step = threads > 1 ? rt_pool_step(groups, 8, threads, ps) : groups;
    if (groups)
        rt_parallel(threads, rt_pool_chunks(groups, job.step), fill, &job);
    rt_acquire(c);
    return job.failed ? bad_parameter(&job) : 0;
}

const Routine rt_random_routines[] = {{"random_draw", NULL, draw_prepare, draw_run},
                                      {"random_advance", NULL, NULL, advance_run},
                                      {NULL, NULL, NULL, NULL}};
