/* Writing into rows chosen by an integer vector: replaced or added to, in order. */
#include "indexing.h"

/* The target lies in one piece, `width` elements for each row. */

typedef struct {
    char *out;
    const char *y;
    idx pitch, step; /* elements of a row of the target; bytes from one row of the value to the next */
    idx width;       /* elements of a row that are written */
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
        idx n = s->n, width = s->width, pitch = s->pitch, step = s->step;                                              \
        if (pitch == 1) {                                                                                              \
            for (idx i = 0; i < n; i++)                                                                                \
                out[rows[i]] = (type)(out[rows[i]] + *(const type *)(y + i * step));                                   \
            return;                                                                                                    \
        }                                                                                                              \
        for (idx i = 0; i < n; i++) {                                                                                  \
            type *restrict to = out + rows[i] * pitch;                                                                 \
            const type *restrict from = (const type *)(y + i * step);                                                  \
            if (i + AHEAD < n)                                                                                         \
                ask_to_write((const char *)(out + rows[i + AHEAD] * pitch), width * (idx)sizeof(type));                \
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

/* Threads share the columns: each adds to all rows, in order. */
typedef struct {
    const Scatter *job;
    const Slot *s;
    idx width;
} Share;

static void add_columns(void *arg, idx chunk, int worker)
{
    const Share *h = arg;
    Scatter part = *h->job;
    idx first = chunk * h->width;
    (void)worker;
    part.width = part.pitch - first < h->width ? part.pitch - first : h->width;
    part.out += first * h->s->itemsize;
    part.y += part.single ? 0 : first * h->s->itemsize;
    add_rows(h->s->typenum, &part);
}

#define LEAST_WIDTH 64 /* bytes of a row that are worth looking the row up */

static void add_rows_together(Call *c, const Slot *s, const Scatter *job, double ps)
{
    int threads = job->width * s->itemsize >= 2 * LEAST_WIDTH ? rt_threads(c, ps) : 1;
    idx unit = LEAST_WIDTH / s->itemsize, width = (job->width + threads - 1) / threads;
    Share h = {job, s, threads > 1 ? (width + unit - 1) / unit * unit : job->width};
    rt_parallel(threads, rt_pool_chunks(job->width, h.width), add_columns, &h);
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
    return rt_read_rows(c, t, 2, o->dims[0]);
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

/* Writes `y` into, or adds it to, rows of `out`, which is C ordered: `dims` of what is written, the first that of the rows,
 * and `from`, how the value moves along them. */
void rt_write_rows(Call *c, const Slot *s, char *out, const char *y, const idx *rows, int ndim, const idx *dims,
                   const idx *from, int set)
{
    Scatter job = {.out = out, .y = y, .width = 1, .rows = rows, .n = dims[0], .step = from[0]};
    for (int d = 1; d < ndim; d++)
        job.width *= dims[d];
    job.single = is_single(ndim - 1, dims + 1, from + 1);
    job.pitch = job.width;
    if (job.width == 0 || job.n == 0)
        return;
    if (!job.single && !rt_is_contiguous(ndim - 1, dims + 1, from + 1, s->itemsize)) {
        idx strides[RT_MAXDIM];
        rt_contiguous(ndim - 1, dims + 1, strides, s->itemsize);
        for (idx i = 0; i < job.n; i++)
            rt_write_part(ndim - 1, dims + 1, out + rows[i] * job.width * s->itemsize, strides, y + i * job.step, from + 1,
                          s, set);
    } else if (set) {
        set_rows(&job, s->itemsize);
    } else {
        add_rows_together(c, s, &job, (double)(job.n * job.width) * 300);
    }
}

int rt_inc_rows_run(Call *c, const Thunk *t)
{
    const Slot *s = rt_slot(c, t->out[0]);
    Buf *o = rt_out(c, t, 0);
    idx dims[RT_MAXDIM], from[RT_MAXDIM], written = 1;
    const idx *rows = find_rows(c, t, dims, from);
    if (!rows)
        return -1;
    for (int d = 0; d < s->ndim; d++)
        written *= dims[d];
    double copied = o->data == rt_in(c, t, 0)->data ? 0 : (double)o->size;
    rt_release(c, (copied + (double)written) * 300);
    rt_bring_first(c, t);
    rt_write_rows(c, s, o->data, rt_in(c, t, 1)->data, rows, s->ndim, dims, from, t->params[0] != 0);
    rt_acquire(c);
    return 0;
}
