/* Inputs whose values must be positions along the row, checked before anything is computed. */
#include "rows.h"

typedef struct {
    int64_t low, high;
} Range;

#define WIDEN(type, label)                                                                                             \
    static CLONES void widen_##label(Range *range, const char *p, idx stride, idx n)                                   \
    {                                                                                                                  \
        type low = *(const type *)p, high = low;                                                                       \
        if (stride == (idx)sizeof(type))                                                                               \
            for (idx i = 0; i < n; i++) {                                                                              \
                type v = ((const type *)p)[i];                                                                         \
                low = v < low ? v : low;                                                                               \
                high = v > high ? v : high;                                                                            \
            }                                                                                                          \
        else                                                                                                           \
            for (idx i = 0; i < n; i++, p += stride) {                                                                 \
                type v = *(const type *)p;                                                                             \
                low = v < low ? v : low;                                                                               \
                high = v > high ? v : high;                                                                            \
            }                                                                                                          \
        const type top = (type)(sizeof(type) == 8 ? INT64_MAX : -1), most = (type)-1 > 0 && high > top ? top : high;   \
        range->low = (int64_t)low < range->low ? (int64_t)low : range->low;                                            \
        range->high = (int64_t)most > range->high ? (int64_t)most : range->high;                                       \
    }

WIDEN(int8_t, i8)
WIDEN(int16_t, i16)
WIDEN(int32_t, i32)
WIDEN(int64_t, i64)
WIDEN(uint8_t, u8)
WIDEN(uint16_t, u16)
WIDEN(uint32_t, u32)
WIDEN(uint64_t, u64)

typedef void (*widen_fn)(Range *, const char *, idx, idx);

static widen_fn widener(const Slot *s)
{
    int is_signed = s->kind == 'i';
    switch (s->itemsize) {
    case 1: return is_signed ? widen_i8 : widen_u8;
    case 2: return is_signed ? widen_i16 : widen_u16;
    case 4: return is_signed ? widen_i32 : widen_u32;
    default: return is_signed ? widen_i64 : widen_u64;
    }
}

/* Smallest and largest value; there is at least one. */
static Range range_of(const Slot *s, const Buf *b)
{
    Range range = {INT64_MAX, INT64_MIN};
    idx dims[RT_MAXDIM] = {1}, strides[1][RT_MAXDIM] = {{0}}, at[RT_MAXDIM] = {0};
    widen_fn widen = widener(s);
    for (int d = 0; d < s->ndim; d++) {
        dims[d] = b->dims[d];
        strides[0][d] = b->strides[d];
    }
    int inner = rt_collapse(s->ndim, dims, 1, strides) - 1, d;
    const char *p = b->data;
    do {
        widen(&range, p, inner < 0 ? 0 : strides[0][inner], inner < 0 ? 1 : dims[inner]);
        for (d = inner - 1; d >= 0; d--) {
            p += strides[0][d];
            if (++at[d] < dims[d])
                break;
            p -= strides[0][d] * dims[d];
            at[d] = 0;
        }
    } while (d >= 0);
    return range;
}

int rt_check_guards(Call *c, const Thunk *t, const Rows *r, idx length)
{
    for (int32_t k = 0; k < r->nguards; k++) {
        const Buf *b = rt_in(c, t, r->guards[k]);
        if (b->size == 0)
            continue;
        Range range = range_of(rt_slot(c, t->in[r->guards[k]]), b);
        if (range.low >= 0 && range.high < length)
            continue;
        PyErr_Format(PyExc_ValueError,
                     "labels from %lld to %lld, but %zd columns: labels count from 0 and stay below the number of columns "
                     "(input %d)",
                     (long long)range.low, (long long)range.high, length, (int)r->guards[k]);
        return -1;
    }
    return 0;
}
