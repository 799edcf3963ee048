/* Positions of maxima: the first in C order of the reduced dims; NaN counts as largest. */
#include "kernel.h"

/* First position of the element that a maximum leaf found; NaN finds NaN. Blocks keep the search vectorised. */
#define SKIP(type, block)                                                                                              \
    for (; at + block <= n; at += block) {                                                                             \
        type any = 0;                                                                                                  \
        for (int j = 0; j < block; j++)                                                                                \
            any |= x[at + j] == v;                                                                                     \
        if (any)                                                                                                       \
            break;                                                                                                     \
    }
#define DEFINE_FIND(name, type, flag)                                                                                  \
    static CLONES idx find_##name(const char *row, const char *wanted, idx n)                                          \
    {                                                                                                                  \
        const type *x = (const type *)row, v = *(const type *)wanted;                                                  \
        idx at = 0;                                                                                                    \
        if (v != v) {                                                                                                  \
            while (at + 1 < n && x[at] == x[at])                                                                       \
                at++;                                                                                                  \
            return at;                                                                                                 \
        }                                                                                                              \
        SKIP(flag, 32)                                                                                                 \
        while (at + 1 < n && x[at] != v)                                                                               \
            at++;                                                                                                      \
        return at;                                                                                                     \
    }

DEFINE_FIND(f64, double, int64_t)
DEFINE_FIND(f32, float, int32_t)
DEFINE_FIND(i64, int64_t, int64_t)
DEFINE_FIND(i32, int32_t, int32_t)
DEFINE_FIND(i16, int16_t, int16_t)
DEFINE_FIND(i8, int8_t, int8_t)

/* Equality does not care for signs, so one search serves both kinds of integers. */
static idx find_first(const Slot *s, const char *row, const char *wanted, idx n)
{
    if (s->kind == 'f')
        return s->itemsize == 8 ? find_f64(row, wanted, n) : find_f32(row, wanted, n);
    switch (s->itemsize) {
    case 8: return find_i64(row, wanted, n);
    case 4: return find_i32(row, wanted, n);
    case 2: return find_i16(row, wanted, n);
    default: return find_i8(row, wanted, n);
    }
}

static idx first_maximum(const Leaf *leaf, const Slot *s, const char *row, idx n)
{
    char largest[8] __attribute__((aligned(8)));
    if (n >= RT_LONG_ROW)
        return rt_first_maximum(s, row, n);
    rt_fold_at_once(leaf, largest, row, n, s->itemsize);
    return find_first(s, row, largest, n);
}

/* Short rows: turned over, so that lane j of every vector belongs to row j. */
#define ROWS 64
#define DEFINE_LANES(name, type, count)                                                                                \
    static CLONES void lanes_##name(const char *tile, idx length, int64_t *positions, char *maxima)                    \
    {                                                                                                                  \
        const type *x = (const type *)tile;                                                                            \
        type best[ROWS];                                                                                               \
        count where[ROWS];                                                                                             \
        for (int j = 0; j < ROWS; j++) {                                                                               \
            best[j] = x[j];                                                                                            \
            where[j] = 0;                                                                                              \
        }                                                                                                              \
        for (idx at = 1; at < length; at++) {                                                                          \
            x += ROWS;                                                                                                 \
            for (int j = 0; j < ROWS; j++) {                                                                           \
                int take = (x[j] > best[j]) | ((x[j] != x[j]) & (best[j] == best[j]));                                 \
                best[j] = take ? x[j] : best[j];                                                                       \
                where[j] = take ? (count)at : where[j];                                                                \
            }                                                                                                          \
        }                                                                                                              \
        for (int j = 0; j < ROWS; j++)                                                                                 \
            positions[j] = where[j];                                                                                   \
        if (maxima)                                                                                                    \
            memcpy(maxima, best, sizeof best);                                                                         \
    }

DEFINE_LANES(f64, double, int64_t)
DEFINE_LANES(f32, float, int32_t)

/* Rows `step` bytes apart, at least ROWS of them; the last tile goes back so far that it is whole. */
static void argmax_short(const Slot *s, const char *from, idx step, idx rows, idx length, int64_t *positions, char *maxima)
{
    char tile[ROWS * ROWS * 8] __attribute__((aligned(RT_ALIGN)));
    idx size = s->itemsize;
    for (idx first = 0; first < rows; first += ROWS) {
        idx at = first + ROWS <= rows ? first : rows - ROWS;
        char *top = maxima ? maxima + at * size : NULL;
        if (length > 1)
            rt_transpose(tile, ROWS * size, from + at * step, step, length, ROWS, size);
        else
            rt_copy1(tile, size, from + at * step, step, ROWS, size);
        (size == 8 ? lanes_f64 : lanes_f32)(tile, length, positions + at, top);
    }
}

