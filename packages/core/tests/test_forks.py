"""Locks whose holder may be missing in a child."""

import os
import threading

import pytest

from theano.forks import lock_of_process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_a_child_finds_the_lock_open_that_a_thread_of_its_parent_holds(make):
    lock, taken, leave = lock_of_process(make), threading.Event(), threading.Event()

    def hold():
        with lock():
            taken.set()
            assert leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(60)
    child = os.fork()
    if child == 0:
        os._exit(0 if lock().acquire(blocking=False) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not lock().acquire(blocking=False)
    leave.set()
    holder.join(60)
    assert lock().acquire(blocking=False)
