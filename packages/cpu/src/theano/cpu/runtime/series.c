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

static void store(const Job *job, double value, char *out)
{
    if (job->typenum == NPY_DOUBLE) {
        *(double *)out = value;
        return;
    }
    if (job->typenum == NPY_FLOAT) {
        *(float *)out = (float)value;
        return;
    }
    int64_t whole = (int64_t)value;
    switch (job->itemsize) {
    case 1: *(int8_t *)out = (int8_t)whole; break;
    case 2: *(int16_t *)out = (int16_t)whole; break;
    case 4: *(int32_t *)out = (int32_t)whole; break;
    default: *(int64_t *)out = whole;
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

int rt_series_fill(Job *job, idx at, idx n)
{
    Tile tiles[2];
    Batch batch;
    Fit fit = {.shared = 1};
    int nparams = job->t->nin - 2;
    for (int k = 0; k < nparams; k++)
        fit.shared &= rt_slot(job->call, job->t->in[2 + k])->ndim == 0;
    for (int k = 0; k < nparams; k++)
        read_floats(job, k, at, n, &tiles[k]);
    for (idx i = 0; i < n; i++) {
        double p[2] = {tiles[0].d[i], nparams > 1 ? tiles[1].d[i] : 0};
        int broken = job->series->broken(p);
        if (broken >= 0)
            return rt_draw_reject(job, job->series->demands[broken][0], job->series->demands[broken][1], p[broken]);
        if (i == 0 || memcmp(p, fit.p, sizeof p)) {
            memcpy(fit.p, p, sizeof p);
            job->series->fit(&fit);
        }
        if (i % RT_LANES == 0)
            rt_random_batch(&batch, &job->stream, (uint64_t)(at + i));
        store(job, job->series->draw(&batch.series[i % RT_LANES], &fit), job->out + (at + i) * job->itemsize);
    }
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
    for (idx j = 0; j < job->categories - 1; j++, out += job->itemsize) {
        double q = tails[j] > 0.0 ? p[j] / tails[j] : 0.0;
        Fit fit;
        fit.shared = 0;
        fit.p[0] = left;
        fit.p[1] = q < 1.0 ? q : 1.0;
        rt_binomial.fit(&fit);
        double drawn = rt_binomial.draw(x, &fit);
        store(job, drawn, out);
        left = left - drawn;
    }
    store(job, left, out);
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
