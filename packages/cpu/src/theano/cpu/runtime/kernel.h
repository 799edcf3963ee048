/* Generated bodies, as the drivers see them. */
#ifndef THEANO_KERNEL_H
#define THEANO_KERNEL_H

#include "runtime.h"

typedef void (*body_fn)(char *const *p, ptrdiff_t n);
typedef void (*beside_fn)(char *acc, const char *x, idx stride, idx length, idx n);

enum operand_kind { OP_IN, OP_OUT, OP_TEMP, OP_ACC, OP_IOTA, OP_TILE, OP_FOLD, OP_START };

typedef struct {
    int32_t kind, index, size;
    uint8_t scalar, written;
} Operand;

enum { FOR_POSITIONS, FINAL, PER_ROW };

typedef struct {
    body_fn body; /* NULL: a reduction of its single operand as it is */
    int32_t nops, width, cost_ps;
    int32_t acc, leaf; /* reduce sweeps: accumulator and the index of its leaf, else -1 */
    int32_t fold;      /* reduce sweeps: operand for partial results, behind that for those to start from; or -1 */
    int32_t value;     /* reduce sweeps without: operand that holds what is to be folded */
    int32_t sums;      /* squared deviations, see moments.c: accumulator of the sum; -1 of all other sweeps */
    idx least, most;   /* lengths of the rows it is for */
    int32_t final; /* when it runs: FOR_POSITIONS, once over many rows, or for one position of each row */
    beside_fn beside; /* reduce sweeps: what adds up short rows that lie side by side, or NULL */
    uint8_t any_inplace; /* some address is both read and written */
    Operand ops[RT_MAXOPS];
} Sweep;

/* The index space of a step: which dim of each input an axis follows. */
typedef struct {
    int32_t ndim, nin;
    uint64_t bcast[RT_MAXOPS];            /* bit a: does not move along axis a */
    int8_t order[RT_MAXOPS][RT_MAXDIM];   /* dim of the input for each axis, -1 none */
    uint8_t identity[RT_MAXOPS];          /* order is 0, 1, ... */
} Space;

int rt_read_sweep(Sweep *s, PyObject *spec);
int rt_read_space(Space *space, const Plan *plan, const Thunk *t, PyObject *orders, int ndim);
int rt_common_dims(Call *c, const Thunk *t, const Space *space, idx *dims);
void rt_axis_strides(const Space *space, int i, const Buf *b, idx *strides);
void rt_run_body(const Sweep *s, char *const *p, idx n);
void rt_run_body_over(const Sweep *s, char *const *p, const idx *slack, idx n);

#define RT_LEAST_SPAN 2048 /* elements; whole cache lines and whole vectors: no thread gets fewer */

/* The usual way: slots of the inputs that have one element for each position. */
typedef struct {
    int32_t count, slots[RT_MAXOPS];
} Whole;

/* All that a map needs for its usual way, in a line or two of the cache: of the rest it reads nothing. */
typedef struct {
    body_fn body;
    int32_t width, nops, ndim;
    int32_t most;  /* elements; more are not small */
    int32_t count; /* inputs that have one element for each position */
    struct {
        int32_t slot, step; /* of an operand: bytes from one element to the next */
        int32_t whole;      /* slot of such an input: the first `count` of these */
    } ops[RT_MAXOPS];
} Usual;

/* map.c, usual.c */
typedef struct {
    Usual usual;
    Sweep sweep;
    Sweep rows; /* the same for one row of the last axis, with elements that do not move along it; no body: none */
    Space space;
    int32_t inplace[RT_MAXOPS]; /* for each input: output whose address it must have, or -1 */
} Map;

thunk_fn rt_map_usual(Map *m, const Thunk *t);

/* stream.c */
uint64_t rt_streams(const Sweep *s, char *const *p, idx n);
void rt_run_streaming(const Sweep *s, char *const *p, idx n, uint64_t streams);

/* Functions with a version for each level of vector instructions, chosen when the library is loaded. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 &&             \
    !defined(__SANITIZE_THREAD__) /* which watches the choice itself, before it can */
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* Orders of sums by length: one after the other; eight partial sums; RT_PARTS partial sums for each block. */
#define RT_SHORT 8
#define RT_MEDIUM 96
#define RT_PARTS 32 /* as in theano.codegen.folding */
#define RT_BLOCK 1024

/* leaves.c: accumulators. Elements have their dtype, but for "add float32", which adds up in float64. */
typedef void (*leaf_fn)(char *acc, const char *x, idx n);
typedef struct {
    const char *kind;
    int typenum;
    idx block;      /* elements that are folded into the same RT_PARTS partial results */
    const void *start; /* RT_PARTS neutral elements */
    leaf_fn init;   /* `n` accumulators to the neutral element; `x` unused */
    leaf_fn few;    /* the result of 0 < n <= RT_MEDIUM elements into one accumulator */
    leaf_fn fold;   /* `n` elements, a multiple of RT_PARTS, into RT_PARTS partial results */
    leaf_fn merge;  /* RT_PARTS partial results into one accumulator; `n` unused */
    leaf_fn across; /* one element into each of `n` accumulators */
    void (*down)(char *acc, const char *x, idx stride, idx rows, idx n); /* the same, for several rows of elements */
    leaf_fn join_few, join_across; /* as few and across, for elements of the accumulator's dtype */
} Leaf;
extern const Leaf rt_leaves[];
int rt_find_leaf(const char *kind, int typenum);
void rt_fold_at_once(const Leaf *leaf, char *acc, const char *x, idx length, int size);

/* beside.c */
extern const idx rt_least_beside;
beside_fn rt_find_beside(const char *kind, int typenum);

/* wide.c. As many bytes as the elements have are asked for at `soon`, which may be NULL. */
void rt_add_wide(double *sums, const float *x, idx n);
double rt_add_wide_squares(double *sums, const float *x, idx n, double *total, const char *soon);

/* largest.c: largest elements of `size` bytes, or smallest. Elements into RT_PARTS partial results; 0, and nothing done,
 * where there is NaN or no code for this machine. Rows into `n` accumulators; how many rows were folded: those before the
 * first NaN. Further elements may have been looked at, which changes nothing once all are. */
int rt_extremes_along(int size, int least, char *parts, const char *x, idx n);
idx rt_extremes_down(int size, int least, char *acc, const char *x, idx stride, idx rows, idx n);

/* Rows side by side are walked through in short stretches, too short for the processor to see what comes next: so the
 * same stretch of rows further down is asked for, while this one is computed. */
static inline __attribute__((always_inline)) void rt_ask_for(const char *from, idx stride, int rows, idx bytes)
{
    for (int k = 0; k < rows; k++)
        for (idx at = 0; at < bytes; at += 64)
            __builtin_prefetch(from + k * stride + at, 0, 2);
}

/* first.c */
#define RT_LONG_ROW 256 /* elements at least */
idx rt_first_maximum(const Slot *s, const char *row, idx n);

#endif
