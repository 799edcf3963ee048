/* The pool: one for the process, one caller at a time.
 *
 * A round is opened by a new value of `state`. Workers enter it by adding themselves to that same word, which fails once
 * the caller has closed it, so that a worker which wakes too late finds nothing and the caller waits only for those that
 * are inside. Workers look for the next round for a short while, then sleep; waking one takes some 50 microseconds, so
 * small work is only shared with workers that are awake. A forked child has no workers; it starts new ones when it wants
 * some. Workers never touch Python. */
#include "pool.h"
#include "interrupt.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define SPIN_NS 50000   /* how long a worker looks for more work */
#define STACK ((size_t)4 << 20)
#define COLD_PS 80e6    /* work from which sleeping workers are woken */
#define HOT_PS 15e6     /* work that is shared with workers that are awake, and the least work of a thread */
#define CHUNK_PS 20e6   /* work of a chunk where there is much */
#define LATE_NS 200000  /* a worker that takes so much longer than the caller has lost its core to somebody else */
#define MOST_SKIPS 64

#if defined(__x86_64__)
#define read_csr() __builtin_ia32_stmxcsr()
#define write_csr(csr) __builtin_ia32_ldmxcsr(csr)
#define pause() __builtin_ia32_pause()
#else
#define read_csr() 0u
#define write_csr(csr) ((void)(csr))
#define pause() ((void)0)
#endif

/* state: number of the round << 32 | twice the workers inside | whether it is open */
#define OPEN 1u
#define INSIDE(state) ((uint32_t)(state) >> 1)
#define ROUND(state) ((uint32_t)((state) >> 32))

static struct {
    _Atomic uint64_t state;
    _Atomic ptrdiff_t next;
    ptrdiff_t chunks;
    rt_chunk_fn fn;
    void *arg;
    int threads;
    unsigned csr; /* rounding and exceptions of floating point, as the caller has them */
    _Atomic int entered, taken, sleepers, spinning, waiting, tired, started;
    pthread_mutex_t lock;
    pthread_cond_t wake, left;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static _Atomic int limit = 1;
static _Atomic double cold = COLD_PS, hot = HOT_PS;
static _Atomic int patient;
static _Atomic int skips, penalty; /* steps to be done alone; their number when the machine disappoints next */
static _Atomic int64_t regions, wakings, refusals;

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void work(int worker)
{
    ptrdiff_t chunk;
    while ((chunk = atomic_fetch_add(&pool.next, 1)) < pool.chunks) {
        pool.fn(pool.arg, chunk, worker);
        if (worker == 0 && rt_poll() < 0)
            atomic_store(&pool.next, pool.chunks); /* the rest is left */
    }
}

/* Looks for an open round that is not `seen`; returns 0 when it is time to sleep. */
static int spin(uint32_t seen)
{
    int64_t end = nanoseconds() + SPIN_NS;
    int found = 0;
    atomic_fetch_add(&pool.spinning, 1);
    while (!found && !atomic_load_explicit(&pool.tired, memory_order_relaxed)) {
        for (int i = 0; i < 64 && !found; i++) {
            uint64_t state = atomic_load_explicit(&pool.state, memory_order_acquire);
            found = (state & OPEN) && ROUND(state) != seen;
            pause();
        }
        if (nanoseconds() > end)
            break;
    }
    atomic_fetch_sub(&pool.spinning, 1);
    return found;
}

static void sleep_until(uint32_t seen)
{
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleepers, 1);
    for (;;) {
        uint64_t state = atomic_load(&pool.state);
        if ((state & OPEN) && ROUND(state) != seen)
            break;
        pthread_cond_wait(&pool.wake, &pool.lock);
    }
    atomic_fetch_sub(&pool.sleepers, 1);
    pthread_mutex_unlock(&pool.lock);
}

