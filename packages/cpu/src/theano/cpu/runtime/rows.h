/* Row programs, shared by their two ways of running. */
#ifndef THEANO_ROWS_H
#define THEANO_ROWS_H

#include "kernel.h"

#include <stdlib.h>

#define RT_MAXACCS 32
#define RT_MAXGUARDS 8
#define RT_LOOK ((idx)RT_TILE << 11) /* elements between looks at signals */

typedef struct {
    Space space;
    Whole whole;
    int32_t nrow, nkept, row_axes[RT_MAXDIM], kept_axes[RT_MAXDIM];
    int32_t ntemps, naccs, temp_size[RT_MAXACCS], acc_size[RT_MAXACCS];
    int32_t nsweeps, nlanes, cost_ps;
    uint8_t reduced[RT_MAXACCS]; /* of each output */
    uint8_t across, moments, counts; /* counts: a sweep asks for positions, which are those of the dims as given */
    int32_t nguards, guards[RT_MAXGUARDS]; /* inputs whose values must be positions along the row */
    int32_t folds, together; /* the input that the kernel does nothing with but fold, once or more often; or -1 */
    Sweep *lanes; /* another version, for rows side by side; NULL: there is none */
    Sweep sweeps[];
} Rows;

/* A row program on present shapes, in collapsed dims. Operands: the inputs, then the outputs. */
typedef struct {
    int noperands, nkept, nrow;
    idx rows, length;
    idx first; /* rows that come before: other threads do them */
    int threads; /* that may share a row */
    idx kept_dims[RT_MAXDIM], row_dims[RT_MAXDIM];
    char *base[RT_MAXOPS];
    idx kept[RT_MAXOPS][RT_MAXDIM], row[RT_MAXOPS][RT_MAXDIM];
} Job;

/* Rows of other lengths have another sweep in the place of this one. */
static inline int rt_is_for(const Sweep *s, idx length) { return s->least <= length && length <= s->most; }

void rt_rows_job(Call *c, const Thunk *t, const Rows *r, Job *job);
void rt_rows_final(Call *c, const Thunk *t, const Rows *r, const Job *job, char *const *accs, idx end, idx n);
int rt_check_guards(Call *c, const Thunk *t, const Rows *r, idx length);
int rt_folds_lanes(const Rows *r, const Job *job);
/* Scratch of the ways that go row by row: tiles, accumulators for RT_TILE rows, temporaries of one row. */
typedef struct {
    char *tiles, *strip, *repeated, *temps[RT_MAXACCS], *accs[RT_MAXACCS]; /* repeated: see short.c */
} Rooms;

/* moments.c: where the elements of a row are. */
typedef struct {
    const char *base;
    char *room; /* RT_STRIP bytes to gather into; NULL: the row is contiguous */
    int ndim;
    const idx *dims, *strides;
    const char *result; /* where one of the row is stored later: memory to be asked for; or NULL */
} Strip;
#define RT_STRIP ((size_t)64 << 10)

void rt_moments_row(const Sweep *s, char *const *p, const Strip *x, idx length, double *sum, double *squares, int threads);

/* fold.c: one reduction of one row. */
typedef struct {
    const Sweep *s;
    const Leaf *leaf;
    int size, step; /* bytes of an accumulator, and of an element that is folded as it is */
    int open;       /* whether the last part belongs to a block that has begun */
    int fresh;      /* whether nothing has been folded into it yet */
    int depth;
    uint64_t count;
    char part[40][RT_PARTS * 8] __attribute__((aligned(RT_ALIGN)));
} Fold;

void rt_fold_start(Fold *f, const Sweep *s, int size);
void rt_fold_tile(Fold *f, char **p, idx at, idx n, idx length, char *acc);
void rt_fold_row(const Sweep *s, char *const *p, idx length, char *acc, int size, int over);
void rt_fold_long(const Sweep *s, char *const *p, idx length, char *acc, int size, int threads);

thunk_fn rt_rows_usual(Rows *r, const Thunk *t);

void rt_lay_out(Rooms *rooms, const Rows *r, const Job *job, char *room);
size_t rt_room_along(const Rows *r, const Job *job);
void rt_rows_along(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room);
size_t rt_room_repeated(const Job *job);
idx rt_rows_short(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room);
void rt_rows_across(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room);

/* Rows of at most this length are turned over, to run side by side. */
#define RT_SHORT_ROW 64
int rt_goes_by_lanes(Call *c, const Thunk *t, const Rows *r, const Job *job, size_t *room);
void rt_rows_lanes(Call *c, const Thunk *t, const Rows *r, const Job *job, char *room);

#endif
