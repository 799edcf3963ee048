"""What goes wrong while a plan runs: errors keep their class, tell the node, and leave shared variables alone."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op

pytestmark = pytest.mark.c


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def grumble(x):
    if x[0] < 0:
        raise LookupError("negative")
    return x * 2


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def wrong_type(x):
    return "text"


def test_python_steps(native):
    x = T.dvector("x")
    f = native([x], grumble(x + 1) + 1)
    assert f([1, 2]).tolist() == [5, 7]
    with pytest.raises(LookupError, match="negative"):
        f([-5, 2])


def test_python_step_may_keep_its_argument(native):
    kept = []

    @as_op(itypes=[T.dvector], otypes=[T.dvector])
    def keep(x):
        kept.append(x)
        return x

    x = T.dvector("x")
    f = native([x], keep(x * 2) + x)
    assert f([1, 2]).tolist() == [3, 6]
    f([5, 5])
    assert kept[0].tolist() == [2, 4]


def test_python_step_of_wrong_type(native):
    x = T.dvector("x")
    with pytest.raises((TypeError, ValueError)):
        native([x], wrong_type(x) + 1)([1.0])


def test_report_names_operands(native):
    length, width = T.dvector("length"), T.dvector("width")
    with pytest.raises(ValueError, match="dimension mismatch") as caught:
        native([length, width], length * width)(np.ones(3), np.ones(4))
    text = str(caught.value)
    for part in ("length", "width", "(3,)", "(4,)", "float64", "Elemwise{mul"):
        assert part in text
    assert __file__ in text


def test_nothing_is_stored_after_a_failure(native):
    a, b, x, y = theano.shared(np.zeros(2)), theano.shared(np.zeros(2)), T.dvector("x"), T.dvector("y")
    f = native([x, y], grumble(x), updates=[(a, a + 1), (b, b + x * y)])
    with pytest.raises(LookupError):
        f([-1, 0], [1, 1])
    with pytest.raises(ValueError):
        f([1, 0], [1, 1, 1])
    with pytest.raises(ValueError):
        f([1, 0, 0], [1, 1, 1])
    assert not a.get_value().any()
    assert not b.get_value().any()


def test_memory_error(native):
    n, total = T.lscalar("n"), theano.shared(0)
    f = native([n], T.alloc(np.float64(1), n, n, n).sum(), updates=[(total, total + 1)])
    with pytest.raises((MemoryError, ValueError)):
        f(1 << 20)
    with pytest.raises((MemoryError, ValueError)):
        f(1 << 40)
    assert total.get_value() == 0
    assert f(2) == 8


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals for threads")
def test_keyboard_interrupt(native):
    count = theano.shared(0)
    x = T.dmatrix("x")
    y = x
    for _ in range(300):
        y = T.tanh(T.dot(y, x))
    f = native([x], y, updates=[(count, count + 1)])
    value = np.eye(200)
    main = threading.get_ident()
    timer = threading.Timer(0.1, lambda: signal.pthread_kill(main, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        for _ in range(1000):
            f(value)
    before = int(count.get_value())
    f(value)
    assert count.get_value() == before + 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_child():
    """In a process of its own: forking with the threads of BLAS around is what is tested."""
    code = """
        import os, numpy as np, theano, theano.tensor as T
        x = T.dmatrix("x")
        mode = theano.Mode(linker="cvm", optimizer=None)
        f = theano.function([x], [T.exp(T.dot(x, x)), x.sum()], mode=mode)
        value = np.ones((300, 300)) / 300
        expected = f(value)
        child = os.fork()
        if child == 0:
            same = all(np.array_equal(a, b) for a, b in zip(f(value), expected))
            g = theano.function([x], T.dot(x, x) * 2, mode=mode)
            os._exit(0 if same and g(value).shape == (300, 300) else 1)
        assert os.waitpid(child, 0)[1] == 0
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], check=True, timeout=300)


def test_plan_calls_itself(native):
    x, calls = T.dvector("x"), []

    @as_op(itypes=[T.dvector], otypes=[T.dvector])
    def again(v):
        calls.append(1)
        return f(v / 2) if len(calls) < 5 else v

    f = native([x], again(x * 2) + x)
    assert f(np.ones(2)).tolist() == [7, 7]
