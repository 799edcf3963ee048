/* Parts chosen by several integer arrays, which index adjacent dims and broadcast: m[arange(n), i] and the like.
 *
 * Params: set?, dims before the indexed ones, number of indexed dims. The arrays are the last inputs. */
#include "indexing.h"

typedef struct {
    int lead, count, rank; /* rank: dims of the arrays, broadcast */
    idx n, dims[RT_MAXDIM];
} Points;

/* The common dims of the arrays; -1 with an exception when there are none. */
static int find_points(Call *c, const Thunk *t, Points *p)
{
    *p = (Points){.lead = (int)t->params[1], .count = (int)t->params[2], .n = 1};
    const int32_t *entries = t->in + t->nin - p->count;
    for (int e = 0; e < p->count; e++)
        if (rt_slot(c, entries[e])->ndim > p->rank)
            p->rank = rt_slot(c, entries[e])->ndim;
    for (int d = 0; d < p->rank; d++)
        p->dims[d] = 1;
    for (int e = 0; e < p->count; e++) {
        const Buf *b = &c->bufs[entries[e]];
        int skip = p->rank - rt_slot(c, entries[e])->ndim;
        for (int d = skip; d < p->rank; d++) {
            if (b->dims[d - skip] == 1)
                continue;
            if (p->dims[d] != 1 && p->dims[d] != b->dims[d - skip]) {
                PyErr_Format(PyExc_IndexError, "index arrays of lengths %zd and %zd do not broadcast", p->dims[d],
                             b->dims[d - skip]);
                return -1;
            }
            p->dims[d] = b->dims[d - skip];
        }
    }
    for (int d = 0; d < p->rank; d++)
        p->n *= p->dims[d];
    return 0;
}

static int out_of_bounds(const Slot *s, const char *p, idx stride, idx n, int dim, idx length)
{
    for (idx i = 0; i < n; i++) {
        int64_t v = rt_read_int(s, p + i * stride);
        if (v >= length || v < (s->kind == 'u' ? 0 : -length)) {
            PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension %d with length %zd", (long long)v,
                         dim, length);
            break;
        }
    }
    return -1;
}

/* Adds the numbers of one array, times `step`, to the offsets of all points. */
static int add_entry(const Slot *s, const Buf *b, const Points *p, idx *offsets, idx *room, int dim, idx length, idx step)
{
    idx strides[RT_MAXDIM], at[RT_MAXDIM] = {0}, start = 0;
    rt_fit(b, s->ndim, p->rank, p->dims, strides);
    const int inner = p->rank - 1;
    const idx row = p->rank ? p->dims[inner] : 1, stride = p->rank ? strides[inner] : 0;
    for (idx i = 0; i < p->n; i += row) {
        const char *from = b->data + start;
        const idx own = stride ? row : 1;
        if (rt_widen(s->typenum, room, from, stride, own, length) < 0)
            return out_of_bounds(s, from, stride, own, dim, length);
        for (idx j = 0; j < row; j++)
            offsets[i + j] += step * room[stride ? j : 0];
        for (int d = inner - 1; d >= 0; d--) {
            start += strides[d];
            if (++at[d] < p->dims[d])
                break;
            start -= strides[d] * p->dims[d];
            at[d] = 0;
        }
    }
    return 0;
}

/* Where each point lies: the sum of its numbers times `steps`; NULL with an exception. */
static const idx *find_offsets(Call *c, const Thunk *t, const Points *p, const idx *dims, const idx *steps)
{
    const int32_t *entries = t->in + t->nin - p->count;
    idx *offsets = (idx *)rt_scratch(c, 2 * sizeof(idx) * (size_t)(p->n + 1));
    if (!offsets) {
        PyErr_NoMemory();
        return NULL;
    }
    memset(offsets, 0, sizeof(idx) * (size_t)p->n);
    for (int e = 0; e < p->count; e++) {
        const int d = p->lead + e;
        if (add_entry(rt_slot(c, entries[e]), &c->bufs[entries[e]], p, offsets, offsets + p->n + 1, d, dims[d],
                      steps[d]) < 0)
            return NULL;
    }
    return offsets;
}

/* Dims of the part: those before, those of the points, those behind. */
static int part_dims(const Points *p, int ndim, const idx *dims, idx *part)
{
    int k = 0;
    for (int d = 0; d < p->lead; d++)
        part[k++] = dims[d];
    for (int d = 0; d < p->rank; d++)
        part[k++] = p->dims[d];
    for (int d = p->lead + p->count; d < ndim; d++)
        part[k++] = dims[d];
    return k;
}

