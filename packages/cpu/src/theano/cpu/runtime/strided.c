/* Copies between strided and contiguous memory. Strides are bytes; 0 broadcasts. No Python objects here. */
#include "kernel.h"

int rt_is_contiguous(int ndim, const idx *dims, const idx *strides, idx itemsize)
{
    idx expect = itemsize;
    for (int d = ndim - 1; d >= 0; d--) {
        if (dims[d] == 0)
            return 1;
        if (dims[d] != 1 && strides[d] != expect)
            return 0;
        expect *= dims[d];
    }
    return 1;
}

/* Fills C order strides; returns the number of elements. */
idx rt_contiguous(int ndim, const idx *dims, idx *strides, idx itemsize)
{
    idx size = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        strides[d] = size * itemsize;
        size *= dims[d];
    }
    return size;
}

#define COPY_LOOP(type)                                                                                                \
    for (idx i = 0; i < n; i++) {                                                                                      \
        *(type *)dst = *(const type *)src;                                                                             \
        dst += ds;                                                                                                     \
        src += ss;                                                                                                     \
    }

void rt_copy1(char *dst, idx ds, const char *src, idx ss, idx n, idx itemsize)
{
    if (ds == itemsize && ss == itemsize) {
        memcpy(dst, src, (size_t)(n * itemsize));
        return;
    }
    if (ds == itemsize && ss == 0) {
        rt_fill(dst, src, n, itemsize);
        return;
    }
    switch (itemsize) {
    case 1: COPY_LOOP(uint8_t) break;
    case 2: COPY_LOOP(uint16_t) break;
    case 4: COPY_LOOP(uint32_t) break;
    case 8: COPY_LOOP(uint64_t) break;
    default:
        for (idx i = 0; i < n; i++)
            memcpy(dst + i * ds, src + i * ss, (size_t)itemsize);
    }
}

#define FILL_LOOP(type)                                                                                                \
    {                                                                                                                  \
        type v = *(const type *)value, *out = (type *)dst;                                                             \
        for (idx i = 0; i < n; i++)                                                                                    \
            out[i] = v;                                                                                                \
    }

void rt_fill(char *dst, const char *value, idx n, idx itemsize)
{
    if (n <= 0)
        return; /* nothing may mean that there is no value to read either */
    switch (itemsize) {
    case 1: FILL_LOOP(uint8_t) break;
    case 2: FILL_LOOP(uint16_t) break;
    case 4: FILL_LOOP(uint32_t) break;
    case 8: FILL_LOOP(uint64_t) break;
    default:
        for (idx i = 0; i < n; i++)
            memcpy(dst + i * itemsize, value, (size_t)itemsize);
    }
}

/* Drops dims of length 1 and merges neighbours that are one stride for every operand; returns the new ndim. */
int rt_collapse(int ndim, idx *dims, int nops, idx (*strides)[RT_MAXDIM])
{
    int out = 0;
    for (int d = 0; d < ndim; d++) {
        if (dims[d] == 1)
            continue;
        int merge = out > 0;
        for (int k = 0; merge && k < nops; k++)
            merge = strides[k][out - 1] == dims[d] * strides[k][d];
        if (merge)
            dims[out - 1] *= dims[d];
        else
            dims[out++] = dims[d];
        for (int k = 0; k < nops; k++)
            strides[k][out - 1] = strides[k][d];
    }
    return out;
}

