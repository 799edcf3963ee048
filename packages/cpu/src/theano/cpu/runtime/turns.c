/* Turns: functions that update the same shared variable run one after the other.
 *
 * A call reads shared variables at its start and stores new values at its end, and lets other threads run in between; two
 * calls at once would lose an update. So each storage cell that some function updates has a turn, and a call takes the
 * turns of all cells that it updates, all at once or none. Everything here is guarded by the GIL; only the sleep of those
 * who wait is not.
 *
 * A thread may take a turn again that it has: a Python step may call another function. Python steps may also make two
 * threads wait for each other; who would close such a circle goes on without its turn. Who waits longest is next. In the
 * child of a fork nobody has a turn. */
#include "runtime.h"

#include <pthread.h>
#include <time.h>

struct Turn {
    PyObject *cell; /* not ours: whoever has the turn's address has the cell */
    struct Turn *next;
    int32_t users; /* plans */
    int32_t depth;
    unsigned long owner, heir; /* threads; 0: none. The heir is awaited, so that who has waited gets its turn */
    unsigned epoch;
};

typedef struct Waiter {
    unsigned long thread;
    const Plan *plan; /* that it wants to call */
    struct Waiter *next;
} Waiter;

#define BUCKETS 256
#define PATIENCE 50000000 /* ns between looks at signals */

static Turn *buckets[BUCKETS];
static Waiter *waiters; /* in the order of their coming */
static unsigned epoch, waiters_epoch;
static uint64_t given; /* times that some turn was given back; guarded by the GIL and by `lock` */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static void forget(void)
{
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&more, NULL);
    epoch++;
}

/* Who waits; in the child of a fork nobody does. */
static Waiter **queue(void)
{
    if (waiters_epoch != epoch) {
        waiters_epoch = epoch;
        waiters = NULL;
    }
    return &waiters;
}

static Turn **place_of(const PyObject *cell) { return &buckets[((uintptr_t)cell >> 4) % BUCKETS]; }

static Turn *turn_of(PyObject *cell)
{
    static int watching;
    Turn **place = place_of(cell), *turn = *place;
    if (!watching) {
        watching = 1;
        pthread_atfork(NULL, NULL, forget);
    }
    while (turn && turn->cell != cell)
        turn = turn->next;
    if (!turn && (turn = PyMem_Calloc(1, sizeof *turn))) {
        turn->cell = cell;
        turn->next = *place;
        *place = turn;
    }
    if (turn)
        turn->users++;
    else
        PyErr_NoMemory();
    return turn;
}

/* Once the updates of a plan are known. */
int rt_turns_setup(Plan *p)
{
    if (!p->nupdates)
        return 0;
    p->turns = PyMem_Calloc((size_t)p->nupdates, sizeof *p->turns);
    if (!p->turns) {
        PyErr_NoMemory();
        return -1;
    }
    for (; p->nturns < p->nupdates; p->nturns++)
        if (!(p->turns[p->nturns] = turn_of(p->updates[p->nturns].cell)))
            return -1;
    return 0;
}

void rt_turns_clear(Plan *p)
{
    for (; p->nturns > 0; p->nturns--) {
        Turn *turn = p->turns[p->nturns - 1], **place = place_of(turn->cell);
        if (--turn->users)
            continue;
        while (*place != turn)
            place = &(*place)->next;
        *place = turn->next;
        PyMem_Free(turn);
    }
    PyMem_Free(p->turns);
    p->turns = NULL;
}

/* The thread that has `turn` or is awaited; 0 when `me` may take it. */
static unsigned long who_has(Turn *turn, unsigned long me)
{
    if (turn->epoch != epoch) {
        turn->epoch = epoch;
        turn->owner = turn->heir = 0;
        turn->depth = 0;
    }
    if (turn->owner == me)
        return 0;
    return turn->owner ? turn->owner : turn->heir == me ? 0 : turn->heir;
}

static Turn *first_taken(const Plan *p, unsigned long me)
{
    for (int32_t i = 0; i < p->nturns; i++)
        if (who_has(p->turns[i], me))
            return p->turns[i];
    return NULL;
}

