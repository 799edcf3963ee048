/* Common vocabulary of the native plan: slots, buffers, thunks, calls.
 *
 * A Plan is immutable after `configure`; everything that changes during a call lives in a Frame, so that two
 * threads may be in the same Plan. A frame is cached between calls and taken by an atomic exchange. */
#ifndef THEANO_RUNTIME_H
#define THEANO_RUNTIME_H

#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL theano_runtime_array_api
#ifndef RT_IMPORT_ARRAY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "pool.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef ptrdiff_t idx;

#define RT_MAXDIM 32      /* dimensions of a value */
#define RT_MAXOPS 64      /* operands of one kernel */
#define RT_TILE 512       /* elements of a tile; a multiple of every vector width */
#define RT_ALIGN 64       /* bytes; alignment and padding of temporary memory */
#define RT_GIL_PS 5000000 /* estimated picoseconds of work above which the GIL is released */

enum slot_class {
    SLOT_ARENA = 0,  /* temporary in the frame's memory */
    SLOT_FRESH = 1,  /* new ndarray in each call: outputs, updates, whatever Python code will see */
    SLOT_VIEW = 2,   /* looks into another slot (its root) */
    SLOT_INPUT = 3,  /* argument of the call */
    SLOT_SHARED = 4, /* value of a storage cell (a one-element list) */
    SLOT_CONST = 5,  /* value known at build time */
    SLOT_OBJECT = 6  /* temporary that is not an ndarray */
};

typedef struct {
    int32_t cls, typenum, ndim, itemsize;
    int32_t root;   /* views: the slot they look into; else the slot itself */
    int32_t colour; /* block of the frame's memory, -1 when none */
    int32_t commit; /* shared slot whose storage this value may overwrite, -1 when none */
    char kind;      /* NumPy kind character; 'O' for values that are not tensors */
    uint64_t bcast; /* bit d: dimension d is 1, by the type */
    PyArray_Descr *descr;
    PyObject *object; /* constant: the value; shared: the cell */
} Slot;

typedef struct {
    char *data;
    idx *dims, *strides; /* slot.ndim entries each, in the frame */
    PyObject *arr;       /* object that holds the memory; NULL for the frame's own memory */
    idx size;            /* number of elements */
    uint8_t own;         /* `arr` is a reference of ours */
    uint8_t contig;      /* C contiguous */
    uint8_t committed;   /* lies in the storage of a shared variable */
} Buf;

typedef struct {
    size_t room;
    char *data;
} Block;

typedef struct {
    Buf *bufs;
    Block *blocks; /* one for each colour, then one for scratch of the running driver */
    char *tiny;   /* 16 bytes for each slot: values without dimensions */
    int32_t large; /* some block may be too large to be kept between calls */
    int32_t borrowed; /* no argument is an object that the frame has to drop */
} Frame;

/* Inside a loop: where the value of a slot is wanted, or the memory that it has in all steps. */
typedef struct {
    char *data;      /* NULL: nowhere in particular */
    const idx *dims; /* what fits there */
    Block block;
} Berth;

struct Call;
struct Thunk;
typedef int (*thunk_fn)(struct Call *, const struct Thunk *);

typedef struct Thunk {
    thunk_fn prepare; /* checks, dims of the outputs, memory; may be NULL */
    thunk_fn run;     /* the work */
    thunk_fn usual;   /* or NULL: both at once for small values as they usually are, else returns 1 and has done nothing */
    int32_t node, nin, nout, ndrop, nparams;
    int32_t commit;   /* runs after everything else and may overwrite shared storage */
    int32_t *in, *out;
    int32_t *take;    /* for each output: position of the input whose memory it may take over, or -1 */
    int32_t *drop;    /* slots whose objects die after this thunk */
    int32_t *guards;  /* pairs (slot of a condition, wanted truth), outermost first; all must hold */
    int32_t nguards;
    int64_t *params;
    void *impl;       /* driver's own description, allocated with PyMem */
    PyObject *object; /* Python callable and the like */
} Thunk;

typedef struct {
    int32_t slot;
    int32_t flags;  /* ARG_* */
    PyObject *name; /* interned, or NULL */
    PyObject *cell; /* storage with the default value, or NULL */
} Arg;

enum { ARG_SCALAR = 1, ARG_FLOAT_DOWNCAST = 2, ARG_SLOW = 4 };

typedef struct {
    int32_t value, shared;
    PyObject *cell;
} Update;

typedef struct Turn Turn;
typedef struct Record Record; /* records.c */

enum { RESULT_SINGLE = 0, RESULT_LIST = 1, RESULT_DICT = 2 };

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    _Atomic(Frame *) cached;
    Slot *slots;
    Thunk *thunks;
    Arg *args;
    int32_t *shared;  /* slots read from cells before the call */
    int32_t *outputs;
    Update *updates;
    int32_t *owners;  /* slots whose buffers may own an object at the end of a call; arguments come last */
    PyObject *keys;   /* tuple of str for RESULT_DICT */
    Record *records;  /* what each thunk has done since the last question; NULL when nobody asks */
    double loop_runs, loop_steps, loop_seconds; /* as the step of loops, likewise */
    int32_t nslots, nthunks, nargs, nshared, noutputs, nupdates, nowners, nmade, ncolours, result, ncommits;
    int32_t ready; /* `nmade`: owners that are no arguments */
    Turn **turns;    /* of the cells that are updated, see turns.c */
    int32_t nturns;
    int32_t threads; /* 1: steps do their work alone; 0: with the pool where that pays */
    int64_t least;   /* elementwise steps with fewer elements do theirs alone */
} Plan;

