/* The common index space of a step's inputs. */
#include "kernel.h"

/* orders: for each input a tuple with the dim that each axis follows, -1 for none */
int rt_read_space(Space *space, const Plan *plan, const Thunk *t, PyObject *orders, int ndim)
{
    if (t->nin > RT_MAXOPS || ndim > RT_MAXDIM) {
        PyErr_SetString(PyExc_ValueError, "a step has too many inputs or dimensions for the native runtime");
        return -1;
    }
    space->ndim = ndim;
    space->nin = t->nin;
    for (int32_t i = 0; i < t->nin; i++) {
        const Slot *s = &plan->slots[t->in[i]];
        space->identity[i] = s->ndim == ndim;
        for (int a = 0; a < ndim; a++) {
            int dim = (int)PyLong_AsLong(PyTuple_GET_ITEM(PyTuple_GET_ITEM(orders, i), a));
            if (dim >= s->ndim) {
                PyErr_SetString(PyExc_ValueError, "a step follows a dimension that its input does not have");
                return -1;
            }
            space->order[i][a] = (int8_t)dim;
            if (dim < 0 || (s->bcast >> dim & 1))
                space->bcast[i] |= 1ULL << a;
            if (dim != a)
                space->identity[i] = 0;
        }
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* The common dims; every dim that is not broadcast by its type must agree. */
int rt_common_dims(Call *c, const Thunk *t, const Space *space, idx *dims)
{
    for (int a = 0; a < space->ndim; a++) {
        int first = -1;
        dims[a] = 1;
        for (int32_t i = 0; i < t->nin; i++) {
            if (space->bcast[i] >> a & 1)
                continue;
            idx length = rt_in(c, t, i)->dims[space->order[i][a]];
            if (first < 0) {
                first = i;
                dims[a] = length;
            } else if (length != dims[a]) {
                return rt_mismatch(a, first, dims[a], i, length);
            }
        }
    }
    return 0;
}

void rt_axis_strides(const Space *space, int i, const Buf *b, idx *strides)
{
    for (int a = 0; a < space->ndim; a++)
        strides[a] = space->bcast[i] >> a & 1 ? 0 : b->strides[space->order[i][a]];
}
