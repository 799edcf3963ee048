/* Recycled memory, see recycle.h. */
#include "recycle.h"
#include "shortage.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)
#define PAGED ((size_t)64 << 10) /* from here on blocks start in the middle of a page */
#define BINS (64 * 8)       /* eight sizes for each power of two */
#define STALE 8             /* a spare block is freed when so many times the bound went by without a use for it */

/* The head of every block; its data follows.
 *
 * A store delays later loads from the lines behind it in any page, because the processor compares addresses within pages
 * first. Large arrays of NumPy start near the beginning of a page, so large blocks start in the middle. */
typedef struct Head {
    size_t room;
    uint64_t since;             /* spare: what had been recycled in all when it was dropped */
    struct Head *above, *below; /* spare blocks of one size: a stack */
    struct Head *older, *newer; /* all spare blocks */
    int32_t bin;                /* -1: never recycled */
} Head;

_Static_assert(sizeof(Head) <= RT_ALIGN, "data starts on a cache line");

static struct {
    pthread_mutex_t lock;
    size_t bound, held;
    uint64_t clock; /* bytes recycled in all */
    uint64_t made, reused;
    Head *tops[BINS], *oldest, *newest;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

int rt_recycles;

static void take_lock(void) { pthread_mutex_lock(&spare.lock); }
static void drop_lock(void) { pthread_mutex_unlock(&spare.lock); }

/* `bytes` rounded up to one of eight sizes for each power of two. */
static size_t rounded(size_t bytes, int32_t *bin)
{
    int exponent = 63 - __builtin_clzll(bytes);
    size_t step = (size_t)1 << (exponent - 3), room = (bytes + step - 1) & ~(step - 1);
    exponent = 63 - __builtin_clzll(room);
    *bin = exponent * 8 + (int32_t)(room >> (exponent - 3) & 7);
    return room;
}

static void unlink_spare(Head *h)
{
    *(h->above ? &h->above->below : &spare.tops[h->bin]) = h->below;
    if (h->below)
        h->below->above = h->above;
    *(h->newer ? &h->newer->older : &spare.newest) = h->older;
    *(h->older ? &h->older->newer : &spare.oldest) = h->newer;
    spare.held -= h->room;
}

static void link_spare(Head *h)
{
    h->above = h->newer = NULL;
    h->below = spare.tops[h->bin];
    h->older = spare.newest;
    if (h->below)
        h->below->above = h;
    *(h->older ? &h->older->newer : &spare.oldest) = h;
    spare.tops[h->bin] = spare.newest = h;
    spare.held += h->room;
    spare.clock += h->room;
    h->since = spare.clock;
}

/* Takes spare blocks out, oldest first, until at most `keep` bytes are held and none is stale; returns them as a list. */
static Head *surplus(size_t keep)
{
    Head *out = NULL;
    while (spare.oldest && (spare.held > keep || spare.clock - spare.oldest->since > STALE * (uint64_t)spare.bound)) {
        Head *h = spare.oldest;
        unlink_spare(h);
        h->below = out;
        out = h;
    }
    return out;
}

static size_t head_offset(size_t room) { return room >= PAGED ? PAGE / 2 - RT_ALIGN : 0; }

static void free_block(Head *h) { free((char *)h - head_offset(h->room)); }

static void free_list(Head *h)
{
    while (h) {
        Head *next = h->below;
        free_block(h);
        h = next;
    }
}

#ifdef __SANITIZE_ADDRESS__
#define WATCHED 1
static Head *make(size_t room)
{
    void *start; /* nothing behind the last byte: what is written there is to be seen */
    return posix_memalign(&start, PAGE, head_offset(room) + RT_ALIGN + room) ? NULL
                                                                             : (Head *)((char *)start + head_offset(room));
}
#else
#define WATCHED 0
static Head *make(size_t room)
{
    size_t align = room >= 2 * HUGE_PAGE ? HUGE_PAGE : room >= PAGED ? PAGE : RT_ALIGN;
    size_t size = (head_offset(room) + RT_ALIGN + room + align - 1) & ~(align - 1);
    char *start = aligned_alloc(align, size);
#ifdef MADV_HUGEPAGE
    if (start && align == HUGE_PAGE) /* as NumPy does for its arrays */
        madvise(start, size, MADV_HUGEPAGE);
#endif
    return start ? (Head *)(start + head_offset(room)) : NULL;
}
#endif

/* A new block; spare ones are given up when there is no memory otherwise. */
static Head *make_at_any_cost(size_t room)
{
    Head *h = make(room);
    if (h)
        return h;
    take_lock();
    Head *list = surplus(0);
    drop_lock();
    if (!list)
        return NULL;
    free_list(list);
    return make(room);
}

char *rt_block(size_t bytes)
{
    int32_t bin = -1;
    size_t room = WATCHED ? bytes + !bytes : bytes < RT_RECYCLED ? (bytes + RT_ALIGN) / RT_ALIGN * RT_ALIGN : 0;
    Head *h = NULL;
    if (bytes > PTRDIFF_MAX / 2 || rt_refuse())
        return NULL;
    if (!room) {
        room = rounded(bytes, &bin);
        take_lock();
        h = spare.tops[bin];
        if (h)
            unlink_spare(h);
        *(h ? &spare.reused : &spare.made) += 1;
        drop_lock();
    }
    if (!h && !(h = make_at_any_cost(room)))
        return NULL;
    h->room = room;
    h->bin = bin;
    return (char *)h + RT_ALIGN;
}

void rt_unblock(char *data)
{
    if (!data)
        return;
    Head *h = (Head *)(data - RT_ALIGN), *list = h;
    if (h->bin < 0) {
        free_block(h);
        return;
    }
    take_lock();
    if (h->room <= spare.bound) {
        list = surplus(spare.bound - h->room);
        link_spare(h);
    } else {
        h->below = NULL;
    }
    drop_lock();
    free_list(list);
}

static void *take_block(size_t bytes) { return rt_block(bytes); }
static void give_block(void *data) { rt_unblock(data); }
static size_t room_of(const void *data) { return ((const Head *)((const char *)data - RT_ALIGN))->room; }

#define HANDLER "theano"
#include "owner.h"

PyObject *rt_block_array(const Slot *s, const idx *dims, size_t bytes) { return array_of_block(s, dims, bytes); }

/* Sets how many bytes of dropped memory may wait for their next use; frees what is above. */
void rt_recycle_bound(size_t bytes)
{
    take_lock();
    spare.bound = bytes;
    rt_recycles = bytes > 0;
    Head *list = surplus(bytes);
    drop_lock();
    free_list(list);
}

/* Bytes that wait; blocks made and reused so far. */
void rt_recycle_counts(uint64_t counts[3])
{
    take_lock();
    counts[0] = spare.held;
    counts[1] = spare.made;
    counts[2] = spare.reused;
    drop_lock();
}

int rt_recycle_setup(void)
{
    if (handler_capsule)
        return 0;
    if (make_capsule() < 0)
        return -1;
    return pthread_atfork(take_lock, drop_lock, drop_lock); /* a child must not find the lock taken */
}
