"""Eight threads that call, fail, compile, free and destroy functions at the same time."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op

EACH = 40
KEPT = {"capture_output": True, "text": True, "timeout": 100}
MODES = {"native": None, "native, unrewritten": theano.Mode("cvm", None), "python": theano.Mode("py", None)}
each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


@as_op(itypes=[T.dmatrix], otypes=[T.dmatrix])
def picky(value):
    if value[0, 0] < 0:
        raise LookupError(f"below zero: {value[0, 0]}")
    return value + 0


def together(*tasks):
    """Run each task, given its number, in a thread of its own; raise the first error."""
    errors, start = [], threading.Barrier(len(tasks))

    def run(number, task):
        try:
            start.wait(60)
            task(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    if errors:
        raise errors[0]


def programme(mode):
    """A function with products, reductions, a loop, Python in the middle and two updates; and what it is to return."""
    x, k = T.dmatrix("x"), T.dscalar("k")
    count, total = theano.shared(np.int64(0), "count"), theano.shared(np.zeros((30, 30)), "total")
    y = T.tanh(T.dot(picky(x), x.T) / 30) * k
    sums, _ = theano.scan(lambda row, s: s * 0.5 + row, y, T.zeros_like(y[0]))
    f = theano.function(
        [x, k], [y.sum(), sums[-1], T.nnet.softmax(y)], updates=[(count, count + 1), (total, total + y)], mode=mode
    )

    def expected(value, factor):
        y = np.tanh(value @ value.T / 30) * factor
        s = np.zeros(30)
        for row in y:
            s = s * 0.5 + row
        e = np.exp(y - y.max(axis=1, keepdims=True))
        return y, [y.sum(), s, e / e.sum(axis=1, keepdims=True)]

    return f, expected, count, total


@each_mode
def test_one_function_called_by_eight_threads(mode):
    f, expected, count, total = programme(mode)
    added = [np.zeros((30, 30)) for _ in range(8)]

    def call(number):
        rng = np.random.default_rng(number)
        for i in range(EACH):
            value, factor = rng.random((30, 30)), float(number + 1)
            y, wanted = expected(value, factor)
            if i % 5 == 3:
                value[0, 0] = -number - 1
                with pytest.raises(LookupError, match=f"below zero: {-number - 1}"):
                    f(value, factor)
                continue
            if i % 5 == 4:
                with pytest.raises(ValueError):
                    f(value[:7], factor)  # does not fit what the shared variable holds
                continue
            got = f(value.tolist(), k=factor) if i % 5 == 1 else f(value, factor)
            for a, b in zip(got, wanted, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9)
            added[number] += y

    together(*[call] * 8)
    if f.maker.mode.linker.name == "py":
        return  # only native functions wait for those that update the same variables
    assert count.get_value() == 8 * sum(i % 5 < 3 for i in range(EACH))
    np.testing.assert_allclose(total.get_value(), sum(added), rtol=1e-9)


@each_mode
def test_functions_are_made_and_destroyed_meanwhile(mode):
    x = T.dvector("x")
    lent: list = []
    lock = threading.Lock()

    def make(number):
        for i in range(6):
            f = theano.function([x], [T.exp(x) * (number * 10 + i), x.sum()], mode=mode)
            with lock:
                lent.append((number * 10 + i, f))
            f(np.ones(3))
            del f
            gc.collect()

    def use(number):
        value = np.linspace(0, 1, 20_000)
        wanted = np.exp(value)
        for _ in range(60):
            with lock:
                factor, f = lent.pop() if lent else (None, None)
            if f is None:
                continue
            for a in (f(value), f(value)):
                np.testing.assert_allclose(a[0], wanted * factor, rtol=1e-13)
            f.free()
            with pytest.raises(TypeError):
                f("nothing of the kind")
            del f, a

    together(make, make, make, use, use, use, use, use)


@each_mode
def test_storage_is_exchanged_and_memory_freed_meanwhile(mode):
    w = theano.shared(np.full(5000, 1.0), "w")
    x = T.dvector("x")
    f = theano.function([x], [w * 2 + x, w.sum()], mode=mode)
    going = [5]

    def call(number):
        for _ in range(EACH * 3):
            doubled, total = f(np.zeros(5000))
            assert len(set(doubled.tolist())) == 1, "a torn value"
            assert total in (5000.0, 10000.0, 15000.0)
        going[0] -= 1

    def exchange(number):
        k = 0
        while going[0]:
            k += 1
            w.set_value(np.full(5000, 1.0 + k % 3))
            f.free()

    together(call, call, call, call, call, exchange)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.c
def test_a_process_forks_while_its_threads_call():
    """In the child only the forking thread is left; locks and pools that others held must not matter."""
    code = """
        import os, threading, numpy as np, theano, theano.tensor as T
        mode = theano.Mode("cvm", "fast_run")
        x, w = T.dmatrix("x"), theano.shared(np.zeros((300, 300)))
        f = theano.function([x], [T.dot(x, x), T.exp(x).sum(axis=0)], updates=[(w, w + x)], mode=mode)
        value = np.random.default_rng(0).random((300, 300))
        expected = f(value)
        same = lambda: all(np.allclose(a, b, rtol=1e-12) for a, b in zip(f(value), expected))
        stop, wrong = [], []
        def work():
            while not stop:
                if not same():
                    wrong.append(1)
        threads = [threading.Thread(target=work) for _ in range(3)]
        [t.start() for t in threads]
        for _ in range(8):
            child = os.fork()
            if child == 0:
                before = w.get_value()
                good = same() and np.allclose(w.get_value(), before + value)
                g = theano.function([x], T.cosh(x) * 3, mode=mode)
                os._exit(0 if good and np.allclose(g(value), np.cosh(value) * 3) else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        stop.append(1)
        [t.join() for t in threads]
        assert not wrong and same()
    """
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], **KEPT)
    assert done.returncode == 0, done.stderr
