/* Running a generated body on any number of elements. */
#include "kernel.h"

#define MAX_WIDTH 64 /* as in theano.cpu.kernels */

static int read_operand(Operand *op, PyObject *entry)
{
    int scalar, written;
    if (!PyArg_ParseTuple(entry, "iiiii", &op->kind, &op->index, &op->size, &scalar, &written))
        return -1;
    op->scalar = (uint8_t)scalar;
    op->written = (uint8_t)written;
    return 0;
}

/* (address, width, cost_ps, ((kind, index, size, scalar, written), ...), acc, reduce kind, acc typenum, final, inplace
 * [, sums, least length, largest length]) */
int rt_read_sweep(Sweep *s, PyObject *spec)
{
    unsigned long long address;
    PyObject *ops;
    const char *kind;
    int typenum, inplace;
    s->sums = -1;
    s->least = 0;
    s->most = PTRDIFF_MAX;
    if (!PyArg_ParseTuple(spec, "KiiO!isiii|inn", &address, &s->width, &s->cost_ps, &PyTuple_Type, &ops, &s->acc, &kind,
                          &typenum, &s->final, &inplace, &s->sums, &s->least, &s->most))
        return -1;
    s->body = (body_fn)(uintptr_t)address;
    s->nops = (int32_t)PyTuple_GET_SIZE(ops);
    s->any_inplace = (uint8_t)inplace;
    s->leaf = s->fold = -1;
    if (s->nops > RT_MAXOPS || s->width < 1 || s->width > MAX_WIDTH) {
        PyErr_SetString(PyExc_ValueError, "a kernel has too many operands or too wide a step");
        return -1;
    }
    for (int32_t k = 0; k < s->nops; k++)
        if (read_operand(&s->ops[k], PyTuple_GET_ITEM(ops, k)) < 0)
            return -1;
    for (int32_t k = 0; k < s->nops; k++) {
        s->fold = s->ops[k].kind == OP_FOLD ? k : s->fold;
        s->value = s->ops[k].kind == OP_TILE ? k : s->value;
        s->any_inplace |= s->acc >= 0 && s->ops[k].kind == OP_ACC && s->ops[k].index == s->acc;
    }
    if (s->acc >= 0 && (s->leaf = rt_find_leaf(kind, typenum)) < 0) {
        PyErr_Format(PyExc_ValueError, "no accumulator %s for type number %d", kind, typenum);
        return -1;
    }
    s->beside = s->acc >= 0 && !s->body ? rt_find_beside(kind, typenum) : NULL;
    return 0;
}

/* The remainder on padded copies; the pad repeats the last element, so that it raises no floating-point flag of its own. */
static void run_padded(const Sweep *s, char *const *p, idx n)
{
    char pads[RT_MAXOPS][MAX_WIDTH * 8] __attribute__((aligned(RT_ALIGN)));
    char *q[RT_MAXOPS];
    for (int k = 0; k < s->nops; k++) {
        const Operand *op = &s->ops[k];
        q[k] = op->scalar ? p[k] : pads[k];
        /* One address stays one address; one element of an operand is no vector, though it may begin where that does. */
        for (int j = 0; s->any_inplace && !op->scalar && j < k; j++)
            if (p[j] == p[k] && !s->ops[j].scalar)
                q[k] = q[j];
        if (q[k] != pads[k] || op->written)
            continue;
        memcpy(q[k], p[k], (size_t)(n * op->size));
        rt_fill(q[k] + n * op->size, q[k] + (n - 1) * op->size, s->width - n, op->size);
    }
    if (s->any_inplace) /* an output may come before the input at the same address */
        for (int k = 0; k < s->nops; k++)
            if (!s->ops[k].scalar && !s->ops[k].written && q[k] != pads[k]) {
                memcpy(q[k], p[k], (size_t)(n * s->ops[k].size));
                rt_fill(q[k] + n * s->ops[k].size, q[k] + (n - 1) * s->ops[k].size, s->width - n, s->ops[k].size);
            }
    s->body(q, s->width);
    for (int k = 0; k < s->nops; k++)
        if (s->ops[k].written && q[k] != p[k])
            memcpy(p[k], q[k], (size_t)(n * s->ops[k].size));
}

/* The operands `from` elements further on; `iota` is room for a position. */
static void move_on(const Sweep *s, char *const *p, idx from, char **q, int64_t *iota)
{
    int k = 0;
    do { /* every body has an operand */
        q[k] = s->ops[k].scalar ? p[k] : p[k] + from * s->ops[k].size;
        if (s->ops[k].kind == OP_IOTA) {
            *iota = *(int64_t *)p[k] + from;
            q[k] = (char *)iota;
        }
    } while (++k < s->nops);
}

/* At least one whole vector and a remainder, where inputs are overwritten: the last whole vector comes first, with what is
 * overwritten in copies, out of which the remainder is taken in the end. */
static void run_last_first(const Sweep *s, char *const *p, idx n, idx rest)
{
    char pads[RT_MAXOPS][MAX_WIDTH * 8] __attribute__((aligned(RT_ALIGN))), *q[RT_MAXOPS];
    int64_t iota;
    int copied[RT_MAXOPS], ncopied = 0;
    move_on(s, p, n - s->width, q, &iota);
    for (int k = 0; k < s->nops; k++) {
        if (!s->ops[k].written)
            continue;
        char *at = q[k];
        for (int j = 0; j < s->nops; j++)
            if (!s->ops[j].written && !s->ops[j].scalar && p[j] == p[k]) {
                if (q[k] == at)
                    memcpy(q[k] = pads[copied[ncopied++] = k], at, (size_t)(s->width * s->ops[k].size));
                q[j] = q[k];
            }
    }
    s->body(q, s->width);
    s->body(p, n - rest);
    for (int i = 0; i < ncopied; i++) {
        idx size = s->ops[copied[i]].size;
        memcpy(p[copied[i]] + (n - rest) * size, pads[copied[i]] + (s->width - rest) * size, (size_t)(rest * size));
    }
}

/* Runs the body on `n` elements. After at least one whole vector, the remainder is computed by running the last whole
 * vector that ends with the last element. Less than a vector goes through padded copies. */
void rt_run_body(const Sweep *s, char *const *p, idx n)
{
    idx rest = n & (s->width - 1), whole = n - rest;
    char *q[RT_MAXOPS];
    int64_t iota;
    if (!rest) {
        if (n)
            s->body(p, n);
        return;
    }
    if (!whole) {
        run_padded(s, p, rest);
        return;
    }
    if (s->any_inplace) {
        run_last_first(s, p, n, rest);
        return;
    }
    s->body(p, whole);
    move_on(s, p, n - s->width, q, &iota);
    s->body(q, s->width);
}

/* As rt_run_body for operands behind which `slack[k]` bytes may be read or written: the last vector may then run over. */
void rt_run_body_over(const Sweep *s, char *const *p, const idx *slack, idx n)
{
    idx over = -n & (s->width - 1);
    for (int k = 0; over && k < s->nops; k++)
        if (!s->ops[k].scalar && slack[k] < over * s->ops[k].size) {
            rt_run_body(s, p, n);
            return;
        }
    s->body(p, n + over);
}
