"""Memory of dropped results: reused, bounded, and never while anybody can see it."""

import gc
import os
import pickle
import threading
import tracemalloc

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configuration import config
from theano.cpu.sanitizer import sanitizer_flags

pytestmark = pytest.mark.c
recycles = pytest.mark.skipif(
    "-fsanitize=address" in sanitizer_flags(), reason="every block is new where memory is watched"
)
LARGE = 50_000


@pytest.fixture
def recycle():
    """`recycle(bound)`: the pool, empty, with that bound; the usual one afterwards."""
    from theano.cpu.recycling import set_recycling

    def start(bound):
        gc.collect()
        set_recycling(0)
        set_recycling(bound)

    yield start
    set_recycling(config.recycled_memory)


def counts():
    from theano.cpu.recycling import recycling

    return recycling()


def doubled(native):
    x = T.dvector("x")
    return native([x], x * 2)


@recycles
def test_a_dropped_result_serves_the_next(native, recycle):
    f, a = doubled(native), np.arange(LARGE, dtype="float64")
    recycle(100 << 20)
    f(a)
    before = counts()
    for k in range(20):
        np.testing.assert_array_equal(f(a + k), (a + k) * 2)
    after = counts()
    assert after.made == before.made
    assert after.reused - before.reused == 20


@recycles
def test_large_working_memory_serves_other_functions(native, recycle):
    x = T.dvector("x")
    f, g = (native([x], (x * k)[::-1].reshape((1000, -1)).sum(axis=0)) for k in (2.0, 3.0))
    a = np.ones(300_000)
    recycle(100 << 20)
    f(a)
    held = counts().held
    assert held > 2 * a.nbytes
    np.testing.assert_array_equal(g(a), np.full(300, 3000.0))
    assert counts().held == held


def test_results_that_live_are_left_alone(native, recycle):
    f, a = doubled(native), np.arange(LARGE, dtype="float64")
    recycle(100 << 20)
    kept = [f(a + k) for k in range(10)]
    for k, result in enumerate(kept):
        np.testing.assert_array_equal(result, (a + k) * 2)


@pytest.mark.parametrize(
    "look", [lambda r: r[5:], lambda r: r.reshape(10, -1).T, memoryview, lambda r: [r.view("int64")]]
)
def test_whoever_looks_keeps_the_memory(native, recycle, look):
    f, a = doubled(native), np.arange(LARGE, dtype="float64")
    recycle(100 << 20)
    view = look(f(a))
    seen = np.array(view)
    for k in range(5):
        f(a - k)
    np.testing.assert_array_equal(np.array(view), seen)


def test_results_own_their_memory(native, recycle):
    f, a = doubled(native), np.arange(LARGE, dtype="float64")
    recycle(100 << 20)
    r = f(a)
    assert r.flags.owndata
    assert r.flags.writeable
    assert r.flags.aligned
    assert r.base is None
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(r)), r)
    r.resize(LARGE * 3)
    np.testing.assert_array_equal(r, np.r_[a * 2, np.zeros(2 * LARGE)])
    r.resize(7)
    np.testing.assert_array_equal(r, a[:7] * 2)
    r.resize(0)
    np.testing.assert_array_equal(f(a), a * 2)


@recycles
def test_the_bound_holds(native, recycle):
    f = doubled(native)
    recycle(2_000_000)
    for size in (LARGE, 70_000, 90_000, 30_000, 400_000, 5_000):
        f(np.ones(size))
        assert counts().held <= 2_000_000
    assert counts().held > 0
    recycle(0)
    f(np.ones(LARGE))
    assert counts().held == 0


def test_what_is_not_used_again_goes(native, recycle):
    f = doubled(native)
    recycle(2_000_000)
    f(np.ones(100_000))
    for _ in range(100):
        f(np.ones(60_000))
    assert counts().held < 100_000 * 8


def test_the_option_is_read_when_a_function_is_made(native, recycle):
    recycle(100 << 20)
    with theano.configuration.change_flags(recycled_memory=0):
        f = doubled(native)
        f(np.ones(LARGE))
        assert counts().held == 0
    with pytest.raises(Exception, match="recycled_memory"):
        config.recycled_memory = -2


def test_updates_and_recycled_results(native, recycle):
    s = theano.shared(np.zeros(LARGE), name="s")
    recycle(100 << 20)
    f = native([], s * 3, updates={s: s + 1})
    kept = []
    for k in range(6):
        kept.append(f())
        assert s.get_value(borrow=True)[0] == k + 1
    for k, r in enumerate(kept):
        np.testing.assert_array_equal(r, np.full(LARGE, 3.0 * k))


@pytest.mark.parametrize("borrow", [False, True])
def test_borrowed_results_do_not_change_later(native, recycle, borrow):
    x = T.dvector("x")
    recycle(100 << 20)
    f = native([theano.In(x, borrow=borrow)], [theano.Out(x * 2, borrow=borrow), theano.Out(x[1:], borrow=borrow)])
    a = np.arange(LARGE, dtype="float64")
    first = f(a)
    for k in range(3):
        f(a + k)
    np.testing.assert_array_equal(first[0], a * 2)
    np.testing.assert_array_equal(first[1], a[1:])


def test_threads_do_not_share_blocks(native, recycle):
    f, a, wrong = doubled(native), np.arange(LARGE, dtype="float64"), []
    recycle(10 << 20)

    def work(seed):
        kept = []
        for k in range(60):
            kept.append((seed * 1000 + k, f(a[: LARGE - 100 * (k % 7)] + (seed * 1000 + k))))
            if len(kept) > 3:
                number, r = kept.pop(k % 3)
                if not np.array_equal(r, (a[: r.size] + number) * 2):
                    wrong.append(number)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert counts().held <= 10 << 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # later Pythons warn where a library has threads
def test_a_forked_child_goes_on(native, recycle):
    f, a = doubled(native), np.arange(LARGE, dtype="float64")
    recycle(100 << 20)
    kept = f(a)
    f(a + 1)
    pid = os.fork()
    if pid == 0:
        fine = False
        try:
            fine = np.array_equal(f(a + 2), (a + 2) * 2) and np.array_equal(kept, a * 2)
        finally:
            os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    np.testing.assert_array_equal(f(a + 3), (a + 3) * 2)


def test_tracemalloc_counts_results(native, recycle):
    f, a = doubled(native), np.ones(1_000_000)
    recycle(100 << 20)
    f(a)
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        r = f(a)
        assert 7_900_000 < tracemalloc.get_traced_memory()[0] - start < 8_200_000
        del r
        assert tracemalloc.get_traced_memory()[0] - start < 200_000
    finally:
        tracemalloc.stop()
