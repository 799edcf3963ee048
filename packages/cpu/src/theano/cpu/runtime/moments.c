/* The sum and the squared deviations of a row, with one walk through memory.
 *
 * `sum((x - m)²)`, where m is the same for the whole row, is the squared deviations from the row's own mean plus
 * `n·(mean - m)²`. So m, which is mostly made of the sum, need not be known beforehand. Deviations are those of blocks that
 * stay in the fastest caches, merged pairwise (Chan, Golub, LeVeque); the sum is added up as fold.c does. */
#include "deviate.h"
#include "interrupt.h"
#include "rows.h"

#include <math.h>

/* Of `n` elements: the mean, which is near + rest, and the squared deviations from it. Far from zero `near` alone would be
 * too coarse to tell how far two means lie apart. */
typedef struct {
    double n, near, rest, squares;
} Spread;

typedef struct {
    const Leaf *leaf;
    int wide, depth; /* float32 is widened */
    uint64_t count;
    Spread spread[40];
    double part[40][RT_PARTS] __attribute__((aligned(RT_ALIGN)));
} Moments;

/* Sums overflow where deviations do, or where there are infinities, whose deviations are NaN already. */
static double overflown(double term) { return term != term ? INFINITY : term; }

static void join(Spread *a, const Spread *b)
{
    double apart = (b->near - a->near) + (b->rest - a->rest), n = a->n + b->n, share = b->n / n;
    a->squares += b->squares + overflown(apart * apart * a->n * share);
    a->rest += apart * share;
    a->n = n;
}

static CLONES double sum_of(const double *part) /* in the order of leaves.c */
{
    double half[16], total[8];
    for (int j = 0; j < 16; j++)
        half[j] = part[j] + part[j + 16];
    for (int j = 0; j < 8; j++)
        total[j] = half[j] + half[j + 8];
    return ((total[0] + total[4]) + (total[2] + total[6])) + ((total[1] + total[5]) + (total[3] + total[7]));
}

/* What the squares overflow to: NaN is what infinities leave. */
static double endless(const char *x, idx n, int wide)
{
    for (idx i = 0; i < n; i++)
        if (isinf(wide ? ((const float *)x)[i] : ((const double *)x)[i]))
            return NAN;
    return INFINITY;
}

/* A block's spread around `about`; tells whether that is so far from the mean that the squares lose what they tell. */
static int spread_around(Spread *s, double *part, const char *x, idx n, int wide, double about)
{
    Parts p;
    rt_deviate(&p, x, n, wide, about);
    memcpy(part, p.sums, sizeof p.sums);
    double rests = sum_of(p.rests), squares = sum_of(p.squares), shift = rests * (rests / (double)n);
    *s = (Spread){(double)n, about, rests / (double)n, squares - shift};
    if (squares == INFINITY)
        s->squares = endless(x, n, wide);
    return !(shift <= squares / 2) && squares > 0;
}

/* As much as this may cancel where float32 is squared before the mean is known: what is left is far more than its own. */
#define LEFT 0x1p-12

static int squared_first(Spread *s, double *part, const char *x, idx n, double *total, const char *soon)
{
    double squares = rt_add_wide_squares(part, (const float *)x, n, total, soon), mean = *total / (double)n;
    *s = (Spread){(double)n, mean, 0, squares - *total * mean};
    return s->squares >= LEFT * squares;
}

static double if_finite(double x) { return x - x == 0 ? x : 0; }

/* A guess at the mean: that of some elements. */
static double guess(const double *x, idx n)
{
    double some[8], sum = 0;
    if (n < 16) {
        for (idx i = 0; i < n; i++)
            sum += x[i];
        return sum / (double)n;
    }
    for (int j = 0; j < 8; j++)
        some[j] = x[j] + x[j + 8];
    return (((some[0] + some[4]) + (some[2] + some[6])) + ((some[1] + some[5]) + (some[3] + some[7]))) / 16;
}

static void find_around(Spread *s, double *part, const char *x, idx n, int wide)
{
    double around = if_finite(wide ? s->near : guess((const double *)x, n));
    if (spread_around(s, part, x, n, wide, around))
        spread_around(s, part, x, n, wide, if_finite(around + s->rest));
}

/* A block: its spread and its partial sums. They depend on nothing outside, so that threads may share the blocks. */
static void find_block(Spread *s, double *part, const char *x, idx n, int wide)
{
    double total;
    if (!wide || !squared_first(s, part, x, n, &total, NULL))
        find_around(s, part, x, n, wide);
}

static void merge_last(Moments *m)
{
    m->depth--;
    m->leaf->join_across((char *)m->part[m->depth - 1], (const char *)m->part[m->depth], RT_PARTS);
    join(&m->spread[m->depth - 1], &m->spread[m->depth]);
}

static void close_block(Moments *m)
{
    for (uint64_t bits = m->count++; bits & 1; bits >>= 1)
        merge_last(m);
}

static void start(Moments *m, int leaf)
{
    m->leaf = &rt_leaves[leaf];
    m->wide = m->leaf->kind[3] != 0; /* "add float32" */
    m->depth = 0;
    m->count = 0;
}