/* Moves to the next position in the dims before the indexed ones; 0 at the end. */
static int advance(int lead, const idx *dims, idx *at, const char **a, const idx *as, char **b, const idx *bs)
{
    for (int d = lead - 1; d >= 0; d--) {
        *a += as[d];
        *b += bs[d];
        if (++at[d] < dims[d])
            return 1;
        *a -= as[d] * dims[d];
        *b -= bs[d] * dims[d];
        at[d] = 0;
    }
    return 0;
}

int rt_take_points_prepare(Call *c, const Thunk *t)
{
    Points p;
    idx dims[RT_MAXDIM];
    if (find_points(c, t, &p) < 0)
        return -1;
    part_dims(&p, rt_slot(c, t->in[0])->ndim, rt_in(c, t, 0)->dims, dims);
    return rt_alloc_out(c, t, 0, dims);
}

int rt_take_points_run(Call *c, const Thunk *t)
{
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    const Slot *s = rt_slot(c, t->out[0]);
    const int ndim = rt_slot(c, t->in[0])->ndim;
    Points p;
    idx at[RT_MAXDIM] = {0}, bytes = s->itemsize;
    if (find_points(c, t, &p) < 0)
        return -1;
    const idx *offsets = find_offsets(c, t, &p, x->dims, x->strides);
    if (!offsets)
        return -1;
    if (o->size == 0)
        return 0;
    const int behind = p.lead + p.count, first = p.lead + p.rank;
    for (int d = behind; d < ndim; d++)
        bytes *= x->dims[d];
    const int whole = rt_is_contiguous(ndim - behind, x->dims + behind, x->strides + behind, s->itemsize);
    const char *from = x->data;
    char *to = o->data;
    rt_release(c, (double)o->size * 500);
    do {
        if (whole)
            rt_take_whole(to, from, 1, offsets, p.n, bytes);
        else
            for (idx i = 0; i < p.n; i++)
                rt_copy(ndim - behind, x->dims + behind, to + i * bytes, o->strides + first, from + offsets[i],
                        x->strides + behind, s->itemsize);
    } while (advance(p.lead, x->dims, at, &from, x->strides, &to, o->strides));
    rt_acquire(c);
    return 0;
}

/* Inputs x, y, index. The points are numbered as rows of the dims behind; the arrays have at most one dim. */
static const idx *find_targets(Call *c, const Thunk *t, Points *p, int *ndim, idx *dims, idx *from)
{
    const int all = rt_slot(c, t->out[0])->ndim;
    const Buf *o = rt_out(c, t, 0);
    idx numbers[RT_MAXDIM], step = 1;
    if (find_points(c, t, p) < 0)
        return NULL;
    for (int d = p->lead + p->count - 1; d >= p->lead; step *= o->dims[d--])
        numbers[d] = step;
    *ndim = part_dims(p, all, o->dims, dims);
    if (rt_fit(rt_in(c, t, 1), rt_slot(c, t->in[1])->ndim, *ndim, dims, from) < 0)
        return NULL;
    if (p->rank == 0) { /* one point: a dim of length 1 */
        memmove(dims + p->lead + 1, dims + p->lead, sizeof(idx) * (size_t)(*ndim - p->lead));
        memmove(from + p->lead + 1, from + p->lead, sizeof(idx) * (size_t)(*ndim - p->lead));
        dims[p->lead] = 1;
        from[p->lead] = 0;
        ++*ndim;
    }
    return find_offsets(c, t, p, o->dims, numbers);
}

int rt_inc_points_prepare(Call *c, const Thunk *t)
{
    Points p;
    int ndim;
    idx dims[RT_MAXDIM], from[RT_MAXDIM];
    return rt_like_first(c, t) == 0 && find_targets(c, t, &p, &ndim, dims, from) ? 0 : -1;
}

int rt_inc_points_run(Call *c, const Thunk *t)
{
    Buf *o = rt_out(c, t, 0);
    Points p;
    int ndim;
    idx dims[RT_MAXDIM], from[RT_MAXDIM], at[RT_MAXDIM] = {0}, written = 1;
    const idx *rows = find_targets(c, t, &p, &ndim, dims, from);
    if (!rows)
        return -1;
    for (int d = 0; d < ndim; d++)
        written *= dims[d];
    rt_release(c, (double)(o->size + written) * 300);
    rt_bring_first(c, t);
    const char *y = rt_in(c, t, 1)->data;
    char *to = o->data;
    if (written > 0)
        do
            rt_write_rows(c, rt_slot(c, t->out[0]), to, y, rows, ndim - p.lead, dims + p.lead, from + p.lead,
                          t->params[0] != 0);
        while (advance(p.lead, dims, at, &y, from, &to, o->strides));
    rt_acquire(c);
    return 0;
}
