/* Folding one row into one accumulator, in an order that depends on the row's length alone.
 *
 * Up to RT_MEDIUM elements as in leaves.c. Longer rows fall into blocks; each is folded into RT_PARTS partial results,
 * which are merged lane by lane as a binary counter merges its bits (pairwise). What is left over behind the last whole
 * RT_PARTS elements goes into the first lanes of the last block. */
#include "interrupt.h"
#include "rows.h"

void rt_fold_start(Fold *f, const Sweep *s, int size)
{
    f->s = s; /* the rest is not cleared: short rows would notice */
    f->leaf = &rt_leaves[s->leaf];
    f->size = size;
    f->step = s->fold >= 0 ? size : s->ops[s->value].size;
    f->count = 0;
    f->depth = 0;
    f->open = 0;
}

static void open_block(Fold *f)
{
    if (f->s->fold < 0) /* bodies start from neutral elements of their own */
        f->leaf->init(f->part[f->depth], NULL, RT_PARTS);
    f->depth++;
    f->open = 1;
    f->fresh = 1;
}

static void close_block(Fold *f)
{
    for (uint64_t bits = f->count++; bits & 1; bits >>= 1) {
        f->depth--;
        f->leaf->join_across(f->part[f->depth - 1], f->part[f->depth], RT_PARTS);
    }
    f->open = 0;
}

static void merge_blocks(Fold *f, char *acc)
{
    for (; f->depth > 1; f->depth--)
        f->leaf->join_across(f->part[f->depth - 2], f->part[f->depth - 1], RT_PARTS);
    f->leaf->merge(acc, f->part[0], RT_PARTS);
}

/* The operands `from` elements further on. */
static void advance(const Sweep *s, char *const *p, idx from, char **q, int64_t *iota)
{
    for (int k = 0; k < s->nops; k++) {
        q[k] = s->ops[k].scalar ? p[k] : p[k] + from * s->ops[k].size;
        if (s->ops[k].kind == OP_IOTA) {
            *iota = *(int64_t *)p[k] + from;
            q[k] = (char *)iota;
        }
    }
}

/* What the body makes of less than RT_PARTS elements from `from` on, of the accumulator's dtype. `over`: operands may be
 * read beyond these. */
static const char *values_of(const Fold *f, char *const *p, idx from, idx n, char *room, int over)
{
    char *q[RT_MAXOPS];
    int64_t iota;
    idx back = from >= RT_PARTS && !over ? RT_PARTS - n : 0;
    advance(f->s, p, from - back, q, &iota);
    q[f->s->fold - 1] = (char *)f->leaf->start;
    q[f->s->fold] = room;
    if (back || over)
        f->s->body(q, RT_PARTS);
    else
        rt_run_body(f->s, q, n);
    return room + back * f->size;
}

/* `n` elements, all of the row. Bodies that fold give their values away when they start from neutral elements. */
static void fold_few(const Fold *f, char *const *p, idx n, char *acc, int over)
{
    char values[RT_MEDIUM * 8] __attribute__((aligned(RT_ALIGN))), room[RT_PARTS * 8] __attribute__((aligned(RT_ALIGN)));
    if (f->s->fold < 0) {
        f->leaf->few(acc, p[f->s->value], n);
        return;
    }
    for (idx at = 0; at < n; at += RT_PARTS) {
        idx now = n - at < RT_PARTS ? n - at : RT_PARTS;
        char *to = values + at * f->size;
        if (now == RT_PARTS)
            values_of(f, p, at, now, to, 1);
        else
            memcpy(to, values_of(f, p, at, now, room, over), (size_t)(now * f->size));
    }
    f->leaf->join_few(acc, values, n);
}

/* `n` elements into the open block. */
static void fold_piece(Fold *f, char **p, idx n, int over)
{
    char room[RT_PARTS * 8] __attribute__((aligned(RT_ALIGN))), *part = f->part[f->depth - 1];
    idx whole = n & -RT_PARTS;
    if (f->s->fold < 0) {
        const char *x = p[f->s->value];
        f->leaf->fold(part, x, whole);
        if (whole < n)
            f->leaf->across(part, x + whole * f->step, n - whole);
        return;
    }
    p[f->s->fold - 1] = f->fresh ? (char *)f->leaf->start : part;
    p[f->s->fold] = part;
    if (whole || f->fresh)
        f->s->body(p, whole);
    f->fresh = 0;
    if (whole < n)
        f->leaf->join_across(part, values_of(f, p, whole, n - whole, room, over), n - whole);
}

