/* Parts chosen by integer arrays and masks, which index adjacent dims and broadcast: m[arange(n), i], m[m > 0] and the like.
 *
 * Params: set?, dims before the indexed ones, number of arrays. The arrays are the last inputs. A mask of k dims stands
 * for k vectors: the coordinates of its true elements. */
#include "indexing.h"

typedef struct {
    const Slot *s;
    Buf b;
    idx count, pitch; /* dims and strides of the coordinates of a mask */
} Entry;

typedef struct {
    int lead, count, taken, rank; /* taken: dims that are indexed; rank: dims of the arrays, broadcast */
    idx n, dims[RT_MAXDIM];
    idx hits; /* numbers that the masks stand for, in all */
    Entry entries[RT_MAXDIM]; /* of each dim that is indexed */
} Points;

static const Slot coordinate = {.typenum = NPY_LONG, .ndim = 1, .itemsize = sizeof(idx), .kind = 'i'};

static int is_mask(const Slot *s) { return s->typenum == NPY_BOOL; }

/* One entry, or one for each dim of a mask; -1 with an exception when the mask has not the lengths of what it masks. */
static int add_array(Points *p, const Slot *s, const Buf *b, const idx *dims)
{
    if (!is_mask(s)) {
        p->entries[p->taken++] = (Entry){.s = s, .b = *b};
        return 0;
    }
    for (int d = 0; d < s->ndim; d++)
        if (b->dims[d] != dims[p->lead + p->taken + d]) {
            PyErr_Format(PyExc_IndexError, "a mask of length %zd along its dimension %d for dimension %d, which has length %zd",
                         b->dims[d], d, p->lead + p->taken + d, dims[p->lead + p->taken + d]);
            return -1;
        }
    const idx count = rt_count_true(s->typenum, s->ndim, b->dims, b->strides, b->data);
    for (int d = 0; d < s->ndim; d++) {
        Entry *e = &p->entries[p->taken++];
        *e = (Entry){.s = &coordinate, .count = count, .pitch = sizeof(idx)};
        e->b.dims = &e->count;
        e->b.strides = &e->pitch;
    }
    p->hits += s->ndim * count;
    return 0;
}

