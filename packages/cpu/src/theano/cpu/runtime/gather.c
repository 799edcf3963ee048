/* Rows chosen by an integer vector: taken out, replaced, added to. Numbers are checked before anything is written. */
#include "indexing.h"

#define AHEAD 8          /* rows whose memory is asked for before it is their turn */
#define PREFETCHED 1024  /* bytes of a row that are asked for; the processor follows a longer one by itself */

/* Makes negative numbers count from the end; the sign of the result tells whether some number is out of range. */
#define WIDEN(type, label, is_signed)                                                                                  \
    static CLONES int64_t widen_##label(idx *restrict out, const char *restrict p, idx stride, idx n, idx length)      \
    {                                                                                                                  \
        uint64_t bad = 0, last = (uint64_t)length - 1;                                                                 \
        if (stride == sizeof(type))                                                                                    \
            for (idx i = 0; i < n; i++) {                                                                              \
                int64_t v = (int64_t)((const type *)p)[i];                                                             \
                v += is_signed && v < 0 ? length : 0;                                                                  \
                bad |= (uint64_t)v | (last - (uint64_t)v);                                                             \
                out[i] = v;                                                                                            \
            }                                                                                                          \
        else                                                                                                           \
            for (idx i = 0; i < n; i++) {                                                                              \
                int64_t v = (int64_t) * (const type *)(p + i * stride);                                                \
                v += is_signed && v < 0 ? length : 0;                                                                  \
                bad |= (uint64_t)v | (last - (uint64_t)v);                                                             \
                out[i] = v;                                                                                            \
            }                                                                                                          \
        return (int64_t)bad;                                                                                           \
    }

WIDEN(int8_t, i8, 1)
WIDEN(int16_t, i16, 1)
WIDEN(int32_t, i32, 1)
WIDEN(int64_t, i64, 1)
WIDEN(uint8_t, u8, 0)
WIDEN(uint16_t, u16, 0)
WIDEN(uint32_t, u32, 0)
WIDEN(uint64_t, u64, 0)

static int64_t widen(int typenum, idx *out, const char *p, idx stride, idx n, idx length)
{
    switch (typenum) {
    case NPY_LONG: return widen_i64(out, p, stride, n, length);
    case NPY_ULONG: return widen_u64(out, p, stride, n, length);
    case NPY_INT: return widen_i32(out, p, stride, n, length);
    case NPY_UINT: return widen_u32(out, p, stride, n, length);
    case NPY_SHORT: return widen_i16(out, p, stride, n, length);
    case NPY_USHORT: return widen_u16(out, p, stride, n, length);
    case NPY_BYTE: return widen_i8(out, p, stride, n, length);
    default: return widen_u8(out, p, stride, n, length);
    }
}

/* Negative when some number is negative or not below `length`. */
static CLONES int64_t beyond(const int64_t *rows, idx n, idx length)
{
    uint64_t bad = 0, last = (uint64_t)length - 1;
    for (idx i = 0; i < n; i++)
        bad |= (uint64_t)rows[i] | (last - (uint64_t)rows[i]);
    return (int64_t)bad;
}

/* Raises for the first number that is out of range. */
static void bad_row(const Slot *s, const char *p, idx stride, idx n, idx length)
{
    for (idx i = 0; i < n; i++) {
        int64_t v = rt_read_int(s, p + i * stride);
        if (v >= length || v < (s->kind == 'u' ? 0 : -length)) {
            PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension 0 with length %zd", (long long)v, length);
            return;
        }
    }
}

/* Row numbers, checked and not negative: the caller's own where they are so already, else in scratch memory. */
static const idx *read_rows(Call *c, const Thunk *t, int k, idx length)
{
    const Buf *b = rt_in(c, t, k);
    const Slot *s = rt_slot(c, t->in[k]);
    idx n = b->dims[0], stride = b->strides[0];
    if (s->typenum == NPY_LONG && (stride == 8 || n < 2) && beyond((const int64_t *)b->data, n, length) >= 0)
        return (const idx *)b->data;
    idx *out = (idx *)rt_scratch(c, sizeof(idx) * (size_t)(n + 1));
    if (!out) {
        PyErr_NoMemory();
        return NULL;
    }
    if (widen(s->typenum, out, b->data, stride, n, length) < 0) {
        bad_row(s, b->data, stride, n, length);
        return NULL;
    }
    return out;
}