typedef struct Call {
    Plan *plan;
    Frame *frame;
    Buf *bufs;
    Berth *berths; /* of each slot, in the steps of a loop; else NULL */
    PyThreadState *released;
    int32_t keep_gil; /* commits: nobody may look at shared storage meanwhile */
    int32_t signals;  /* ask for pending signals before the next thunk */
    int32_t apart;    /* commits: in memory of their own, shared storage is exchanged at the end */
    double commit_ps; /* commits: estimated work */
} Call;

/* plan.c */
extern PyTypeObject *rt_plan_type;
int rt_configure(Plan *plan, PyObject *spec);
void rt_plan_clear(Plan *plan);

/* frame.c */
Frame *rt_frame_take(Plan *plan);
void rt_frame_give(Plan *plan, Frame *frame);
void rt_frame_free(Plan *plan, Frame *frame);
int rt_alloc(Call *c, int32_t slot, const idx *dims);
int rt_alloc_out(Call *c, const Thunk *t, int32_t k, const idx *dims);
int rt_alloc_fresh(Call *c, int32_t slot, const idx *dims);
void rt_buf_drop(Buf *b);
char *rt_scratch(Call *c, size_t bytes);
int rt_adopt(Call *c, int32_t slot, PyObject *array);
PyObject *rt_as_array(Call *c, int32_t slot);
PyObject *rt_new_array(const Slot *s, const idx *dims);

/* arguments.c */
int rt_bind(Buf *b, const Slot *s, PyObject *value);
int rt_bind_scalar(Buf *b, const Slot *s, PyObject *value, int32_t flags, char *tiny);

/* call.c */
int rt_run_thunks(Call *c, int32_t from, int32_t to);
PyObject *rt_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames);
PyObject *rt_run_values(PyObject *self, PyObject *values);

/* branches.c */
int rt_is_true(const Slot *s, const char *p);
int rt_is_needed(Call *c, const Thunk *t);

/* commit.c */
int rt_commit(Call *c);

/* turns.c */
int rt_turns_setup(Plan *plan);
void rt_turns_clear(Plan *plan);
int rt_turns_take(const Plan *plan);
void rt_turns_give(const Plan *plan);

/* errors.c */
void rt_report(Call *c, const Thunk *t);
void rt_report_value(Call *c, int32_t slot);
int rt_mismatch(int axis, int a, idx length_a, int b, idx length_b);

/* strided.c */
int rt_is_contiguous(int ndim, const idx *dims, const idx *strides, idx itemsize);
idx rt_contiguous(int ndim, const idx *dims, idx *strides, idx itemsize);
void rt_copy1(char *dst, idx ds, const char *src, idx ss, idx n, idx itemsize);
void rt_copy(int ndim, const idx *dims, char *dst, const idx *ds, const char *src, const idx *ss, idx itemsize);
void rt_copy_shared(const Call *c, int ndim, const idx *dims, char *dst, const idx *ds, const char *src, const idx *ss,
                    idx itemsize);
void rt_transpose(char *dst, idx ds, const char *src, idx ss, idx rows, idx cols, idx itemsize);
void rt_gather(char *dst, const char *src, int ndim, const idx *dims, const idx *strides, idx start, idx n, idx isz);
void rt_scatter(char *dst, const char *src, int ndim, const idx *dims, const idx *strides, idx start, idx n, idx isz);
void rt_fill(char *dst, const char *value, idx n, idx itemsize);
int rt_collapse(int ndim, idx *dims, int nops, idx (*strides)[RT_MAXDIM]);

/* drivers: each looks up its prepare/run and reads its impl from the spec */
typedef int (*setup_fn)(Plan *plan, Thunk *t, PyObject *extra);
typedef struct {
    const char *name;
    setup_fn setup; /* may be NULL */
    thunk_fn prepare, run;
} Routine;
const Routine *rt_routine(const char *name);
extern const Routine rt_map_routines[], rt_rows_routines[], rt_view_routines[], rt_scalar_routines[],
    rt_python_routines[], rt_blas_routines[], rt_array_routines[], rt_index_routines[], rt_extrema_routines[],
    rt_branch_routines[], rt_loop_routines[], rt_swept_routines[], rt_activated_routines[], rt_random_routines[],
    rt_mrg_routines[];

/* the GIL */
static inline int rt_release(Call *c, double picoseconds)
{
    if (c->released || c->keep_gil || picoseconds < RT_GIL_PS)
        return 0;
    c->released = PyEval_SaveThread();
    return 1;
}

static inline void rt_acquire(Call *c)
{
    if (!c->released)
        return;
    PyEval_RestoreThread(c->released);
    c->released = NULL;
    c->signals = 1;
}

/* Threads that work of this step is worth, see pool.h. */
static inline int rt_threads(const Call *c, double picoseconds)
{
    return c->plan->threads == 1 ? 1 : rt_pool_offer(picoseconds);
}

static inline Buf *rt_in(Call *c, const Thunk *t, int k) { return &c->bufs[t->in[k]]; }
static inline Buf *rt_out(Call *c, const Thunk *t, int k) { return &c->bufs[t->out[k]]; }
static inline const Slot *rt_slot(const Call *c, int32_t slot) { return &c->plan->slots[slot]; }

#endif
