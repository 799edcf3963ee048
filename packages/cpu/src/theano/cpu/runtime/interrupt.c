/* Ctrl-C while native code works, see interrupt.h. */
#include "interrupt.h"

#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#define LOOK_MS 50 /* between looks at signals: each asks for the interpreter's lock */

static _Thread_local int64_t looked;
static _Thread_local int given_up;

#ifdef CLOCK_MONOTONIC_COARSE
#define SOON_ENOUGH CLOCK_MONOTONIC_COARSE
#else
#define SOON_ENOUGH CLOCK_MONOTONIC
#endif

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(SOON_ENOUGH, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Python runs signal handlers in its main thread alone; others need not disturb anybody. */
static int may_hear(void)
{
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return 1;
#endif
}

/* Whoever holds the GIL here writes into shared variables, and is not to be stopped half-way. */
int rt_poll(void)
{
    int64_t now = milliseconds();
    if (given_up)
        return -1;
    if (now - looked < LOOK_MS)
        return 0;
    looked = now;
    if (!may_hear() || PyGILState_Check())
        return 0;
    PyThreadState *state = PyGILState_GetThisThreadState();
    if (!state) /* a thread that Python does not know */
        return 0;
    PyEval_RestoreThread(state);
    given_up = PyErr_CheckSignals();
    PyEval_SaveThread();
    return given_up;
}

int rt_check_signals(Call *c)
{
    c->signals = 0;
    if (!given_up)
        return PyErr_CheckSignals();
    given_up = 0;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_SystemError, "a step was given up without saying why");
    return -1;
}
