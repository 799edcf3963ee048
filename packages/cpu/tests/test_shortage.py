"""Memory that cannot be had: MemoryError with the op and the bytes, and everything as it was before the call."""

import contextlib
import subprocess
import sys
import textwrap
import tracemalloc

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.cpu.shortage import counted_allocations, shortage

pytestmark = pytest.mark.c

m = np.random.default_rng(3).normal(size=(40, 40))
row = np.linspace(0, 1, 40)
x, y, v = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v")


def build(inputs, outputs, linker="cvm", **kwargs):
    return theano.function(inputs, outputs, mode=theano.Mode(linker=linker, optimizer=None), **kwargs)


@as_op(itypes=[T.dmatrix], otypes=[T.dmatrix])
def in_python(value):
    return value + 1


def maps(a, b):
    big = T.exp(x.T + y) * 2
    return build([x, y], [big, big.sum(axis=0)], updates=[(a, a + x), (b, big)]), (m, m)


def views(a, b):
    return build([x, y], [x.T, x[1:], x.reshape((20, 80)), y[::-1]], updates=[(a, a.T)]), (m, m.T)


def products(a, b):
    return build([x, y, v], [T.dot(x.T, y), T.dot(x, v)], updates=[(a, T.dot(a, y))]), (m, m[::-1], row)


def python_steps(a, b):
    return build([x], in_python(x * 2) + 1, updates=[(a, in_python(a)), (b, b + 1)]), (m,)


def rows(a, b):
    return build([x], [T.nnet.softmax(x), x.max(axis=1), x.argmax(axis=0)], updates=[(a, a * 2)]), (m,)


def indices(a, b):
    return build([x], [x[[3, 1, 2]], T.inc_subtensor(x[2:5], 1.0)], updates=[(b, b + x)]), (m,)


def scans(a, b):
    sums, _ = theano.scan(lambda r, s: (T.tanh(r + s), T.outer(r, s)), x, [T.zeros_like(v), None])
    return build([x, v], sums, updates=[(a, a + 1)]), (m, row)


def scan_with_updates(a, b):
    kept, changed = theano.scan(lambda r: (r * 2, {a: a + r}), x)
    return build([x], kept, updates=changed), (m,)


def state(a, b):
    return [a.get_value(), b.get_value()]


PROGRAMS = [maps, views, products, python_steps, rows, indices, scans, scan_with_updates]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_whichever_allocation_fails_nothing_has_happened(program):
    shared = [theano.shared(m * 3), theano.shared(m * 2)]
    before = state(*shared)
    f, arguments = program(*shared)
    for n in range(1, 300):
        f.free()
        with shortage(n):
            try:
                f(*arguments)
                break
            except MemoryError as error:
                text = str(error)
        assert "no memory for" in text or "Unable to allocate" in text
        np.testing.assert_array_equal(state(*shared), before)
    assert 3 < n < 299
    twins = [theano.shared(value) for value in before]
    g, _ = program(*twins)
    g(*arguments)
    np.testing.assert_array_equal(state(*shared), state(*twins))
    for got, wanted in zip(as_list(f(*arguments)), as_list(g(*arguments)), strict=True):
        np.testing.assert_array_equal(got, wanted)


def as_list(results):
    return results if isinstance(results, list) else [results]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_failed_calls_keep_nothing(program):
    """Arrays and references: what a thousand failures leave behind would be seen in the second half."""
    shared = [theano.shared(m * 3), theano.shared(m * 2)]
    f, arguments = program(*shared)
    with counted_allocations() as count:
        f(*arguments)
    f.free()

    def fail_everywhere():
        for n in range(1, count[0]):
            with shortage(n), contextlib.suppress(MemoryError):
                f(*arguments)
        f.free()
        return tracemalloc.get_traced_memory()[0], [sys.getrefcount(value) for value in arguments]

    fail_everywhere()
    tracemalloc.start()
    try:
        first, second, third = (fail_everywhere() for _ in range(3))
    finally:
        tracemalloc.stop()
    assert third[1] == second[1] == first[1]
    assert third[0] - second[0] < m.nbytes / 2


