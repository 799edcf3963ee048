"""Calls of functions from several threads at once: right results, no lost updates, no deadlock."""

import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

import theano
import theano.tensor as T

pytestmark = pytest.mark.c

NATIVE = theano.Mode(linker="cvm", optimizer=None)


def at_once(*tasks):
    """Run `tasks` in threads that start together; raise what one of them raised."""
    start, errors = threading.Barrier(len(tasks)), []

    def run(task):
        try:
            start.wait(30)
            task()
        except BaseException as error:
            errors.append(error)

    started = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(300)
    assert not any(thread.is_alive() for thread in started), "deadlock"
    for error in errors:
        raise error


def repeat(count, call):
    return lambda: [call() for _ in range(count)]


class Calling(theano.Op):
    """The identity, which calls a Python function on its way."""

    __props__ = ()

    def __init__(self, function):
        self.function = function

    def make_node(self, x):
        return theano.graph.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        self.function()
        outputs[0][0] = inputs[0].copy()

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


def test_eight_threads_call_one_function(native):
    x, m = T.dvector("x"), T.dmatrix("m")
    f = native([x, m], [T.exp(x) * 2, m.sum(0), T.nnet.softmax(m)])
    rng = np.random.default_rng(0)
    cases = [(rng.normal(size=n), rng.normal(size=(n // 100, 300))) for n in (500, 3_000, 40_000, 200_000)]
    expected = [[r.tobytes() for r in f(*case)] for case in cases]

    def work():
        for _ in range(10):
            for case, wanted in zip(cases, expected, strict=True):
                assert [r.tobytes() for r in f(*case)] == wanted

    at_once(*[work] * 8)


def test_no_update_is_lost():
    s = theano.shared(np.zeros(100_000))
    f = theano.function([], [], updates=[(s, s + T.exp(s * 0))], mode=NATIVE)
    at_once(*[repeat(25, f)] * 8)
    assert (s.get_value() == 200).all()


def test_no_update_of_two_functions_is_lost():
    s, t, u = (theano.shared(np.zeros(100_000), name) for name in "stu")
    one = theano.function([], [], updates=[(s, s + T.exp(s * 0)), (t, t + T.exp(s * 0))], mode=NATIVE)
    two = theano.function([], [], updates=[(t, t + T.exp(t * 0)), (u, u + T.exp(t * 0))], mode=NATIVE)
    at_once(*[repeat(25, one), repeat(25, two)] * 3)
    assert [set(v.get_value()) for v in (s, t, u)] == [{75}, {150}, {75}]


def test_update_in_place_is_not_seen_half_done():
    s = theano.shared(np.zeros(300_000))
    f = theano.function([], [], updates=[(s, s + 1)], mode=theano.Mode("cvm", "fast_run"))
    read = theano.function([], T.exp(s * 0) * s, mode=NATIVE)

    def look():
        for _ in range(40):
            found = read()
            assert (found == found[0]).all()

    at_once(repeat(100, f), repeat(100, f), look, look)
    assert (s.get_value() == 200).all()


def test_a_failed_call_gives_its_turn_back():
    s, x = theano.shared(np.zeros(3)), T.dvector("x")
    f = theano.function([x], [], updates=[(s, s + x)], mode=NATIVE)

    def work():
        for _ in range(200):
            with pytest.raises(ValueError, match="mismatch"):
                f(np.ones(4))
            f(np.ones(3))

    at_once(*[work] * 4)
    assert (s.get_value() == 800).all()


def test_a_python_step_may_call_a_function_with_the_same_update():
    s, x = theano.shared(0.0), T.dscalar("x")
    inner = theano.function([], s + 0, updates=[(s, s + 1)], mode=NATIVE)
    seen = []
    outer = theano.function([x], [], updates=[(s, s + Calling(lambda: seen.append(float(inner())))(x))], mode=NATIVE)
    at_once(*[repeat(5, lambda: outer(10.0))] * 2)
    assert s.get_value() == 100  # what is set last counts, as in one thread
    assert seen == list(range(0, 100, 10))


def test_python_steps_that_wait_for_each_other():
    """Each of two functions has its turn, and its Python step calls a function that needs the other's turn."""
    s, t, x = theano.shared(0.0), theano.shared(0.0), T.dscalar("x")
    step_s = theano.function([], [], updates=[(s, s + 1)], mode=NATIVE)
    step_t = theano.function([], [], updates=[(t, t + 1)], mode=NATIVE)
    for _ in range(5):
        both = threading.Barrier(2)

        def then(step, both=both):
            both.wait(30)
            step()

        has_s = theano.function(
            [x], [], updates=[(s, s + Calling(lambda then=then: then(step_t))(x) * 0 + 100)], mode=NATIVE
        )
        has_t = theano.function(
            [x], [], updates=[(t, t + Calling(lambda then=then: then(step_s))(x) * 0 + 100)], mode=NATIVE
        )
        at_once(lambda has_s=has_s: has_s(1.0), lambda has_t=has_t: has_t(1.0))
    assert s.get_value() >= 500
    assert t.get_value() >= 500
    step_s()  # and turns can be had again
    step_t()


@pytest.fixture
def patient():
    """Threads let others run only where they wait: what one does up to there is a single event for the others."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("patient")
def test_who_waits_gets_its_turn():
    """A thread that calls again and again does not keep others from their turn."""
    s, x = theano.shared(0.0), T.dscalar("x")
    slow = theano.function([x], [], updates=[(s, s + Calling(lambda: time.sleep(0.001))(x))], mode=NATIVE)
    f = theano.function([], [], updates=[(s, s + 1)], mode=NATIVE)
    stop, calls, between = threading.Event(), [], []

    def greedy():
        while not stop.is_set() and len(calls) < 5000:
            slow(1.0)
            calls.append(1)

    def modest():
        for _ in range(20):
            before = len(calls)
            f()
            between.append(len(calls) - before)
        stop.set()

    at_once(greedy, modest)
    assert max(between) <= 2
    assert s.get_value() == len(calls) + 20


def test_waiting_ends_with_a_signal():
    """The main thread waits for a turn that another keeps."""
    s, x = theano.shared(0.0), T.dscalar("x")
    inside, leave = threading.Event(), threading.Event()

    def stay():
        inside.set()
        leave.wait(30)

    keeps = theano.function([x], [], updates=[(s, s + Calling(stay)(x))], mode=NATIVE)
    wants = theano.function([], [], updates=[(s, s + 1)], mode=NATIVE)
    keeper = threading.Thread(target=keeps, args=(1.0,), daemon=True)
    keeper.start()
    assert inside.wait(30)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()  # in here: on a slow machine it may be heard at once
        wants()
    leave.set()
    keeper.join(30)
    wants()
    assert s.get_value() == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_waits_for_nobody():
    s, x = theano.shared(0.0), T.dscalar("x")
    inside, leave = threading.Event(), threading.Event()

    def stay():
        inside.set()
        leave.wait(30)

    keeps = theano.function([x], [], updates=[(s, s + Calling(stay)(x))], mode=NATIVE)
    wants = theano.function([], [], updates=[(s, s + 1)], mode=NATIVE)
    keeper = threading.Thread(target=keeps, args=(1.0,), daemon=True)
    keeper.start()
    assert inside.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        try:
            wants()
            os._exit(0 if s.get_value() == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    leave.set()
    keeper.join(30)
    wants()
    assert s.get_value() == 2
