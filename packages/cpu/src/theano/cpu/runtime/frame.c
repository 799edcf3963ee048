/* Frames: the memory of one call. */
#include "recycle.h"
#include "shortage.h"

#include <stdatomic.h>
#include <stdlib.h>

#define KEEP_BYTES ((size_t)1 << 20) /* larger blocks of a frame serve other functions between its calls */

static size_t frame_bytes(const Plan *plan, size_t *buf_at, size_t *dims_at, size_t *tiny_at)
{
    size_t at = (sizeof(Frame) + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN, ndims = 0;
    for (int32_t i = 0; i < plan->nslots; i++)
        ndims += (size_t)plan->slots[i].ndim;
    *tiny_at = at;
    at += 16 * (size_t)plan->nslots;
    *buf_at = at;
    at += sizeof(Buf) * (size_t)plan->nslots;
    *dims_at = at;
    return at + 2 * sizeof(idx) * ndims + sizeof(Block) * (size_t)(plan->ncolours + 1);
}

static void bind_constants(Plan *plan, Frame *f)
{
    for (int32_t i = 0; i < plan->nslots; i++) {
        const Slot *s = &plan->slots[i];
        Buf *b = &f->bufs[i];
        if (s->ndim == 0) {
            b->size = 1;
            b->contig = 1;
        }
        if (s->cls != SLOT_CONST)
            continue;
        if (s->kind == 'O')
            b->arr = s->object;
        else
            rt_bind(b, s, s->object);
    }
}

static Frame *frame_new(Plan *plan)
{
    size_t buf_at, dims_at, tiny_at, bytes = frame_bytes(plan, &buf_at, &dims_at, &tiny_at);
    bytes = (bytes + RT_ALIGN - 1) / RT_ALIGN * RT_ALIGN;
    char *raw = rt_refuse() ? NULL : aligned_alloc(RT_ALIGN, bytes);
    if (!raw) {
        PyErr_Format(PyExc_MemoryError, "no memory for %zu bytes: the registers of a function", bytes);
        return NULL;
    }
    memset(raw, 0, bytes);
    Frame *f = (Frame *)raw;
    f->bufs = (Buf *)(raw + buf_at);
    f->tiny = raw + tiny_at;
    idx *dims = (idx *)(raw + dims_at);
    for (int32_t i = 0; i < plan->nslots; i++) {
        f->bufs[i].dims = dims;
        f->bufs[i].strides = dims + plan->slots[i].ndim;
        dims += 2 * plan->slots[i].ndim;
    }
    f->blocks = (Block *)dims;
    bind_constants(plan, f);
    return f;
}

/* Taking and putting back is guarded by the GIL where there is one, and then needs no locked instruction. */
#ifdef Py_GIL_DISABLED
static Frame *cached(Plan *plan) { return atomic_exchange(&plan->cached, NULL); }

static int put_back(Plan *plan, Frame *f)
{
    Frame *none = NULL;
    return atomic_compare_exchange_strong(&plan->cached, &none, f);
}
#else
static Frame *cached(Plan *plan)
{
    Frame *f = atomic_load_explicit(&plan->cached, memory_order_relaxed);
    atomic_store_explicit(&plan->cached, NULL, memory_order_relaxed);
    return f;
}

static int put_back(Plan *plan, Frame *f)
{
    if (atomic_load_explicit(&plan->cached, memory_order_relaxed))
        return 0;
    atomic_store_explicit(&plan->cached, f, memory_order_relaxed);
    return 1;
}
#endif

Frame *rt_frame_take(Plan *plan)
{
    Frame *f = cached(plan);
    return f ? f : frame_new(plan);
}

void rt_frame_free(Plan *plan, Frame *f)
{
    for (int32_t i = 0; i <= plan->ncolours; i++)
        rt_unblock(f->blocks[i].data);
    free(f);
}

static void shrink(Plan *plan, Frame *f)
{
    for (int32_t i = 0; i <= plan->ncolours; i++) {
        if (f->blocks[i].room <= KEEP_BYTES)
            continue;
        rt_unblock(f->blocks[i].data);
        f->blocks[i].data = NULL;
        f->blocks[i].room = 0;
    }
    f->large = 0;
}

/* Ends a call: drops what the buffers own and puts the frame back for the next one. */
void rt_frame_give(Plan *plan, Frame *f)
{
    const int32_t count = f->borrowed ? plan->nmade : plan->nowners;
    f->borrowed = 0;
    for (int32_t i = 0; i < count; i++) {
        Buf *b = &f->bufs[plan->owners[i]];
        PyObject *old = b->own ? b->arr : NULL;
        b->arr = NULL;
        b->own = 0;
        b->committed = 0;
        Py_XDECREF(old);
    }
    if (f->large)
        shrink(plan, f);
    if (!put_back(plan, f))
        rt_frame_free(plan, f);
}

void rt_buf_drop(Buf *b)
{
    PyObject *old = b->arr;
    int own = b->own;
    b->arr = NULL;
    b->own = 0;
    b->committed = 0;
    if (own)
        Py_XDECREF(old);
}

#ifdef __SANITIZE_ADDRESS__
#define SPARE 1 /* what is written behind a value is to be seen */
#else
#define SPARE 4096 /* so that a slightly larger value later finds room */
#endif

static char *block_room(Block *block, size_t bytes)
{
    if (block->room >= bytes && block->data)
        return block->data;
    size_t room = bytes + SPARE;
    rt_unblock(block->data);
    block->data = room < bytes ? NULL : rt_block(room);
    block->room = block->data ? room : 0;
    if (!block->data)
        rt_asked = bytes;
    return block->data;
}

static char *frame_room(Call *c, int32_t colour, size_t bytes)
{
    c->frame->large |= bytes + SPARE > KEEP_BYTES;
    return block_room(&c->frame->blocks[colour], bytes);
}

/* Memory for the running driver only; may be called without the GIL, returns NULL when there is none. */
char *rt_scratch(Call *c, size_t bytes) { return frame_room(c, c->plan->ncolours, bytes); }

/* The product of the dims in bytes, or -1 when it does not fit. */
static idx checked_bytes(const Slot *s, const idx *dims)
{
    idx bytes = s->itemsize;
    for (int d = 0; d < s->ndim; d++)
        if (__builtin_mul_overflow(bytes, dims[d], &bytes))
            return -1;
    return bytes;
}

PyObject *rt_new_array(const Slot *s, const idx *dims)
{
    idx bytes = checked_bytes(s, dims);
    if (bytes >= 0 && rt_recycles)
        return bytes < (idx)RT_RECYCLED ? rt_small_array(s, dims, (size_t)bytes) : rt_block_array(s, dims, (size_t)bytes);
    Py_INCREF(s->descr);
    return PyArray_NewFromDescr(&PyArray_Type, s->descr, s->ndim, (npy_intp *)dims, NULL, NULL, 0, NULL);
}

/* The usual case of rt_alloc_fresh: a few numbers, or one. Returns 1 when it is another. */
static inline int alloc_few(Buf *b, const Slot *s, const idx *dims)
{
    if (s->ndim > 1 || b->arr || !rt_recycles)
        return 1;
    idx size = s->ndim ? dims[0] : 1, stride = s->itemsize;
    if (size > RT_SMALL || size * stride >= (idx)RT_RECYCLED)
        return 1;
    PyObject *array = rt_small_array(s, dims, (size_t)(size * stride));
    if (!array)
        return -1;
    b->arr = array;
    b->own = 1;
    b->data = PyArray_BYTES((PyArrayObject *)array);
    b->contig = 1;
    if (s->ndim) {
        b->dims[0] = b->size = size;
        b->strides[0] = stride;
    }
    return 0;
}

int rt_alloc_fresh(Call *c, int32_t slot, const idx *dims)
{
    const Slot *s = rt_slot(c, slot);
    Buf *b = &c->bufs[slot];
    int left = alloc_few(b, s, dims);
    if (left <= 0)
        return left;
    PyObject *array = rt_new_array(s, dims);
    if (!array)
        return -1;
    rt_buf_drop(b);
    b->arr = array;
    b->own = 1;
    b->data = PyArray_BYTES((PyArrayObject *)array);
    b->contig = 1;
    if (s->ndim) {
        memcpy(b->dims, dims, sizeof(idx) * (size_t)s->ndim);
        b->size = rt_contiguous(s->ndim, b->dims, b->strides, s->itemsize);
    }
    return 0;
}

static int same_dims(const idx *a, const idx *dims, int ndim)
{
    for (int d = 0; d < ndim; d++)
        if (a[d] != dims[d])
            return 0;
    return 1;
}

/* In a loop a value that would be an array of its own is written where the loop wants it; otherwise its memory is kept
 * from step to step. Python code that asks for it gets a copy. */
static char *berth_room(Call *c, int32_t slot, const idx *dims, idx bytes)
{
    const Slot *s = rt_slot(c, slot);
    Berth *berth = &c->berths[slot];
    if (berth->data && same_dims(berth->dims, dims, s->ndim))
        return berth->data;
    return s->ndim ? block_room(&berth->block, (size_t)bytes) : c->frame->tiny + 16 * slot;
}

/* Gives `slot` C ordered memory for `dims`. */
int rt_alloc(Call *c, int32_t slot, const idx *dims)
{
    const Slot *s = rt_slot(c, slot);
    Buf *b = &c->bufs[slot];
    int placed = s->cls != SLOT_ARENA;
    if (placed && !c->berths)
        return rt_alloc_fresh(c, slot, dims);
    rt_buf_drop(b);
    b->contig = 1;
    if (s->ndim == 0) {
        b->data = placed ? berth_room(c, slot, dims, s->itemsize) : c->frame->tiny + 16 * slot;
        return 0;
    }
    idx bytes = checked_bytes(s, dims);
    b->data = bytes < 0 ? NULL
              : placed  ? berth_room(c, slot, dims, bytes)
                        : frame_room(c, s->colour, (size_t)bytes);
    if (!b->data)
        return rt_no_room(s, dims);
    memcpy(b->dims, dims, sizeof(idx) * (size_t)s->ndim);
    b->size = rt_contiguous(s->ndim, b->dims, b->strides, s->itemsize);
    return 0;
}

static void share(Buf *b, Buf *from, const Slot *s)
{
    rt_buf_drop(b);
    b->data = from->data;
    b->contig = 1;
    if (s->ndim) {
        memcpy(b->dims, from->dims, sizeof(idx) * (size_t)s->ndim);
        b->size = rt_contiguous(s->ndim, b->dims, b->strides, s->itemsize);
    }
}

/* Overwrites the array of a shared variable: only when the cell and this call are its only holders. */
static int take_storage(Call *c, int32_t slot, const idx *dims)
{
    const Slot *s = rt_slot(c, slot), *shared = rt_slot(c, s->commit);
    Buf *sb = &c->bufs[s->commit];
    PyObject *array = sb->arr;
    if (!array || !sb->own || !sb->contig || Py_REFCNT(array) != 2 || PyList_GET_ITEM(shared->object, 0) != array)
        return 0;
    if (!PyArray_CHKFLAGS((PyArrayObject *)array, NPY_ARRAY_OWNDATA | NPY_ARRAY_WRITEABLE) ||
        shared->typenum != s->typenum || !same_dims(sb->dims, dims, s->ndim))
        return 0;
    share(&c->bufs[slot], sb, s);
    c->bufs[slot].committed = 1;
    return 1;
}

/* Takes over the memory of an input that dies in this step. */
static int take_input(Call *c, int32_t slot, int32_t from, const idx *dims)
{
    const Slot *s = rt_slot(c, slot), *fs = rt_slot(c, from);
    Buf *fb = &c->bufs[from];
    if (!fb->contig || fs->itemsize != s->itemsize || fs->ndim != s->ndim || !same_dims(fb->dims, dims, s->ndim))
        return 0;
    if (fs->cls == SLOT_ARENA && s->cls == SLOT_ARENA && !fb->own) {
        share(&c->bufs[slot], fb, s);
        return 1;
    }
    if (fs->cls == SLOT_FRESH && s->cls == SLOT_FRESH && c->berths && !fb->own) {
        if (c->berths[slot].data && c->berths[slot].data != fb->data)
            return 0;
        share(&c->bufs[slot], fb, s);
        return 1;
    }
    if (fs->cls != SLOT_FRESH || !fb->own || Py_REFCNT(fb->arr) != 1 || fs->typenum != s->typenum)
        return 0;
    share(&c->bufs[slot], fb, s);
    c->bufs[slot].arr = fb->arr;
    c->bufs[slot].own = 1;
    fb->own = 0;
    return 1;
}

/* Memory for output `k` of thunk `t`: shared storage, the memory of a dying input, or its own. */
int rt_alloc_out(Call *c, const Thunk *t, int32_t k, const idx *dims)
{
    int32_t slot = t->out[k], take = t->take[k];
    if (t->commit && !c->apart && rt_slot(c, slot)->commit >= 0 && take_storage(c, slot, dims))
        return 0;
    if (take >= 0 && take_input(c, slot, t->in[take], dims))
        return 0;
    return rt_alloc(c, slot, dims);
}

/* Stores an object that Python code made; takes over the reference. */
int rt_adopt(Call *c, int32_t slot, PyObject *value)
{
    const Slot *s = rt_slot(c, slot);
    Buf *b = &c->bufs[slot];
    rt_buf_drop(b);
    b->arr = value;
    b->own = 1;
    if (s->kind == 'O')
        return 0;
    if (rt_bind(b, s, value) == 0) {
        b->own = 1;
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "a value of another type than the step declares: %R", (PyObject *)Py_TYPE(value));
    return -1;
}

/* A new reference to an object with the value of `slot`: the object itself, a view of it, or a copy. */
PyObject *rt_as_array(Call *c, int32_t slot)
{
    const Slot *s = rt_slot(c, slot);
    Buf *b = &c->bufs[slot], *root = b;
    for (int32_t k = slot; !root->arr && c->plan->slots[k].cls == SLOT_VIEW; root = &c->bufs[k])
        k = c->plan->slots[k].root; /* a view that had to copy has an array of its own */
    if (b->arr) {
        Py_INCREF(b->arr);
        return b->arr;
    }
    if (s->kind == 'O') {
        PyErr_SetString(PyExc_RuntimeError, "a value is used before it is computed");
        return NULL;
    }
    if (root->arr) {
        Py_INCREF(s->descr);
        PyObject *view = PyArray_NewFromDescr(&PyArray_Type, s->descr, s->ndim, (npy_intp *)b->dims,
                                              (npy_intp *)b->strides, b->data, NPY_ARRAY_WRITEABLE, NULL);
        Py_INCREF(root->arr);
        if (view && PyArray_SetBaseObject((PyArrayObject *)view, root->arr) < 0)
            Py_CLEAR(view);
        return view;
    }
    PyObject *copy = rt_new_array(s, b->dims);
    if (copy && b->data) {
        PyArrayObject *a = (PyArrayObject *)copy;
        rt_copy(s->ndim, b->dims, PyArray_BYTES(a), PyArray_STRIDES(a), b->data, b->strides, s->itemsize);
    }
    return copy;
}