/* The common dims of the arrays, which index a tensor of lengths `dims`; -1 with an exception when there are none. */
static int find_points(Call *c, const Thunk *t, const idx *dims, Points *p)
{
    p->lead = (int)t->params[1], p->count = (int)t->params[2];
    p->n = 1, p->hits = p->taken = p->rank = 0;
    const int32_t *arrays = t->in + t->nin - p->count;
    for (int a = 0; a < p->count; a++)
        if (add_array(p, rt_slot(c, arrays[a]), &c->bufs[arrays[a]], dims) < 0)
            return -1;
    for (int e = 0; e < p->taken; e++)
        if (p->entries[e].s->ndim > p->rank)
            p->rank = p->entries[e].s->ndim;
    for (int d = 0; d < p->rank; d++)
        p->dims[d] = 1;
    for (int e = 0; e < p->taken; e++) {
        const Buf *b = &p->entries[e].b;
        int skip = p->rank - p->entries[e].s->ndim;
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

/* Writes the coordinates of all masks to `room`. */
static void find_coordinates(Call *c, const Thunk *t, Points *p, idx *room)
{
    const int32_t *arrays = t->in + t->nin - p->count;
    for (int a = 0, e = 0; a < p->count; a++) {
        const Slot *s = rt_slot(c, arrays[a]);
        const Buf *b = &c->bufs[arrays[a]];
        if (!is_mask(s)) {
            e++;
            continue;
        }
        const idx count = p->entries[e].count;
        rt_find_true(s->typenum, s->ndim, b->dims, b->strides, b->data, room, count);
        for (int d = 0; d < s->ndim; d++, room += count)
            p->entries[e++].b.data = (char *)room;
    }
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
static const idx *find_offsets(Call *c, const Thunk *t, Points *p, const idx *dims, const idx *steps)
{
    idx *offsets = (idx *)rt_scratch(c, sizeof(idx) * (size_t)(2 * (p->n + 1) + p->hits + 1));
    if (!offsets) {
        PyErr_NoMemory();
        return NULL;
    }
    memset(offsets, 0, sizeof(idx) * (size_t)p->n);
    find_coordinates(c, t, p, offsets + 2 * (p->n + 1));
    for (int e = 0; e < p->taken; e++) {
        const int d = p->lead + e;
        const Entry *own = &p->entries[e];
        if (add_entry(own->s, &own->b, p, offsets, offsets + p->n + 1, d, dims[d], steps[d]) < 0)
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
    for (int d = p->lead + p->taken; d < ndim; d++)
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
    if (find_points(c, t, rt_in(c, t, 0)->dims, &p) < 0)
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
    if (find_points(c, t, x->dims, &p) < 0)
        return -1;
    const idx *offsets = find_offsets(c, t, &p, x->dims, x->strides);
    if (!offsets)
        return -1;
    if (o->size == 0)
        return 0;
    const int behind = p.lead + p.taken, first = p.lead + p.rank;
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

/* Makes one dim of the dims of points, from `lead` on, along which the value moves evenly. Returns how many are left. */
static int merge_points(int lead, int rank, int *ndim, idx *dims, idx *from)
{
    for (int d = lead + rank - 1; d > lead; d--) {
        if (dims[d - 1] != 1 && dims[d] != 1 && from[d - 1] != from[d] * dims[d])
            continue;
        from[d - 1] = dims[d] != 1 ? from[d] : from[d - 1];
        dims[d - 1] *= dims[d];
        memmove(dims + d, dims + d + 1, sizeof(idx) * (size_t)(*ndim - d - 1));
        memmove(from + d, from + d + 1, sizeof(idx) * (size_t)(*ndim - d - 1));
        --*ndim, --rank;
    }
    return rank;
}

/* Inputs x, y, index. The points are numbered as rows of the dims behind. Leaves in p->rank how many dims of points `dims`
 * has. */
static const idx *find_targets(Call *c, const Thunk *t, Points *p, int *ndim, idx *dims, idx *from)
{
    const int all = rt_slot(c, t->out[0])->ndim;
    const Buf *o = rt_out(c, t, 0);
    idx numbers[RT_MAXDIM], step = 1;
    if (find_points(c, t, o->dims, p) < 0)
        return NULL;
    for (int d = p->lead + p->taken - 1; d >= p->lead; step *= o->dims[d--])
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
    const idx *offsets = find_offsets(c, t, p, o->dims, numbers);
    p->rank = merge_points(p->lead, p->rank ? p->rank : 1, ndim, dims, from);
    return offsets;
}

int rt_inc_points_prepare(Call *c, const Thunk *t)
{
    Points p;
    int ndim;
    idx dims[RT_MAXDIM], from[RT_MAXDIM];
    return rt_like_first(c, t) == 0 && find_targets(c, t, &p, &ndim, dims, from) ? 0 : -1;
}

/* Writes at all points, those along the last of their `rank` dims together. */
static void write_points(Call *c, const Thunk *t, char *to, const char *y, const idx *rows, int rank, int ndim,
                         const idx *dims, const idx *from)
{
    const idx still[RT_MAXDIM] = {0};
    const int last = rank - 1;
    idx at[RT_MAXDIM] = {0};
    do {
        rt_write_rows(c, rt_slot(c, t->out[0]), to, y, rows, ndim - last, dims + last, from + last, t->params[0] != 0);
        rows += dims[last];
    } while (advance(last, dims, at, &y, from, &to, still));
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
            write_points(c, t, to, y, rows, p.rank, ndim - p.lead, dims + p.lead, from + p.lead);
        while (advance(p.lead, dims, at, &y, from, &to, o->strides));
    rt_acquire(c);
    return 0;
}