/* Takes part in the open round, if there is one; returns its number, else `seen`. */
static uint32_t take_part(uint32_t seen)
{
    uint64_t state = atomic_load(&pool.state);
    do {
        if (!(state & OPEN) || ROUND(state) == seen)
            return seen;
    } while (!atomic_compare_exchange_weak(&pool.state, &state, state + 2));
    int worker = atomic_fetch_add(&pool.entered, 1) + 1;
    if (worker < pool.threads) {
        write_csr(pool.csr);
        work(worker);
    }
    uint64_t after = atomic_fetch_sub(&pool.state, 2) - 2;
    if (!(after & OPEN) && !INSIDE(after) && atomic_load(&pool.waiting)) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_signal(&pool.left);
        pthread_mutex_unlock(&pool.lock);
    }
    return ROUND(state);
}

static void *worker_main(void *unused)
{
    uint32_t seen = 0;
    (void)unused;
    for (;;) {
        if (!spin(seen))
            sleep_until(seen);
        seen = take_part(seen);
    }
    return NULL;
}

/* In the child of a fork: no thread but this one is left. */
static void forget(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.left, NULL);
    atomic_store(&pool.state, 0);
    atomic_store(&pool.taken, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.spinning, 0);
    atomic_store(&pool.waiting, 0);
    atomic_store(&pool.started, 0);
}

/* Starts what is missing of `wanted` workers. Signals are left to the threads of Python. */
static void start_workers(int wanted)
{
    static int watching;
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (pool.started >= wanted)
        return;
    if (!watching) {
        watching = 1;
        pthread_atfork(NULL, NULL, forget);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.started < wanted && pthread_create(&thread, &attributes, worker_main, NULL) == 0)
        pool.started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void open_round(int threads)
{
    uint64_t round = (uint64_t)(ROUND(atomic_load(&pool.state)) + 1);
    pool.threads = threads;
    pool.csr = read_csr();
    atomic_store(&pool.next, 0);
    atomic_store(&pool.entered, 0);
    atomic_store(&pool.tired, 0);
    atomic_fetch_add(&regions, 1);
    atomic_store(&pool.state, round << 32 | OPEN);
    int asleep = atomic_load(&pool.sleepers), wanted = threads - 1;
    if (!asleep)
        return;
    pthread_mutex_lock(&pool.lock);
    if (wanted < asleep)
        while (wanted-- > 0)
            pthread_cond_signal(&pool.wake);
    else
        pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    atomic_fetch_add(&wakings, 1);
}

/* On a machine that has no core to spare sharing costs more than it gains: for a while steps are done alone, the longer the
 * more often that happens. */
static void judge(int64_t all, int64_t waited)
{
    int last = atomic_load(&penalty);
    if (waited > LATE_NS && waited > all / 4) {
        atomic_store(&penalty, last ? (last < MOST_SKIPS ? 2 * last : MOST_SKIPS) : 4);
        atomic_store(&skips, atomic_load(&penalty));
    } else if (last) {
        atomic_store(&penalty, last / 2);
    }
}

/* Nobody may enter any more; returns when all who did have left. */
static void close_round(void)
{
    uint64_t state = atomic_fetch_and(&pool.state, ~(uint64_t)OPEN);
    int64_t end = INSIDE(state) ? nanoseconds() + SPIN_NS : 0;
    while (INSIDE(atomic_load(&pool.state)) && nanoseconds() < end)
        for (int i = 0; i < 64 && INSIDE(atomic_load_explicit(&pool.state, memory_order_acquire)); i++)
            pause();
    if (!INSIDE(atomic_load(&pool.state)))
        return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waiting, 1);
    while (INSIDE(atomic_load(&pool.state)))
        pthread_cond_wait(&pool.left, &pool.lock);
    atomic_store(&pool.waiting, 0);
    pthread_mutex_unlock(&pool.lock);
}

/* For tests: lets the workers come in before the work is done. */
static void wait_for_workers(int workers)
{
    int64_t end = nanoseconds() + 100000000;
    while ((int)INSIDE(atomic_load(&pool.state)) < workers && nanoseconds() < end)
        sched_yield();
}

