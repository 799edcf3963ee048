/* Rows chosen by an integer vector. */
#include "indexing.h"

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

/* Of `n` whole numbers as they are stored. */
int64_t rt_widen(int typenum, idx *out, const char *p, idx stride, idx n, idx length)
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
            PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for dimension 0 with length %zd", (long long)v,
                         length);
            return;
        }
    }
}

/* Row numbers, checked and not negative: the caller's own where they are so already, else in scratch memory. */
const idx *rt_read_rows(Call *c, const Thunk *t, int k, idx length)
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
    if (rt_widen(s->typenum, out, b->data, stride, n, length) < 0) {
        bad_row(s, b->data, stride, n, length);
        return NULL;
    }
    return out;
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
    if (step == (bytes))                                                                                               \
        for (idx i = 0; i < n; i++)                                                                                    \
            memcpy(out + i * (bytes), x + rows[i] * (bytes), bytes);                                                   \
    else                                                                                                               \
        for (idx i = 0; i < n; i++)                                                                                    \
            memcpy(out + i * (bytes), x + rows[i] * step, bytes);                                                      \
    break;

/* Rows of `bytes` bytes, each in one piece. A function of its own: these loops want all registers. */
__attribute__((noinline)) void rt_take_whole(char *restrict out, const char *restrict x, idx step,
                                             const idx *restrict rows, idx n, idx bytes)
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

typedef struct {
    const Slot *s;
    const Buf *x, *o;
    const idx *rows;
    idx step; /* rows of a chunk */
    int whole;
} Take;

static void take_chunk(void *arg, idx chunk, int worker)
{
    const Take *h = arg;
    const Buf *x = h->x, *o = h->o;
    const idx first = chunk * h->step, n = o->dims[0] - first < h->step ? o->dims[0] - first : h->step;
    const idx *rows = h->rows + first;
    char *out = o->data + first * o->strides[0];
    (void)worker;
    if (h->whole)
        rt_take_whole(out, x->data, x->strides[0], rows, n, o->size / o->dims[0] * h->s->itemsize);
    else
        for (idx i = 0; i < n; i++)
            rt_copy(h->s->ndim - 1, o->dims + 1, out + i * o->strides[0], o->strides + 1, x->data + rows[i] * x->strides[0],
                    x->strides + 1, h->s->itemsize);
}

int rt_take_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    const Buf *x = rt_in(c, t, 0);
    Buf *o = rt_out(c, t, 0);
    idx n = o->dims[0];
    const idx *rows = rt_read_rows(c, t, 1, x->dims[0]);
    if (!rows)
        return -1;
    if (o->size == 0)
        return 0;
    double ps = (double)o->size * 300;
    rt_release(c, ps);
    int threads = rt_threads(c, ps);
    idx step = threads > 1 ? rt_pool_step(n, 64, threads, ps) : n;
    Take h = {s, x, o, rows, step, rt_is_contiguous(s->ndim - 1, x->dims + 1, x->strides + 1, s->itemsize)};
    rt_parallel(threads, rt_pool_chunks(n, step), take_chunk, &h);
    rt_acquire(c);
    return 0;
}