static void copy_nd(int ndim, const idx *dims, char *dst, const idx *ds, const char *src, const idx *ss, idx itemsize)
{
    idx at[RT_MAXDIM] = {0};
    idx inner = dims[ndim - 1];
    for (;;) {
        rt_copy1(dst, ds[ndim - 1], src, ss[ndim - 1], inner, itemsize);
        int d = ndim - 2;
        for (; d >= 0; d--) {
            dst += ds[d];
            src += ss[d];
            if (++at[d] < dims[d])
                break;
            dst -= ds[d] * dims[d];
            src -= ss[d] * dims[d];
            at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

/* rows x cols elements: dst rows are `ds` bytes apart and contiguous, src columns are `ss` bytes apart and contiguous.
 *
 * Squares of 8 x 8: three perfect shuffles of the rows turn a square over, without a scalar store. */
#define EIGHT(type) __attribute__((vector_size(8 * sizeof(type)), aligned(1), may_alias))
#define SHUFFLES(to, from)                                                                                             \
    for (int q = 0; q < 4; q++) {                                                                                      \
        to[2 * q] = __builtin_shuffle(from[q], from[q + 4], (mask){0, 8, 1, 9, 2, 10, 3, 11});                         \
        to[2 * q + 1] = __builtin_shuffle(from[q], from[q + 4], (mask){4, 12, 5, 13, 6, 14, 7, 15});                   \
    }
#define TRANSPOSE(type, integer, label)                                                                                \
    static CLONES void transpose_##label(char *dst, idx ds, const char *src, idx ss, idx rows, idx cols)               \
    {                                                                                                                  \
        typedef type eight EIGHT(type);                                                                                \
        typedef integer mask EIGHT(type);                                                                              \
        idx whole = rows & -8;                                                                                         \
        for (idx j = 0; j + 8 <= cols; j += 8)                                                                         \
            for (idx i = 0; i < whole; i += 8) {                                                                       \
                eight x[8], y[8];                                                                                      \
                for (int q = 0; q < 8; q++)                                                                            \
                    x[q] = *(const eight *)(src + (j + q) * ss + i * (idx)sizeof(type));                               \
                SHUFFLES(y, x)                                                                                         \
                SHUFFLES(x, y)                                                                                         \
                SHUFFLES(y, x)                                                                                         \
                for (int r = 0; r < 8; r++)                                                                            \
                    *(eight *)(dst + (i + r) * ds + j * (idx)sizeof(type)) = y[r];                                     \
            }                                                                                                          \
        idx done = cols & -8;                                                                                          \
        for (idx i = whole; i < rows; i++)                                                                             \
            for (idx j = 0; j < done; j++)                                                                             \
                ((type *)(dst + i * ds))[j] = ((const type *)(src + j * ss))[i];                                       \
        for (idx j = done; j < cols; j++)                                                                              \
            for (idx i = 0; i < rows; i++)                                                                             \
                ((type *)(dst + i * ds))[j] = ((const type *)(src + j * ss))[i];                                       \
    }

TRANSPOSE(uint8_t, int8_t, 1)
TRANSPOSE(uint16_t, int16_t, 2)
TRANSPOSE(uint32_t, int32_t, 4)
TRANSPOSE(uint64_t, int64_t, 8)

void rt_transpose(char *dst, idx ds, const char *src, idx ss, idx rows, idx cols, idx itemsize)
{
    switch (itemsize) {
    case 1: transpose_1(dst, ds, src, ss, rows, cols); break;
    case 2: transpose_2(dst, ds, src, ss, rows, cols); break;
    case 4: transpose_4(dst, ds, src, ss, rows, cols); break;
    case 8: transpose_8(dst, ds, src, ss, rows, cols); break;
    default:
        for (idx j = 0; j < cols; j++)
            rt_copy1(dst + j * itemsize, ds, src + j * ss, itemsize, rows, itemsize);
    }
}

#define BLOCK 64

/* Two dimensions whose unit strides differ: squares, so that each cache line is used whole. */
static void copy_blocked(const idx *dims, char *dst, const idx *ds, const char *src, const idx *ss, idx itemsize)
{
    for (idx i = 0; i < dims[0]; i += BLOCK)
        for (idx j = 0; j < dims[1]; j += BLOCK) {
            idx rows = dims[0] - i < BLOCK ? dims[0] - i : BLOCK, cols = dims[1] - j < BLOCK ? dims[1] - j : BLOCK;
            rt_transpose(dst + i * ds[0] + j * ds[1], ds[0], src + i * ss[0] + j * ss[1], ss[1], rows, cols, itemsize);
        }
}

void rt_copy(int ndim, const idx *dims_in, char *dst, const idx *ds_in, const char *src, const idx *ss_in, idx itemsize)
{
    idx dims[RT_MAXDIM], strides[2][RT_MAXDIM];
    for (int d = 0; d < ndim; d++) {
        if (dims_in[d] == 0)
            return;
        dims[d] = dims_in[d];
        strides[0][d] = ds_in[d];
        strides[1][d] = ss_in[d];
    }
    ndim = rt_collapse(ndim, dims, 2, strides);
    if (ndim == 0)
        memcpy(dst, src, (size_t)itemsize);
    else if (ndim == 1)
        rt_copy1(dst, strides[0][0], src, strides[1][0], dims[0], itemsize);
    else if (ndim == 2 && strides[0][1] == itemsize && strides[1][0] == itemsize)
        copy_blocked(dims, dst, strides[0], src, strides[1], itemsize);
    else
        copy_nd(ndim, dims, dst, strides[0], src, strides[1], itemsize);
}

/* Walks `n` elements of a C ordered index space from linear position `start`, run by run along the last dimension. */
typedef struct {
    int ndim;
    const idx *dims, *strides;
    idx at[RT_MAXDIM];
    char *p;
} Walk;

static void walk_start(Walk *w, char *base, int ndim, const idx *dims, const idx *strides, idx start)
{
    w->ndim = ndim;
    w->dims = dims;
    w->strides = strides;
    w->p = base;
    for (int d = ndim - 1; d >= 0; d--) {
        w->at[d] = start % dims[d];
        start /= dims[d];
        w->p += w->at[d] * strides[d];
    }
}

static void walk_on(Walk *w, idx run)
{
    int d = w->ndim - 1;
    w->at[d] += run;
    w->p += run * w->strides[d];
    while (d > 0 && w->at[d] == w->dims[d]) {
        w->p += w->strides[d - 1] - w->dims[d] * w->strides[d];
        w->at[d] = 0;
        w->at[--d]++;
    }
}

static idx walk_run(const Walk *w, idx left)
{
    idx run = w->dims[w->ndim - 1] - w->at[w->ndim - 1];
    return run < left ? run : left;
}

void rt_gather(char *dst, const char *src, int ndim, const idx *dims, const idx *strides, idx start, idx n, idx isz)
{
    Walk w;
    if (ndim == 0) {
        rt_fill(dst, src, n, isz);
        return;
    }
    walk_start(&w, (char *)src, ndim, dims, strides, start);
    while (n > 0) {
        idx run = walk_run(&w, n);
        rt_copy1(dst, isz, w.p, strides[ndim - 1], run, isz);
        dst += run * isz;
        n -= run;
        walk_on(&w, run);
    }
}

void rt_scatter(char *dst, const char *src, int ndim, const idx *dims, const idx *strides, idx start, idx n, idx isz)
{
    Walk w;
    if (ndim == 0) {
        memcpy(dst, src, (size_t)isz);
        return;
    }
    walk_start(&w, dst, ndim, dims, strides, start);
    while (n > 0) {
        idx run = walk_run(&w, n);
        rt_copy1(w.p, strides[ndim - 1], src, isz, run, isz);
        src += run * isz;
        n -= run;
        walk_on(&w, run);
    }
}