/* Elements at .. at + n of a row, contiguous. */
static const char *stretch(const Strip *x, idx at, idx n, int size)
{
    if (!x->room)
        return x->base + at * size;
    rt_gather(x->room, x->base, x->ndim, x->dims, x->strides, at, n, size);
    return x->room;
}

/* Elements that have their deviations found together: a block of float32; of float64 several, since what a block costs
 * beside its elements would take half as long as these do. Sums do not notice. */
static idx block_of(const Leaf *l) { return l->kind[3] ? l->block : RT_STRETCH * l->block; }

/* Elements `from`, which begins a block, to `to` of a row. */
static void add_blocks(Moments *m, const Strip *x, idx from, idx to)
{
    idx block = block_of(m->leaf);
    for (idx at = from; at < to; at += block) {
        idx n = to - at < block ? to - at : block;
        if (at > from && at % RT_LOOK == 0 && rt_poll() < 0)
            return;
        find_block(&m->spread[m->depth], m->part[m->depth], stretch(x, at, n, m->wide ? 4 : 8), n, m->wide);
        m->depth++;
        close_block(m);
    }
}

static void finish(Moments *m, double *sum, Spread *all)
{
    while (m->depth > 1)
        merge_last(m);
    m->leaf->merge((char *)sum, (const char *)m->part[0], RT_PARTS);
    *all = m->spread[0];
}

static void few(int leaf, const char *x, idx n, double *sum, Spread *all)
{
    const Leaf *l = &rt_leaves[leaf];
    double squares[RT_MEDIUM], d;
    l->few((char *)sum, x, n);
    *all = (Spread){(double)n, *sum / (double)n, 0, 0};
    for (idx i = 0; i < n; i++) {
        d = (l->kind[3] ? ((const float *)x)[i] : ((const double *)x)[i]) - all->near;
        squares[i] = d * d;
    }
    l->join_few((char *)&all->squares, (const char *)squares, n);
}

/* Threads share a long row as they do in fold.c. */
#define MOST_CHUNKS 64
#define LEAST_CHUNK 8192

typedef struct {
    int leaf;
    const Strip *x;
    idx length, step;
    double parts[MOST_CHUNKS][RT_PARTS] __attribute__((aligned(RT_ALIGN)));
    Spread spreads[MOST_CHUNKS];
    Moments last;
} Long;

static void chunk(void *arg, idx number, int worker)
{
    Long *h = arg;
    Moments m;
    idx from = number * h->step, to = h->length - from <= h->step ? h->length : from + h->step;
    (void)worker;
    if (to == h->length) {
        add_blocks(&h->last, h->x, from, to);
        return;
    }
    start(&m, h->leaf);
    add_blocks(&m, h->x, from, to);
    memcpy(h->parts[number], m.part[0], sizeof m.part[0]);
    h->spreads[number] = m.spread[0];
}

static void share(Moments *m, int leaf, const Strip *x, idx length, int threads)
{
    Long h; /* not cleared: it is large */
    h.leaf = leaf;
    h.x = x;
    h.length = length;
    h.step = block_of(m->leaf);
    while (h.step < LEAST_CHUNK || h.step * MOST_CHUNKS < length)
        h.step *= 2;
    idx chunks = rt_pool_chunks(length, h.step);
    start(&h.last, leaf);
    rt_parallel(threads, chunks, chunk, &h);
    for (idx i = 0; i + 1 < chunks; i++) {
        memcpy(m->part[m->depth], h.parts[i], sizeof h.parts[i]);
        m->spread[m->depth++] = h.spreads[i];
        close_block(m);
    }
    for (int i = 0; i < h.last.depth; i++) {
        memcpy(m->part[m->depth], h.last.part[i], sizeof h.last.part[i]);
        m->spread[m->depth++] = h.last.spread[i];
    }
}

/* A row of several blocks; a function of its own, since other rows need less of the stack. */
__attribute__((noinline)) static void by_blocks(int leaf, const Strip *x, idx length, double *sum, Spread *all, int threads)
{
    Moments m;
    start(&m, leaf);
    if (threads > 1 && length > LEAST_CHUNK && !x->room)
        share(&m, leaf, x, length, threads);
    else
        add_blocks(&m, x, 0, length);
    finish(&m, sum, all);
}

static void one_block(int wide, const char *x, idx length, double *sum, Spread *all, const char *soon)
{
    double part[RT_PARTS] __attribute__((aligned(RT_ALIGN)));
    if (wide && squared_first(all, part, x, length, sum, soon))
        return;
    find_around(all, part, x, length, wide);
    *sum = sum_of(part);
}

/* A row of at least one element. The sweep's body makes m of the sum. */
void rt_moments_row(const Sweep *s, char *const *p, const Strip *x, idx length, double *sum, double *squares, int threads)
{
    const int size = s->ops[s->nops - 1].size;
    Spread all;
    double about, apart;
    if (length <= RT_MEDIUM)
        few(s->leaf, stretch(x, 0, length, size), length, sum, &all);
    else if (length <= block_of(&rt_leaves[s->leaf]))
        one_block(size == 4, stretch(x, 0, length, size), length, sum, &all, x->result);
    else
        by_blocks(s->leaf, x, length, sum, &all, threads);
    s->body(p, 1);
    about = *(const double *)p[s->value];
    apart = (all.near - about) + all.rest;
    *squares = about != about ? about : all.squares + overflown(apart * apart * all.n);
}
