/* Memory of small results: blocks that were dropped, by size, without locks. The GIL guards everything here.
 *
 * An array with memory of ours costs half of what one costs that asks NumPy's handler of the context for its memory. */
#include "recycle.h"
#include "shortage.h"

#include <stdlib.h>

#define STEP 16
#define MOST_SPARE 32 /* of each size */

/* Before the data of every block. */
typedef struct Small {
    size_t room;
    struct Small *next; /* spare */
} Small;

_Static_assert(sizeof(Small) == STEP, "data is aligned as malloc's");

#ifndef Py_GIL_DISABLED
static struct {
    Small *top;
    int32_t count;
} spare[RT_SMALL / STEP + 1];
#endif

static inline void *take_block(size_t bytes)
{
    size_t number = bytes ? (bytes + STEP - 1) / STEP : 1;
    Small *b = NULL;
    if (rt_refuse())
        return NULL;
#ifndef Py_GIL_DISABLED
    if (number <= RT_SMALL / STEP && (b = spare[number].top)) {
        spare[number].top = b->next;
        spare[number].count--;
        return b + 1;
    }
#endif
    b = number > (PTRDIFF_MAX / 2) / STEP ? NULL : malloc(sizeof *b + number * STEP);
    if (!b)
        return NULL;
    b->room = number * STEP;
    return b + 1;
}

static inline void give_block(void *data)
{
    if (!data)
        return;
    Small *b = (Small *)data - 1;
#ifndef Py_GIL_DISABLED
    size_t number = b->room / STEP;
    if (number <= RT_SMALL / STEP && spare[number].count < MOST_SPARE && rt_recycles) {
        b->next = spare[number].top;
        spare[number].top = b;
        spare[number].count++;
        return;
    }
#endif
    free(b);
}

static size_t room_of(const void *data) { return ((const Small *)data - 1)->room; }

#define HANDLER "theano_small"
#include "owner.h"

PyObject *rt_small_array(const Slot *s, const idx *dims, size_t bytes) { return array_of_block(s, dims, bytes); }

int rt_small_setup(void) { return make_capsule(); }