void rt_parallel(int threads, ptrdiff_t chunks, rt_chunk_fn fn, void *arg)
{
    if (threads > 1 && chunks > 1 && !atomic_exchange(&pool.taken, 1)) {
        if (threads > chunks)
            threads = (int)chunks;
        pool.chunks = chunks;
        pool.fn = fn;
        pool.arg = arg;
        start_workers(threads - 1);
        int64_t start = nanoseconds();
        open_round(threads);
        if (atomic_load_explicit(&patient, memory_order_relaxed))
            wait_for_workers(threads - 1);
        work(0);
        int64_t done = nanoseconds();
        close_round();
        int64_t end = nanoseconds();
        judge(end - start, end - done);
        atomic_store(&pool.taken, 0);
        return;
    }
    if (threads > 1 && chunks > 1)
        atomic_fetch_add(&refusals, 1); /* another caller has the workers, or a worker calls */
    for (ptrdiff_t chunk = 0; chunk < chunks && (chunk == 0 || rt_poll() == 0); chunk++)
        fn(arg, chunk, 0);
}

/* How many threads work of so many picoseconds is worth now; 1 when it is to be done alone. */
int rt_pool_offer(double picoseconds)
{
    int most = atomic_load_explicit(&limit, memory_order_relaxed);
    double least = atomic_load_explicit(&hot, memory_order_relaxed);
    if (most < 2 || picoseconds < least || atomic_load_explicit(&pool.taken, memory_order_relaxed))
        return 1;
    if (picoseconds < atomic_load_explicit(&cold, memory_order_relaxed) &&
        !atomic_load_explicit(&pool.spinning, memory_order_relaxed))
        return 1;
    if (atomic_load_explicit(&skips, memory_order_relaxed) > 0 && !atomic_load_explicit(&patient, memory_order_relaxed)) {
        atomic_fetch_sub_explicit(&skips, 1, memory_order_relaxed);
        return 1;
    }
    double worth = least > 0 ? picoseconds / least + 1 : most;
    return worth < most ? (int)worth : most;
}

/* Somebody else's threads are about to work: workers that look for more go to sleep. */
void rt_pool_rest(void) { atomic_store_explicit(&pool.tired, 1, memory_order_relaxed); }

ptrdiff_t rt_pool_step(ptrdiff_t total, ptrdiff_t unit, int threads, double picoseconds)
{
    double wanted = picoseconds / CHUNK_PS;
    ptrdiff_t chunks = wanted < threads ? threads : wanted > 16.0 * threads ? 16 * threads : (ptrdiff_t)wanted;
    if (picoseconds > RT_LONG_PS * (double)chunks)
        chunks = picoseconds / RT_LONG_PS < (double)total ? (ptrdiff_t)(picoseconds / RT_LONG_PS) : total;
    ptrdiff_t step = (total + chunks - 1) / chunks;
    step = (step + unit - 1) / unit * unit;
    return step > 0 ? step : unit;
}

void rt_pool_limit(int threads)
{
    atomic_store(&skips, 0);
    atomic_store(&limit, threads < 1 ? 1 : threads > RT_MAXTHREADS ? RT_MAXTHREADS : threads);
}

/* For tests: from how many picoseconds of work on others take part, and that they are waited for; negative: as usual. */
void rt_pool_thresholds(double new_cold, double new_hot)
{
    atomic_store(&patient, new_cold >= 0);
    atomic_store(&cold, new_cold < 0 ? COLD_PS : new_cold);
    atomic_store(&hot, new_hot < 0 ? HOT_PS : new_hot);
}

int64_t rt_pool_count(int what)
{
    switch (what) {
    case POOL_REGIONS: return atomic_load(&regions);
    case POOL_WAKINGS: return atomic_load(&wakings);
    case POOL_REFUSALS: return atomic_load(&refusals);
    default: return atomic_load(&pool.started);
    }
}