static inline void ask(const char *row, idx bytes)
{
    for (idx b = 0; b < bytes && b < PREFETCHED; b += 64)
        __builtin_prefetch(row + b);
}

static inline void ask_to_write(const char *row, idx bytes)
{
    for (idx b = 0; b < bytes && b < PREFETCHED; b += 64)
        __builtin_prefetch(row + b, 1);
}

/* Taking. */

int rt_take_rows_prepare(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    idx dims[RT_MAXDIM];
    memcpy(dims, rt_in(c, t, 0)->dims, sizeof(idx) * (size_t)s->ndim);
    dims[0] = rt_in(c, t, 1)->dims[0];
    return rt_alloc_out(c, t, 0, dims);
}

#define TAKE(bytes)                                                                                                    \
    for (idx i = 0; i < n; i++)                                                                                        \
        memcpy(out + i * (bytes), x + rows[i] * step, bytes);                                                          \
    break;

/* Rows of `bytes` bytes, each in one piece. */
static void take_whole(char *restrict out, const char *restrict x, idx step, const idx *restrict rows, idx n, idx bytes)
{
    switch (bytes) {
    case 1: TAKE(1)
    case 2: TAKE(2)
    case 4: TAKE(4)
    case 8: TAKE(8)
    case 16: TAKE(16)
    case 32: TAKE(32)
    default:
        for (idx i = 0; i < n; i++) {
            if (i + AHEAD < n)
                ask(x + rows[i + AHEAD] * step, bytes);
            memcpy(out + i * bytes, x + rows[i] * step, (size_t)bytes);
        }
    }
}

int rt_take_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    idx n = o->dims[0], step = x->strides[0];
    const idx *rows = read_rows(c, t, 1, x->dims[0]);
    if (!rows)
        return -1;
    if (o->size == 0)
        return 0;
    rt_release(c, (double)o->size * 300);
    if (rt_is_contiguous(s->ndim - 1, x->dims + 1, x->strides + 1, s->itemsize))
        take_whole(o->data, x->data, step, rows, n, o->size / n * s->itemsize);
    else
        for (idx i = 0; i < n; i++)
            rt_copy(s->ndim - 1, o->dims + 1, o->data + i * o->strides[0], o->strides + 1, x->data + rows[i] * step,
                    x->strides + 1, s->itemsize);
    rt_acquire(c);
    return 0;
}

/* Writing: the target lies in one piece, `width` elements for each row. */

typedef struct {
    char *out;
    const char *y;
    idx width, step; /* elements of a row; bytes from one row of the value to the next */
    const idx *rows;
    idx n;
    int single; /* the value has one element for a whole row */
} Scatter;

#define ADD_ROWS(type, label)                                                                                          \
    static CLONES void add_rows_##label(const Scatter *s)                                                              \
    {                                                                                                                  \
        type *restrict out = (type *)s->out;                                                                           \
        const idx *restrict rows = s->rows;                                                                            \
        const char *restrict y = s->y;                                                                                 \
        idx n = s->n, width = s->width, step = s->step;                                                                \
        if (width == 1) {                                                                                              \
            for (idx i = 0; i < n; i++)                                                                                \
                out[rows[i]] = (type)(out[rows[i]] + *(const type *)(y + i * step));                                   \
            return;                                                                                                    \
        }                                                                                                              \
        for (idx i = 0; i < n; i++) {                                                                                  \
            type *restrict to = out + rows[i] * width;                                                                 \
            const type *restrict from = (const type *)(y + i * step);                                                  \
            if (i + AHEAD < n)                                                                                         \
                ask_to_write((const char *)(out + rows[i + AHEAD] * width), width * (idx)sizeof(type));                \
            if (s->single) {                                                                                           \
                type v = *from;                                                                                        \
                for (idx j = 0; j < width; j++)                                                                        \
                    to[j] = (type)(to[j] + v);                                                                         \
            } else {                                                                                                   \
                for (idx j = 0; j < width; j++)                                                                        \
                    to[j] = (type)(to[j] + from[j]);                                                                   \
            }                                                                                                          \
        }                                                                                                              \
    }

