"""Long work of libraries that a signal does not wait for."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from theano.compile.interruptible import SHORT, interruptible


def where(*_):
    return threading.current_thread()


def test_short_work_is_done_here():
    assert interruptible(SHORT / 2, where) is threading.main_thread()


def test_long_work_is_done_elsewhere():
    assert interruptible(2 * SHORT, where, 1, 2) is not threading.main_thread()


def test_other_threads_get_no_signals_and_do_their_work_themselves():
    found = []
    thread = threading.Thread(target=lambda: found.append(interruptible(2 * SHORT, where)))
    thread.start()
    thread.join()
    assert found == [thread]


def test_ctrl_c_is_answered_before_the_work_has_ended():
    finish = threading.Event()
    ended = threading.Event()

    def work():
        os.kill(os.getpid(), signal.SIGINT)
        finish.wait()
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        interruptible(2 * SHORT, work)
    assert not ended.is_set()
    finish.set()
    assert ended.wait(60)


def test_errors_are_raised_here():
    with pytest.raises(ZeroDivisionError):
        interruptible(2 * SHORT, lambda: 1 // 0)


def test_options_of_numpy_hold():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        assert np.isnan(interruptible(2 * SHORT, np.log, -np.ones(1))[0])


def test_without_threads_the_work_is_done_all_the_same(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert interruptible(2 * SHORT, where) is threading.main_thread()
