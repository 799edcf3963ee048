/* Large copies, shared by threads. */
#include "runtime.h"

#define BYTE_PS 60    /* picoseconds that a copied byte takes where it comes from main memory */
#define LEAST 65536   /* bytes of a chunk */

typedef struct {
    int ndim;
    idx dims[RT_MAXDIM], strides[2][RT_MAXDIM], itemsize, step;
    char *dst;
    const char *src;
} Copy;

static void copy_chunk(void *arg, idx chunk, int worker)
{
    const Copy *h = arg;
    idx dims[RT_MAXDIM], first = chunk * h->step;
    (void)worker;
    memcpy(dims, h->dims, sizeof(idx) * (size_t)h->ndim);
    dims[0] = h->dims[0] - first < h->step ? h->dims[0] - first : h->step;
    rt_copy(h->ndim, dims, h->dst + first * h->strides[0][0], h->strides[0], h->src + first * h->strides[1][0],
            h->strides[1], h->itemsize);
}

/* As rt_copy; cut along the outermost dim. */
void rt_copy_shared(const Call *c, int ndim, const idx *dims, char *dst, const idx *ds, const char *src, const idx *ss,
                    idx itemsize)
{
    Copy h = {.itemsize = itemsize, .dst = dst, .src = src};
    idx bytes = itemsize;
    for (int d = 0; d < ndim; d++)
        bytes *= dims[d];
    int threads = rt_threads(c, (double)bytes * BYTE_PS);
    if (threads > 1) {
        memcpy(h.dims, dims, sizeof(idx) * (size_t)ndim);
        memcpy(h.strides[0], ds, sizeof(idx) * (size_t)ndim);
        memcpy(h.strides[1], ss, sizeof(idx) * (size_t)ndim);
        h.ndim = rt_collapse(ndim, h.dims, 2, h.strides);
    }
    if (h.ndim == 0 || bytes == 0) {
        rt_copy(ndim, dims, dst, ds, src, ss, itemsize);
        return;
    }
    idx each = bytes / h.dims[0], unit = h.ndim == 1 ? LEAST / itemsize : LEAST / each > 64 ? LEAST / each : 64;
    if (h.dims[0] < 64 * threads && h.ndim > 1)
        unit = LEAST / each + 1; /* blocks of a transpose need not be whole */
    h.step = rt_pool_step(h.dims[0], unit, threads, (double)bytes * BYTE_PS);
    rt_parallel(threads, rt_pool_chunks(h.dims[0], h.step), copy_chunk, &h);
}
