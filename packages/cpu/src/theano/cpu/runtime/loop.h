/* Loops: the steps of a scan, each one run of an inner plan, without Python between them. */
#ifndef THEANO_LOOP_H
#define THEANO_LOOP_H

#include "quick.h"
#include "short_product.h"

/* A row that each step reads or writes: step k uses row k + shift of a state. */
typedef struct {
    int32_t state;
    idx shift;
} Tap;

/* A slot of the inner plan that may lie in the memory of inner output `output`. */
typedef struct {
    int32_t slot, output;
} Target;

/* A thunk of the inner plan in steps after the first ones. */
typedef struct {
    int32_t thunk, prepare;
} Repeat;

/* Generated: `n` steps over numbers and short rows, see theano.cpu.recurrence. */
typedef void (*numbers_fn)(char *const *p, idx n);

typedef struct {
    Plan *inner;
    numbers_fn numbers; /* or NULL */
    PyObject *perform, *note, *changed; /* Python: the whole loop; "in step k"; the error of a row of another shape */
    PyObject *yield; /* Python: does nothing, as other threads may at its start */
    PyObject *told; /* called after the loop, unless it is itself in a loop; NULL when no step in it has a profile */
    int32_t nseqs, nstates, nstored, nreads, nwrites, nfixed, ntargets;
    int32_t stops, python; /* the last inner output is a condition to stop; some inner step needs Python objects */
    int64_t *offset;
    int64_t *whole; /* the state's rows are all given, not only the first `offset` */
    int64_t length; /* for `numbers`: elements of each vector, or 0: any number, the same for all */
    const int64_t *lengths; /* of the row of each output, as `length` */
    int32_t nproducts;      /* for `numbers`: of short rows with matrices */
    const int64_t *products; /* of each: the inner input that is the matrix, and whether it is transposed */
    Tap *reads, *writes;
    Target *targets;
    Repeat *repeats; /* what is left to do in a step when nothing but rows changes; see repeat.c */
    int32_t nrepeats;
} Loop;

/* An inner input that moves: row `at` of `length`. */
typedef struct {
    Buf *b;
    char *base;
    idx stride, at, length;
} Cursor;

/* An inner output and its rows in an outer one. */
typedef struct {
    Buf *b;     /* inner */
    Buf *to;    /* outer */
    char *base; /* NULL while the rows' shape is not known */
    char *row;  /* of this step */
    idx stride, at, length;
    int direct;
} Sink;

typedef struct {
    const Loop *l;
    const Thunk *t;
    Call *outer;
    Call c;
    Cursor *cursors;
    Sink *sinks;
    Quick *quick; /* for each repeat, once shapes are settled: how it is done faster */
    uint8_t *moves; /* for each target, once shapes are settled: it lies in the row of the step */
    ShortProduct *products; /* made ready for `numbers` */
    idx done, steps;
} Run;

static inline int ncursors(const Loop *l) { return l->nseqs + l->nreads; }
static inline int nsinks(const Loop *l) { return l->nwrites + l->nstored; }
static inline int fixed_at(const Loop *l) { return 1 + l->nseqs + l->nstates + l->nstored; }

int64_t rt_read_int(const Slot *s, const char *p);
static inline int64_t rt_number(Call *c, int32_t slot) { return rt_read_int(rt_slot(c, slot), c->bufs[slot].data); }

/* loop_setup.c */
int rt_loop_setup(Plan *plan, Thunk *t, PyObject *object);

/* loop_numbers.c */
int rt_loop_fits_numbers(Run *r);
int rt_loop_numbers(Run *r, idx steps);

/* loop.c */
int rt_loop_make_stored(Run *r, int32_t o);

/* repeat.c */
void rt_find_repeats(Loop *l, uint8_t *known, const int32_t *output);

/* loop_ends.c */
int rt_loop_is_usual(Call *c, const Thunk *t, const Loop *l, idx steps);
int rt_loop_open(Run *r);
void rt_loop_open_sink(Run *r, int32_t o, idx at, int direct);
int rt_loop_results(Run *r);
int rt_loop_in_python(Call *c, const Thunk *t, const Loop *l);

#endif
