/* Ctrl-C while native code works.
 *
 * Python notes a signal in a flag that only a thread with the interpreter's lock may act upon. Work that takes long is
 * therefore cut into pieces, and between two of them the caller asks `rt_poll`, which looks at the clock and from time to
 * time at signals. Work that is given up leaves rubbish in its outputs, which nobody reads: `rt_check_signals`, which
 * follows every step that released the lock, makes the call fail. */
#ifndef THEANO_INTERRUPT_H
#define THEANO_INTERRUPT_H

#include "runtime.h"

#define RT_LONG_PS 10e9 /* estimated picoseconds from which work is cut, and of a piece; memory may be ten times slower */

int rt_poll(void);                 /* without the GIL; -1: give up */
int rt_check_signals(Call *c);     /* with the GIL; -1: an exception is set */

#endif