/* params: for each dim of the input, whether it is reduced */
static int argmax_prepare(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    idx kept[RT_MAXDIM], rows = 1, length = 1;
    int n = 0;
    for (int d = 0; d < t->nparams; d++) {
        if (t->params[d]) {
            length *= x->dims[d];
        } else {
            rows *= x->dims[d];
            kept[n++] = x->dims[d];
        }
    }
    if (length == 0) {
        PyErr_SetString(PyExc_ValueError, "attempt to get argmax of an empty sequence");
        return -1;
    }
    for (int32_t k = 0; k < t->nout; k++)
        if (rt_alloc_out(c, t, k, kept) < 0)
            return -1;
    return 0;
}

/* Rows of a value on present shapes, and where results go; threads share rows. */
typedef struct {
    const Slot *s;
    const Leaf *leaf;
    int nk, nr, direct;
    idx kd[RT_MAXDIM], ks[RT_MAXDIM], rd[RT_MAXDIM], rs[RT_MAXDIM], rows, length, step;
    char *from, *maxima, *room;
    int64_t *positions;
} Search;

static void search_rows(const Search *h, idx first, idx n, char *room)
{
    const Slot *s = h->s;
    char *from = h->from;
    idx at[RT_MAXDIM], left = first;
    for (int d = h->nk - 1; d >= 0; left /= h->kd[d--]) {
        at[d] = left % h->kd[d];
        from += at[d] * h->ks[d];
    }
    for (idx r = first; r < first + n; r++) {
        if (!h->direct)
            rt_gather(room, from, h->nr, h->rd, h->rs, 0, h->length, s->itemsize);
        const char *row = h->direct ? from : room;
        h->positions[r] = first_maximum(h->leaf, s, row, h->length);
        if (h->maxima)
            memcpy(h->maxima + r * s->itemsize, row + h->positions[r] * s->itemsize, (size_t)s->itemsize);
        for (int d = h->nk - 1; d >= 0; d--) {
            from += h->ks[d];
            if (++at[d] < h->kd[d])
                break;
            from -= h->ks[d] * h->kd[d];
            at[d] = 0;
        }
    }
}

static void search_chunk(void *arg, idx chunk, int worker)
{
    const Search *h = arg;
    idx first = chunk * h->step, left = h->rows - first;
    char *room = h->direct ? NULL : h->room + worker * h->length * h->s->itemsize;
    search_rows(h, first, left < h->step ? left : h->step, room);
}

/* The last chunk takes the rest, so that there are ROWS rows in each. */
static void search_short_chunk(void *arg, idx chunk, int worker)
{
    const Search *h = arg;
    idx first = chunk * h->step, left = h->rows - first, n = left < 2 * h->step ? left : h->step;
    char *maxima = h->maxima ? h->maxima + first * h->s->itemsize : NULL;
    (void)worker;
    argmax_short(h->s, h->from + first * h->ks[0], h->ks[0], n, h->length, h->positions + first, maxima);
}

static void describe(Call *c, const Thunk *t, Search *h)
{
    const Buf *x = rt_in(c, t, 0);
    h->s = rt_slot(c, t->in[0]);
    h->rows = h->length = 1;
    for (int d = 0; d < h->s->ndim; d++) {
        int reduced = t->params[d] != 0, k = reduced ? h->nr++ : h->nk++;
        (reduced ? h->rd : h->kd)[k] = x->dims[d];
        (reduced ? h->rs : h->ks)[k] = x->strides[d];
        *(reduced ? &h->length : &h->rows) *= x->dims[d];
    }
    h->positions = (int64_t *)rt_out(c, t, t->nout - 1)->data;
    h->maxima = t->nout > 1 ? rt_out(c, t, 0)->data : NULL;
    h->from = x->data;
    h->leaf = &rt_leaves[rt_find_leaf("maximum", h->s->typenum)];
    h->direct = rt_is_contiguous(h->nr, h->rd, h->rs, h->s->itemsize);
}

/* The last output holds positions; with two outputs the first holds maxima. */
static int argmax_run(Call *c, const Thunk *t)
{
    Search h = {0};
    describe(c, t, &h);
    if (h.rows == 0)
        return 0;
    double ps = (double)h.rows * (double)h.length * 700;
    int threads = rt_threads(c, ps);
    if (!h.direct && !(h.room = rt_scratch(c, (size_t)(threads * h.length * h.s->itemsize)))) {
        PyErr_NoMemory();
        return -1;
    }
    rt_release(c, ps);
    if (h.direct && h.nk == 1 && h.rows >= ROWS && h.length <= ROWS && h.s->kind == 'f') {
        h.step = threads > 1 ? rt_pool_step(h.rows, ROWS, threads, ps) : h.rows;
        rt_parallel(threads, h.rows > h.step ? h.rows / h.step : 1, search_short_chunk, &h);
    } else {
        h.step = threads > 1 ? rt_pool_step(h.rows, 1, threads, ps) : h.rows;
        rt_parallel(threads, rt_pool_chunks(h.rows, h.step), search_chunk, &h);
    }
    rt_acquire(c);
    return 0;
}

const Routine rt_extrema_routines[] = {{"argmax", NULL, argmax_prepare, argmax_run}, {NULL, NULL, NULL, NULL}};