ADD_ROWS(double, f64)
ADD_ROWS(float, f32)
ADD_ROWS(uint64_t, i64)
ADD_ROWS(uint32_t, i32)
ADD_ROWS(uint16_t, i16)
ADD_ROWS(uint8_t, i8)

static void add_rows(int typenum, const Scatter *s)
{
    switch (typenum) {
    case NPY_DOUBLE: add_rows_f64(s); break;
    case NPY_FLOAT: add_rows_f32(s); break;
    case NPY_LONG:
    case NPY_ULONG: add_rows_i64(s); break;
    case NPY_INT:
    case NPY_UINT: add_rows_i32(s); break;
    case NPY_SHORT:
    case NPY_USHORT: add_rows_i16(s); break;
    default: add_rows_i8(s);
    }
}

#define PUT(bytes)                                                                                                     \
    for (idx i = 0; i < n; i++)                                                                                        \
        memcpy(out + rows[i] * (bytes), y + i * step, bytes);                                                          \
    break;

static void set_rows(const Scatter *s, idx itemsize)
{
    char *restrict out = s->out;
    const char *restrict y = s->y;
    const idx *restrict rows = s->rows;
    idx n = s->n, step = s->step, bytes = s->width * itemsize;
    if (s->single && s->width > 1) {
        for (idx i = 0; i < n; i++)
            rt_fill(out + rows[i] * bytes, y + i * step, s->width, itemsize);
        return;
    }
    switch (bytes) {
    case 1: PUT(1)
    case 2: PUT(2)
    case 4: PUT(4)
    case 8: PUT(8)
    case 16: PUT(16)
    default:
        for (idx i = 0; i < n; i++) {
            if (i + AHEAD < n)
                ask_to_write(out + rows[i + AHEAD] * bytes, bytes);
            memcpy(out + rows[i] * bytes, y + i * step, (size_t)bytes);
        }
    }
}

/* The rows, and how the value follows them; NULL with an exception. */
static const idx *find_rows(Call *c, const Thunk *t, idx *dims, idx *from)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *o = rt_out(c, t, 0);
    memcpy(dims, o->dims, sizeof(idx) * (size_t)s->ndim);
    dims[0] = rt_in(c, t, 2)->dims[0];
    if (rt_fit(rt_in(c, t, 1), rt_slot(c, t->in[1])->ndim, s->ndim, dims, from) < 0)
        return NULL;
    return read_rows(c, t, 2, o->dims[0]);
}

/* Inputs x, y, rows. params: set? */
int rt_inc_rows_prepare(Call *c, const Thunk *t)
{
    idx dims[RT_MAXDIM], from[RT_MAXDIM];
    return rt_like_first(c, t) == 0 && find_rows(c, t, dims, from) ? 0 : -1;
}

static int is_single(int ndim, const idx *dims, const idx *strides)
{
    for (int d = 0; d < ndim; d++)
        if (dims[d] != 1 && strides[d])
            return 0;
    return 1;
}

int rt_inc_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    Buf *o = rt_out(c, t, 0);
    idx dims[RT_MAXDIM], from[RT_MAXDIM];
    Scatter job = {.out = o->data, .y = rt_in(c, t, 1)->data, .width = 1, .rows = find_rows(c, t, dims, from)};
    if (!job.rows)
        return -1;
    job.n = dims[0];
    job.step = from[0];
    for (int d = 1; d < s->ndim; d++)
        job.width *= dims[d];
    job.single = is_single(s->ndim - 1, dims + 1, from + 1);
    double copied = o->data == rt_in(c, t, 0)->data ? 0 : (double)o->size;
    rt_release(c, (copied + (double)(job.n * job.width)) * 300);
    rt_bring_first(c, t);
    if (job.single || rt_is_contiguous(s->ndim - 1, dims + 1, from + 1, s->itemsize)) {
        if (job.width > 0 && t->params[0])
            set_rows(&job, s->itemsize);
        else if (job.width > 0)
            add_rows(s->typenum, &job);
    } else {
        for (idx i = 0; i < job.n; i++)
            rt_write_part(s->ndim - 1, dims + 1, o->data + job.rows[i] * o->strides[0], o->strides + 1,
                          job.y + i * job.step, from + 1, s, t->params[0] != 0);
    }
    rt_acquire(c);
    return 0;
}
