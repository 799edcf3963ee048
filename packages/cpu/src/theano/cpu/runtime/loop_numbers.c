/* All steps of a loop over numbers and short rows by one generated function. */
#include "interrupt.h"
#include "loop.h"

#define TURN 4096 /* steps over numbers between looks at signals */
#define STEP_PS 1000 /* estimated picoseconds of a step for each element of its rows */
#define MAX_ROW 4096 /* elements; longer rows are worth the steps of a plan, which may share them among threads */

static int is_row(const Slot *s) { return s->ndim > 0 && !s->bcast; }

/* Whether `b` is a number, or a row of the shape of those before it. */
static int fits_row(const Run *r, const Slot *s, const Buf *b, const Buf **first)
{
    if (!is_row(s))
        return 1;
    if (!b->contig || b->size < 1 || b->size > MAX_ROW || (r->l->length && b->size != r->l->length))
        return 0;
    if (!*first)
        *first = b;
    return memcmp(b->dims, (*first)->dims, sizeof(idx) * (size_t)s->ndim) == 0;
}

/* Makes the matrices of products ready; 0 when they are not square, of the length of the rows `row`. */
static int fit_products(Run *r, const Buf *row)
{
    const Loop *l = r->l;
    const Plan *p = l->inner;
    if (!l->nproducts)
        return 1;
    r->products = row ? (ShortProduct *)rt_scratch(&r->c, sizeof(ShortProduct) * (size_t)l->nproducts) : NULL;
    for (int32_t k = 0; k < l->nproducts; k++) {
        const int32_t slot = p->args[l->products[2 * k]].slot;
        const Buf *b = &r->c.bufs[slot];
        const int turned = l->products[2 * k + 1] != 0;
        const Matrix x = {b->data, b->dims[turned], b->dims[!turned], b->strides[turned], b->strides[!turned]};
        if (!r->products || x.rows != row->size || x.cols != row->size ||
            !rt_short_product(&r->products[k], &x, p->slots[slot].itemsize))
            return 0;
    }
    return 1;
}

/* The shape of a row of output `o`, which the step itself would have told. */
static void shape_output(Run *r, int32_t o, const Buf *row)
{
    const Slot *s = &r->l->inner->slots[r->l->inner->outputs[o]];
    for (int d = 0; d < s->ndim; d++)
        r->sinks[o].b->dims[d] = !is_row(s) ? 1 : r->l->lengths[o] ? r->l->lengths[o] : row->dims[d];
}

/* Whether the rows of this call are what the generated function was made for. */
int rt_loop_fits_numbers(Run *r)
{
    const Loop *l = r->l;
    const Plan *p = l->inner;
    const Buf *row = NULL;
    if (!l->numbers)
        return 0;
    for (int32_t k = 0; k < p->nargs; k++) {
        const Slot *s = &p->slots[p->args[k].slot];
        if (!(l->nproducts && s->ndim == 2) && !fits_row(r, s, &r->c.bufs[p->args[k].slot], &row))
            return 0;
    }
    if (!fit_products(r, row))
        return 0;
    for (int32_t o = 0; o < nsinks(l); o++) {
        const Slot *s = &p->slots[p->outputs[o]];
        if (is_row(s) && !row && !l->lengths[o])
            return 0;
        shape_output(r, o, row);
        if (r->sinks[o].base && memcmp(r->sinks[o].b->dims, r->sinks[o].to->dims + 1, sizeof(idx) * (size_t)s->ndim))
            return 0;
    }
    return 1;
}

static idx row_size(const Run *r)
{
    const Plan *p = r->l->inner;
    for (int32_t k = 0; k < p->nargs; k++)
        if (is_row(&p->slots[p->args[k].slot]) && !(r->l->nproducts && p->slots[p->args[k].slot].ndim == 2))
            return r->c.bufs[p->args[k].slot].size;
    return 1;
}

static void list_rows(int64_t *q, idx at, idx stride, idx length)
{
    q[0] = at * stride;
    q[1] = stride;
    q[2] = length * stride;
}

static int list_operands(Run *r, char **p, int64_t *q)
{
    const Loop *l = r->l;
    int32_t n = 0;
    char *const numbers = (char *)q;
    for (int32_t k = 0; k < ncursors(l); k++, q += 3) {
        const Cursor *cursor = &r->cursors[k];
        p[n++] = cursor->base;
        list_rows(q, cursor->at, cursor->stride, cursor->length);
    }
    for (int32_t k = 0; k < l->nfixed; k++)
        p[n++] = r->c.bufs[l->inner->args[ncursors(l) + k].slot].data;
    for (int32_t o = 0; o < nsinks(l); o++, q += 3) {
        Sink *sink = &r->sinks[o];
        if (!sink->base) {
            if (rt_loop_make_stored(r, o) < 0)
                return -1;
            sink->at = 0;
        }
        p[n++] = sink->base;
        list_rows(q, sink->at, sink->stride, sink->length);
    }
    p[n++] = numbers;
    for (int32_t k = 0; k < l->nproducts; k++)
        p[n++] = (char *)&r->products[k];
    return 0;
}

int rt_loop_numbers(Run *r, idx steps)
{
    const Loop *l = r->l;
    idx size = row_size(r), turn = 1 + TURN / (1 + size / 8);
    int32_t rows = ncursors(l) + nsinks(l);
    int64_t *q = PyMem_Malloc(sizeof(int64_t) * (size_t)(3 * rows + 3)), *told = q + 3 * rows;
    char **p = PyMem_Malloc(sizeof(char *) * (size_t)(rows + l->nfixed + 1 + l->nproducts));
    int rc = -1;
    if (!p || !q)
        PyErr_NoMemory();
    else if (list_operands(r, p, q) == 0) {
        rc = told[1] = 0;
        told[2] = size;
        rt_release(&r->c, (double)(steps - r->done) * (double)(size + 1) * STEP_PS);
        while (rc == 0 && r->done < steps && !told[1]) {
            l->numbers(p, steps - r->done < turn ? steps - r->done : turn);
            r->done += told[0];
            rc = rt_poll();
        }
        rt_acquire(&r->c);
        rc = rt_check_signals(&r->c);
    }
    PyMem_Free(p);
    PyMem_Free(q);
    return rc;
}