/* Elements at .. at + n of a row of `length`; pieces end with the blocks or the row. */
void rt_fold_tile(Fold *f, char **p, idx at, idx n, idx length, char *acc)
{
    if (length <= RT_MEDIUM) {
        fold_few(f, p, n, acc, 0);
        return;
    }
    if (!f->open)
        open_block(f);
    fold_piece(f, p, n, 0);
    if ((at + n) % f->leaf->block == 0 || at + n == length)
        close_block(f);
    if (at + n == length)
        merge_blocks(f, acc);
}

/* Elements `from`, which begins a block, to `to` of a longer row. */
static void fold_blocks(Fold *f, char *const *p, idx from, idx to, int over)
{
    idx block = f->leaf->block;
    for (idx at = from; at < to; at += block) {
        char *q[RT_MAXOPS];
        int64_t iota;
        if (at > from && at % RT_LOOK == 0 && rt_poll() < 0)
            return;
        advance(f->s, p, at, q, &iota);
        open_block(f);
        fold_piece(f, q, to - at < block ? to - at : block, over);
        close_block(f);
    }
}

/* A whole row whose operands are contiguous. `over`: they may be read beyond its end. */
void rt_fold_row(const Sweep *s, char *const *p, idx length, char *acc, int size, int over)
{
    Fold f;
    rt_fold_start(&f, s, size);
    if (length <= RT_MEDIUM) {
        fold_few(&f, p, length, acc, over);
        return;
    }
    fold_blocks(&f, p, 0, length, over);
    merge_blocks(&f, acc);
}

/* The same by several threads. A chunk is a power of two of blocks, so its partial results are those that the counter has
 * after these blocks, and the counter goes on with chunks; the last chunk may leave several behind. */
#define MOST_CHUNKS 64
#define LEAST_CHUNK 8192

typedef struct {
    const Sweep *s;
    char *const *p;
    idx length, step;
    int size;
    char parts[MOST_CHUNKS][RT_PARTS * 8] __attribute__((aligned(RT_ALIGN)));
    Fold last;
} Long;

static void fold_chunk(void *arg, idx chunk, int worker)
{
    Long *h = arg;
    Fold f;
    idx from = chunk * h->step, to = h->length - from <= h->step ? h->length : from + h->step;
    (void)worker;
    if (to == h->length) {
        fold_blocks(&h->last, h->p, from, to, 0);
        return;
    }
    rt_fold_start(&f, h->s, h->size);
    fold_blocks(&f, h->p, from, to, 0);
    memcpy(h->parts[chunk], f.part[0], sizeof f.part[0]);
}

void rt_fold_long(const Sweep *s, char *const *p, idx length, char *acc, int size, int threads)
{
    Long h; /* not cleared: it is large */
    Fold f;
    rt_fold_start(&f, s, size);
    h.s = s;
    h.p = p;
    h.length = length;
    h.size = size;
    h.step = f.leaf->block;
    while (h.step < LEAST_CHUNK || h.step * MOST_CHUNKS < length)
        h.step *= 2;
    idx chunks = rt_pool_chunks(length, h.step);
    if (chunks < 2) {
        rt_fold_row(s, p, length, acc, size, 0);
        return;
    }
    rt_fold_start(&h.last, s, size);
    rt_parallel(threads, chunks, fold_chunk, &h);
    for (idx i = 0; i + 1 < chunks; i++) {
        memcpy(f.part[f.depth++], h.parts[i], sizeof h.parts[i]);
        close_block(&f);
    }
    for (int i = 0; i < h.last.depth; i++)
        memcpy(f.part[f.depth++], h.last.part[i], sizeof h.last.part[i]);
    merge_blocks(&f, acc);
}

/* A row of contiguous elements that need no blocks. */
void rt_fold_at_once(const Leaf *leaf, char *acc, const char *x, idx length, int size)
{
    char part[RT_PARTS * 8] __attribute__((aligned(RT_ALIGN)));
    idx whole = length & -RT_PARTS;
    if (length <= RT_MEDIUM) {
        leaf->few(acc, x, length);
        return;
    }
    leaf->init(part, NULL, RT_PARTS);
    leaf->fold(part, x, whole);
    if (whole < length)
        leaf->across(part, x + whole * size, length - whole);
    leaf->merge(acc, part, RT_PARTS);
}
