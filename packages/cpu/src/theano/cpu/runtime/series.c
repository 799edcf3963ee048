/* Laws with a loop in them: each element, or each row of counts, has a series of its own. */
#include "draws.h"

const SeriesLaw *rt_series_law(int64_t law)
{
    switch (law) {
    case LAW_POISSON: return &rt_poisson;
    case LAW_BINOMIAL: return &rt_binomial;
    case LAW_GAMMA: return &rt_gamma;
    case LAW_BETA: return &rt_beta;
    default: return NULL;
    }
}

#define STORE(type, as)                                                                                                \
    for (idx i = 0; i < n; i++)                                                                                        \
        ((type *)out)[i] = (type)as made[i];                                                                           \
    return;

static void store(const Job *job, const double *made, idx n, char *out)
{
    if (job->typenum == NPY_DOUBLE) {
        memcpy(out, made, (size_t)n * sizeof(double));
        return;
    }
    if (job->typenum == NPY_FLOAT) {
        STORE(float, )
    }
    switch (job->itemsize) {
    case 1: STORE(int8_t, (int64_t))
    case 2: STORE(int16_t, (int64_t))
    case 4: STORE(int32_t, (int64_t))
    default: STORE(int64_t, )
    }
}

/* Parameter `k` as floats. */
static void read_floats(const Job *job, int k, idx at, idx n, Tile *tile)
{
    rt_draw_parameter(job, k, at, n, tile);
    if (rt_slot(job->call, job->t->in[2 + k])->typenum == NPY_DOUBLE)
        return;
    for (idx i = 0; i < n; i++)
        tile->d[i] = (double)tile->i[i];
}

/* What the law computes of these parameters, unless they were the last ones too. */
void rt_series_fit(const SeriesLaw *law, Fit *fit, double p, double q)
{
    double pair[2] = {p, q};
    if (fit->known && !memcmp(pair, fit->p, sizeof pair))
        return;
    memcpy(fit->p, pair, sizeof pair);
    fit->known = 1;
    law->fit(fit);
}

/* Reads and checks the parameters of `n` elements, once if they are the same for all. */
static int read_parameters(Job *job, idx at, idx n, Tile *tiles, Fit *fit)
{
    int nparams = job->t->nin - 2;
    if (fit->known && fit->shared)
        return 0;
    fit->shared = 1;
    for (int k = 0; k < nparams; k++)
        fit->shared &= rt_slot(job->call, job->t->in[2 + k])->ndim == 0;
    idx given = fit->shared ? 1 : n;
    for (int k = 0; k < nparams; k++)
        read_floats(job, k, at, given, &tiles[k]);
    for (idx i = 0; i < given; i++) {
        double p[2] = {tiles[0].d[i], nparams > 1 ? tiles[1].d[i] : 0};
        int broken = job->series->broken(p);
        if (broken >= 0)
            return rt_draw_reject(job, job->series->demands[broken][0], job->series->demands[broken][1], p[broken]);
    }
    if (fit->shared)
        rt_series_fit(job->series, fit, tiles[0].d[0], nparams > 1 ? tiles[1].d[0] : 0);
    return 0;
}

/* Elements `at` to `at` + `n` of the sample, made of one group and their series. */
int rt_series_fill(Job *job, const uint32_t *w, idx at, idx n, Fit *fit)
{
    Tile tiles[2];
    double made[RT_GROUP];
    if (read_parameters(job, at, n, tiles, fit) < 0)
        return -1;
    job->series->make(job, w, at, n, tiles, fit, made);
    store(job, made, n, job->out + at * job->itemsize);
    return 0;
}

/* Inputs: state, shape, trials, probabilities: one row for all, or one for each. */
int rt_multinomial_open(Job *job)
{
    Call *c = job->call;
    const Buf *p = rt_in(c, job->t, 3), *n = rt_in(c, job->t, 2);
    const Slot *s = rt_slot(c, job->t->in[3]);
    idx categories = s->ndim ? p->dims[s->ndim - 1] : 0;
    if (!categories) {
        PyErr_SetString(PyExc_ValueError, "multinomial draws: no category; give at least one probability for each row");
        return -1;
    }
    idx rows = job->size / categories, given = p->size / categories;
    if ((s->ndim > 1 && given != rows) || (rt_slot(c, job->t->in[2])->ndim && n->size != rows) ||
        rt_out(c, job->t, 0)->dims[rt_slot(c, job->t->out[0])->ndim - 1] != categories) {
        PyErr_Format(PyExc_ValueError, "multinomial: %zd rows, but probabilities for %zd rows and trials for %zd: let "
                     "parameters broadcast to size", rows, given, n->size);
        return -1;
    }
    if (!(job->tails = (double *)rt_scratch(c, sizeof(double) * (size_t)(2 * p->size)))) {
        PyErr_NoMemory();
        return -1;
    }
    double *values = job->tails + p->size;
    rt_gather((char *)values, p->data, s->ndim, p->dims, p->strides, 0, p->size, 8);
    job->categories = categories;
    job->size = rows;
    for (idx r = 0; r < given; r++) {
        double tail = 0;
        for (idx j = categories - 1; j >= 0; j--) {
            double q = values[r * categories + j];
            if (!(q >= 0))
                return rt_draw_reject(job, "multinomial: probabilities of 0 or more", "rescale pvals", q);
            job->tails[r * categories + j] = tail = j == categories - 1 ? q : tail + q;
        }
        if (!(fabs(tail - 1.0) <= 1e-4))
            return rt_draw_reject(job, "multinomial: rows of probabilities that add up to 1", "rescale pvals", tail);
    }
    return 0;
}

static void count_row(const Job *job, Series *x, double left, const double *tails, const double *p, char *out)
{
    Fit fit;
    fit.known = fit.shared = 0;
    for (idx j = 0; j < job->categories - 1; j++, out += job->itemsize) {
        double q = tails[j] > 0.0 ? p[j] / tails[j] : 0.0, drawn = rt_binomial_number(x, &fit, left, q < 1.0 ? q : 1.0);
        store(job, &drawn, 1, out);
        left = left - drawn;
    }
    store(job, &left, 1, out);
}

int rt_multinomial_fill(Job *job, idx at, idx n)
{
    Tile trials;
    Batch batch;
    idx k = job->categories, all = rt_in(job->call, job->t, 3)->size;
    read_floats(job, 0, at, n, &trials);
    for (idx i = 0; i < n; i++) {
        double left = trials.d[i], pair[2] = {left, 0.5};
        if (rt_binomial.broken(pair) >= 0)
            return rt_draw_reject(job, "multinomial: trials from 0 to 2**52", "give another n", left);
        if (i % RT_LANES == 0)
            rt_random_batch(&batch, &job->stream, (uint64_t)(at + i));
        const double *tails = job->tails + (all > k ? (at + i) * k : 0);
        count_row(job, &batch.series[i % RT_LANES], left, tails, tails + all, job->out + (at + i) * k * job->itemsize);
    }
    return 0;
}