static void take_all(const Plan *p, unsigned long me)
{
    for (int32_t i = 0; i < p->nturns; i++) {
        p->turns[i]->owner = me;
        p->turns[i]->depth++;
        if (p->turns[i]->heir == me)
            p->turns[i]->heir = 0;
    }
}

static const Waiter *waiter_of(unsigned long thread)
{
    const Waiter *w = *queue();
    while (w && w->thread != thread)
        w = w->next;
    return w;
}

/* Whether the thread that has `turn` waits, perhaps by way of others, for a turn of `me`. */
static int closes_circle(Turn *turn, unsigned long me)
{
    for (int steps = 0; steps < 1000; steps++) {
        unsigned long thread = who_has(turn, me);
        const Waiter *w = waiter_of(thread);
        if (!w || !(turn = first_taken(w->plan, thread)))
            return 0; /* it runs, or may */
        if (who_has(turn, thread) == me)
            return 1;
    }
    return 0;
}

static int wants(const Waiter *w, const Turn *turn)
{
    int32_t i = 0;
    while (i < w->plan->nturns && w->plan->turns[i] != turn)
        i++;
    return i < w->plan->nturns;
}

static void wake(void)
{
    pthread_mutex_lock(&lock);
    given++;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
}

static void name_heir(Turn *turn)
{
    const Waiter *w = *queue();
    while (w && !wants(w, turn))
        w = w->next;
    turn->heir = w ? w->thread : 0;
}

/* Sleeps, without the GIL, until some turn was given back; returns -1 when a signal raised. */
static int sleep_a_while(void)
{
    uint64_t seen = given;
    Py_BEGIN_ALLOW_THREADS;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += PATIENCE;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    while (given == seen && pthread_cond_timedwait(&more, &lock, &end) == 0)
        ;
    pthread_mutex_unlock(&lock);
    Py_END_ALLOW_THREADS;
    return PyErr_CheckSignals();
}

static void join_queue(Waiter *w)
{
    Waiter **end = queue();
    while (*end)
        end = &(*end)->next;
    *end = w;
}

static void leave_queue(const Plan *p, Waiter *w)
{
    Waiter **place = queue();
    while (*place && *place != w)
        place = &(*place)->next;
    if (*place)
        *place = w->next;
    for (int32_t i = 0; i < p->nturns; i++)
        if (p->turns[i]->heir == w->thread)
            name_heir(p->turns[i]);
}

static int is_some_owned(const Plan *p, unsigned long me)
{
    int owned = 0;
    for (int32_t i = 0; i < p->nturns; i++)
        owned |= p->turns[i]->owner != 0 && p->turns[i]->owner != me;
    return owned;
}

static int wait_for_turns(const Plan *p, unsigned long me)
{
    Waiter w = {.thread = me, .plan = p};
    Turn *turn;
    int rc = 0;
    join_queue(&w);
    while (rc == 0 && (turn = first_taken(p, me))) {
        if (!closes_circle(turn, me))
            rc = sleep_a_while();
        else if (is_some_owned(p, me))
            rc = 1;
        else
            break; /* those who wait for each other have no turn yet */
    }
    if (rc == 0)
        take_all(p, me);
    leave_queue(p, &w);
    if (rc)
        wake(); /* others may have waited for this one */
    return rc;
}

/* Takes the turns of the call that begins: 0 taken, 1 to go on without, -1 an exception is set. */
int rt_turns_take(const Plan *p)
{
    unsigned long me = PyThread_get_thread_ident();
    if (first_taken(p, me))
        return wait_for_turns(p, me);
    take_all(p, me);
    return 0;
}

void rt_turns_give(const Plan *p)
{
    unsigned long me = PyThread_get_thread_ident();
    for (int32_t i = 0; i < p->nturns; i++) {
        Turn *turn = p->turns[i];
        if (turn->epoch != epoch || turn->owner != me || --turn->depth)
            continue;
        turn->owner = 0;
        if (*queue())
            name_heir(turn);
    }
    if (*queue())
        wake();
}