LIMITED = """
    import re, resource, numpy as np, theano, theano.tensor as T
    n, total = T.lscalar("n"), theano.shared(np.zeros(3), name="total")
    x = T.dmatrix("x")
    mode = theano.Mode(linker={linker!r}, optimizer=None)
    outputs = {expression}  # line 6
    f = theano.function([n, x], outputs, updates=[(total, total + 1)], mode=mode, on_unused_input="ignore")
    f(2, np.ones((3, 3)))
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + (256 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for k in (1 << 14, 1 << 22, 1 << 31):
        try:
            f(k, np.ones((3, 3)))
        except MemoryError as error:
            text = str(error)
            assert "bytes" in text or "iB for an array" in text, text
            assert re.search({op!r}, text) and "Written at: <string>:6" in text, text
        except ValueError as error:  # what NumPy says of more bytes than there are addresses
            assert k == 1 << 31, error
        else:
            raise SystemExit(f"n = {{k}} fits?")
    assert total.get_value().tolist() == [1, 1, 1]
    f(5, np.ones((3, 3)))
    assert total.get_value().tolist() == [2, 2, 2]
"""

PLACES = {
    "an output": ("T.alloc(np.float64(1), n, n)", "Alloc"),
    "a temporary value": ("T.exp(T.arange(n, dtype='float64')[:, None] + T.arange(n)).sum()", "Elemwise|ARange"),
    "a product": ("T.dot(T.ones((n, 1)), T.ones((1, n))).sum()", "dot"),
    "stacked outputs": ("theano.scan(lambda i: T.ones((n,)) * i, T.arange(n))[0]", "for{"),
}  # fmt: skip


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs limits of memory and /proc")
@pytest.mark.parametrize("linker", ["cvm", "py"])
@pytest.mark.parametrize("place", PLACES)
def test_a_process_that_may_not_grow(place, linker):
    expression, op = PLACES[place]
    code = textwrap.dedent(LIMITED.format(linker=linker, expression=expression, op=op))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_objects_that_python_cannot_make(program):
    """The same with the allocations of the interpreter, as its own tests provoke them."""
    testcapi = pytest.importorskip("_testcapi")
    shared = [theano.shared(m * 3), theano.shared(m * 2)]
    f, arguments = program(*shared)
    f(*arguments)
    before, failures, n, successes = state(*shared), 0, 0, 0
    while successes < 3 and n < 1000:
        f.free()
        failed = False
        testcapi.set_nomemory(n, n + 1)
        try:
            f(*arguments)
        except MemoryError:
            failed = True
        finally:
            testcapi.remove_mem_hooks()
        if failed:
            np.testing.assert_array_equal(state(*shared), before)
        before = state(*shared)
        failures += failed
        successes = 0 if failed else successes + 1
        n += 1
    assert 0 < failures < n < 1000


def repeated(dtype, *shape):
    """An array of any size that takes no memory."""
    return np.broadcast_to(np.asarray(1, dtype), shape)


@pytest.mark.parametrize("mode", [None, "unrewritten"])
def test_sizes_beyond_what_integers_can_count(mode):
    mode = None if mode is None else theano.Mode("cvm", None)
    small, n = T.bvector("small"), T.lscalar("n")
    long, longer = repeated("float64", 1 << 33), repeated("int8", 1 << 62)
    cases = [
        ([small], T.concatenate([small] * 4).sum(), [longer]),  # 2 ** 64 wraps around to no elements at all
        ([small], T.concatenate([small] * 4), [longer]),
        ([v], T.exp(v.dimshuffle(0, "x") * v).sum(), [long]),
        ([v], T.nnet.softmax(v.dimshuffle(0, "x") * v)[0, 0], [long]),
        ([v], v.dimshuffle(0, "x") + v, [long]),
        ([v], T.outer(v, v) + 1, [long]),
        ([n], T.alloc(np.float64(1), n, n), [1 << 32]),
        ([n], T.exp(T.zeros((n, n, n))).sum() if mode else T.zeros((n, n, n)), [1 << 22]),
        ([n], T.eye(n), [1 << 32]),
        ([n], T.arange(n).sum(), [1 << 62]),
        ([v, n], v.reshape((n, n)), [np.ones(4), 1 << 33]),
    ]
    for inputs, output, values in cases:
        with pytest.raises((MemoryError, ValueError)):
            theano.function(inputs, output, mode=mode)(*values)
