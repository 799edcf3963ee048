"""Steps that several threads share: same bits, no wake-up for small work, forks, options."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configuration import change_flags
from theano.cpu import threads
from theano.tensor.elemwise import CAReduce

pytestmark = pytest.mark.c
rng = np.random.default_rng(11)


def bits(results):
    """Everything that can differ between two results."""
    results = results if isinstance(results, list) else [results]
    return [(r.dtype, r.shape, r.tobytes()) for r in results]


@pytest.fixture
def same_bits(native):
    """`same_bits(inputs, outputs, *values)`: results have the same bits with 1, 2 and 3 threads, and were shared."""

    def check(inputs, outputs, *values, shared=True):
        function = native(inputs, outputs)
        with threads.sharing(1):
            alone = function(*values)
        before = threads.activity()["regions"]
        for count in (2, 3):
            with threads.sharing(count, 0):
                assert bits(function(*values)) == bits(alone), f"{count} threads"
        if shared:
            assert threads.activity()["regions"] >= before + 2
        return function

    return check


# ---- maps


@pytest.mark.parametrize("n", [4096, 4097, 8191, 10_007, 50_000])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_map(same_bits, n, dtype):
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    a, b = ((rng.random(n) * 9).astype(dtype) for _ in range(2))
    same_bits([x, y], [x + y * x, T.exp(x.astype("float32")) * y], a, b)


def test_map_of_strided_operands(same_bits):
    m, n = T.dmatrices("m", "n")
    base = rng.random((300, 500))
    for a in (base[::2, ::3], base[::-1, ::-1], base[:, ::2], base[:4, 1:], base.T[:5, 2:]):
        same_bits([m, n], [m + T.tanh(n), m * n + m], a, a[::-1])


def test_map_of_more_dimensions(same_bits):
    x, y = T.dtensor4("x"), T.dtensor4("y")
    base = rng.random((5, 7, 9, 70))
    same_bits([x, y], x * y + x, base.transpose(1, 0, 2, 3), base[:, :, ::-1].swapaxes(0, 1))
    same_bits([x, y], x * y + x, base.transpose(2, 1, 0, 3), base.transpose(2, 1, 0, 3)[:, ::-1])
    same_bits([x, y], x * y + x, base.transpose(3, 1, 0, 2), base.transpose(3, 1, 0, 2)[::-1])


@pytest.mark.parametrize("shape", [(128, 1000), (400, 400), (33, 3000), (1000, 130)])
def test_map_of_squares(same_bits, shape):
    m, n = T.fmatrices("m", "n")
    same_bits([m, n], m * n.T - m, rng.random(shape, "float32"), rng.random(shape[::-1], "float32"))


def test_map_that_broadcasts(same_bits):
    m, row, col = T.dmatrix("m"), T.drow("row"), T.dcol("col")
    values = rng.random((70, 300)), rng.random((1, 300)), rng.random((70, 1))
    same_bits([m, row, col], [m + row * col, m * col, T.exp(row) - m], *values)


def test_map_in_place(native):
    """The update is written over the old value, by several threads."""
    start = rng.random(20_000)
    s = theano.shared(start.copy())
    x = T.dvector("x")
    f = native([x], [], updates=[(s, s * x + 1)])
    values = rng.random(20_000)
    with threads.sharing(3, 0):
        f(values)
        f(values)
    assert np.array_equal(s.get_value(), (start * values + 1) * values + 1)


# ---- row programs


SHAPES = [(64, 700), (1000, 33), (5000, 7), (7, 4000), (300, 300), (130, 64), (20_000, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("axis", [0, 1])
def test_reductions(same_bits, shape, dtype, axis):
    m = T.matrix("m", dtype)
    a = (rng.normal(size=shape) * 50).astype(dtype)
    outputs = [m.sum(axis), m.prod(axis), m.max(axis), T.argmax(m, axis), m.mean(axis)]
    shared = shape[1 - axis] > 128  # a few rows are not cut in all layouts
    same_bits([m], outputs, a, shared=shared)
    same_bits([m], outputs, np.asfortranarray(a), shared=shared)
    same_bits([m], outputs, np.repeat(a, 2, 1)[:, ::2], shared=shared)


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), (1, 2), (0, 1)])
def test_reductions_of_three_dimensions(same_bits, axis):
    x = T.tensor3("x", "float32")
    a = rng.normal(size=(40, 50, 60)).astype("float32")
    for value in (a, a.transpose(1, 2, 0), a[::2, ::-1, 1:]):
        same_bits([x], [x.sum(axis), T.exp(x).max(axis)], value)  # the exponentials at least are shared


@pytest.mark.parametrize("shape", SHAPES)
def test_row_programs(same_bits, shape):
    """Outputs for each position: vectors run over the ends of rows, which others may have computed already."""
    m = T.fmatrix("m")
    a = rng.normal(size=shape).astype("float32")
    for value in (a, np.asfortranarray(a), a[::-1, ::-1]):
        same_bits([m], [T.nnet.softmax(m), T.nnet.logsoftmax(m)], value)


@pytest.mark.parametrize("n", [40_000, 65_536, 131_072, 300_001, 1_000_000])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_long_rows(same_bits, n, dtype):
    """Threads share one row: blocks are merged in an order that depends on the length alone."""
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    a, b = ((rng.normal(size=n) * 50).astype(dtype) for _ in range(2))
    a[a == 0] = 1
    f = same_bits([x, y], [x.sum(), T.dot(x, y), T.sqr(x - y).sum(), x.max(), (x * y).min(), x.mean()], a, b)
    np.testing.assert_allclose(f(a, b)[2], ((a - b).astype("float64") ** 2).sum(), rtol=1e-5)
    assert f(a, b)[3:5] == [a.max(), (a * b).min()]
    same_bits([x], x.sum(), a, shared=n >= 131_072)
    same_bits([x], CAReduce(theano.scalar.maximum)(x), a, shared=n >= 131_072)


def test_zeros_of_both_signs_and_nan_in_long_rows(same_bits):
    x = T.dvector("x")
    for special in (-0.0, np.nan, np.inf):
        a = np.zeros(400_000)
        a[rng.integers(0, len(a), 1000)] = special
        largest, smallest = (CAReduce(op)(x) for op in (theano.scalar.maximum, theano.scalar.minimum))
        same_bits([x], [largest, smallest, x.max(), x.sum()], a)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extrema_of_columns_with_nan_in_some(same_bits, dtype):
    m = T.matrix("m", dtype)
    a = np.where(rng.random((203, 5003)) < 0.5, -0.0, 0.0).astype(dtype)
    a[rng.integers(0, 203, 40), rng.integers(0, 5003, 40)] = rng.choice([np.nan, -np.nan, np.inf, -np.inf], 40)
    largest, smallest = (CAReduce(op, 0)(m) for op in (theano.scalar.maximum, theano.scalar.minimum))
    same_bits([m], [largest, smallest], a)


@pytest.mark.parametrize("rows", [1, 3])
def test_long_row_programs(same_bits, rows):
    m = T.fmatrix("m")
    a = rng.normal(size=(rows, 70_001)).astype("float32")
    same_bits([m], [T.nnet.softmax(m), T.nnet.logsoftmax(m)], a)


# ---- products


PRODUCTS = [(60, 784, 500), (600, 784, 10), (30, 300, 700), (4, 1000, 3000), (200, 17, 33), (97, 513, 65), (7, 5, 5000)]


@pytest.mark.parametrize("sizes", PRODUCTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products(same_bits, sizes, dtype):
    m, k, n = sizes
    x, y = T.matrix("x", dtype), T.matrix("y", dtype)
    a, b = (rng.normal(size=shape).astype(dtype) for shape in ((m, k), (k, n)))
    for left in (a, np.asfortranarray(a), np.repeat(a, 2, 1)[:, ::2]):
        for right in (b, np.asfortranarray(b)):
            f = same_bits([x, y], T.dot(x, y), left, right, shared=False)
            np.testing.assert_allclose(f(left, right), a @ b, rtol=1e-3 if dtype == "float32" else 1e-9, atol=1e-3)


@pytest.mark.parametrize("beta", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("sizes", PRODUCTS[:4])
def test_products_that_are_added(same_bits, sizes, beta):
    m, k, n = sizes
    x, y, z = T.fmatrices("x", "y", "z")
    a, b, c = (rng.normal(size=shape).astype("float32") for shape in ((m, k), (k, n), (m, n)))
    gemm = T.blas.gemm_no_inplace(z, np.float32(0.7), x, y, np.float32(beta))
    same_bits([z, x, y], gemm, c, a, b)
    same_bits([z, x, y], gemm, c, np.asfortranarray(a), b)


@pytest.mark.parametrize("shape", [(3000, 500), (40, 9000), (9000, 40), (511, 1025)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_with_vectors(same_bits, shape, dtype):
    m, v, w = T.matrix("m", dtype), T.vector("v", dtype), T.vector("w", dtype)
    a, b, c = (rng.normal(size=size).astype(dtype) for size in (shape, shape[1], shape[0]))
    for value in (a, np.asfortranarray(a), np.repeat(a, 2, 0)[::2]):
        same_bits([m, v, w], [T.dot(m, v), T.dot(w, m)], value, b, c)


def test_products_of_a_batch(same_bits):
    x, y, z = T.dtensor3("x"), T.dtensor3("y"), T.dmatrix("z")
    a, b, c = rng.normal(size=(17, 30, 40)), rng.normal(size=(17, 40, 20)), rng.normal(size=(17, 40))
    same_bits([x, y, z], [T.batched_dot(x, y), T.batched_dot(x, z)], a, b, c)
    same_bits(
        [x, y, z], [T.batched_dot(x, y), T.batched_dot(x, z)], a[::-1], b.transpose(0, 2, 1)[:, ::2].repeat(4, 1), c
    )


# ---- copies and indexing


def test_copies(same_bits):
    x, y, n = T.dtensor3("x"), T.dtensor3("y"), T.lscalar("n")
    base = rng.random((60, 50, 70))
    outputs = [
        T.join(1, x, y),
        T.alloc(y[:1, :1], n, 50, 70),
        T.alloc(y[0, 0, 0], 50, n, n),
        *T.split(x, [20, 30], 2, 1),
    ]
    outputs += [T.inc_subtensor(x[3:40], y[3:40]), x.dimshuffle(2, 0, 1).flatten()]
    for a in (base, base.transpose(1, 0, 2)[:, :50].repeat(2, 1)[:60], base[::-1, :, ::-1]):
        if a.shape == base.shape:
            same_bits([x, y, n], outputs, a, a[::-1], 60)


@pytest.mark.parametrize("shape", [(500, 128), (5000, 3), (5000, 1), (40, 600)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_rows_by_number(same_bits, shape, dtype):
    """Added rows repeat, so the order of the additions shows."""
    m, y, i, row = T.matrix("m", dtype), T.matrix("y", dtype), T.lvector("i"), T.vector("row", dtype)
    a = (rng.normal(size=shape) * 9).astype(dtype)
    numbers = rng.integers(0, shape[0], 3000)
    b = (rng.normal(size=(3000, shape[1])) * 9).astype(dtype)
    outputs = [m[i], T.inc_subtensor(m[i], y), T.set_subtensor(m[i], y), T.inc_subtensor(m[i], row)]
    for value in (a, np.asfortranarray(a), np.repeat(a, 2, 1)[:, ::2]):
        f = same_bits([m, y, i, row], outputs, value, b, numbers, b[0])
        expected = a.copy()
        np.add.at(expected, numbers, b)
        np.testing.assert_allclose(f(value, b, numbers, b[0])[1], expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("shape", [(70, 600), (1000, 10), (129, 64), (5, 4000)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_positions_of_maxima(same_bits, shape, dtype):
    m = T.matrix("m", dtype)
    a = rng.integers(0, 50, shape).astype(dtype)
    if dtype != "int32":
        a[3, 5] = np.nan
    for axis in (0, 1):
        for value in (a, np.asfortranarray(a), a[::-1, ::-1]):
            f = same_bits([m], [T.argmax(m, axis), T.max_and_argmax(m, axis)[0]], value, shared=False)
            assert np.array_equal(f(value)[0], np.argmax(value, axis))


# ---- the pool


def test_small_work_wakes_nobody(native):
    x = T.dvector("x")
    f = native([x], x + 1)
    with threads.sharing(2):
        before = threads.activity()
        for n in (1, 1000, 10_000):
            f(np.ones(n))
        assert threads.activity() == before
        f(np.ones(2_000_000))
        assert threads.activity()["regions"] == before["regions"] + 1


def test_one_thread_is_never_joined(native):
    x = T.dvector("x")
    f = native([x], x + 1)
    with threads.sharing(1, 0):
        before = threads.activity()
        f(np.ones(100_000))
        assert threads.activity() == before


def test_an_error_in_a_shared_function_is_raised_here(native):
    x, y = T.dvectors("x", "y")
    f = native([x, y], T.exp(x) + y)
    with threads.sharing(3, 0):
        for _ in range(3):
            with pytest.raises(ValueError, match="mismatch"):
                f(np.ones(10_000), np.ones(10_001))
            assert f(np.zeros(10_000), np.zeros(10_000)).sum() == 10_000


def test_option_openmp(native):
    x = T.dvector("x")
    with change_flags(openmp=False):
        alone = native([x], x + 1)
    with change_flags(openmp=True):
        together = native([x], x + 1)
    with change_flags(openmp_elemwise_minsize=50_000):
        from_fifty = native([x], x + 1)
    with threads.sharing(2, 0):
        counts = []
        for f, n in ((alone, 60_000), (together, 60_000), (from_fifty, 49_999), (from_fifty, 50_000)):
            before = threads.activity()["regions"]
            f(np.ones(n))
            counts.append(threads.activity()["regions"] - before)
    assert counts == [0, 1, 0, 1]


def test_number_of_threads(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr(threads, "_QUOTA", os.devnull)
    for text, count in (("", 6), ("3", 3), ("1", 1), ("100", 6), ("0", 1)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert threads.available() == count
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    with pytest.raises(TypeError, match="OMP_NUM_THREADS is 'many'"):
        threads.available()


def test_quota_of_a_container(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    file = tmp_path / "cpu.max"
    monkeypatch.setattr(threads, "_QUOTA", str(file))
    for text, count in (("250000 100000\n", 3), ("max 100000\n", 64), ("50000 100000", 1), ("", 64)):
        file.write_text(text)
        assert threads.available() == count


def in_a_process(text, **environment):
    """Output of a script in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_environment_of_the_process():
    text = """
    import numpy as np, theano, theano.tensor as T
    from theano.cpu import threads
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), mode=theano.Mode("cvm", None))
    f(np.ones(3_000_000))
    print(threads.activity()["regions"])
    """
    assert in_a_process(text, OMP_NUM_THREADS="1", THEANO_FLAGS="") == "0\n"
    shared = in_a_process(text, OMP_NUM_THREADS="8", THEANO_FLAGS="")
    assert shared == ("1\n" if len(os.sched_getaffinity(0)) > 1 else "0\n")
    assert in_a_process(text, OMP_NUM_THREADS="8", THEANO_FLAGS="openmp=False") == "0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_call_fork_call():
    """Also in a child's child, and with several forks; the parent's workers stay at work."""
    text = """
    import os, numpy as np, theano, theano.tensor as T
    from theano.cpu import threads
    x = T.dvector("x")
    f = theano.function([x], T.exp(x) + 1, mode=theano.Mode("cvm", None))
    values = np.linspace(0, 1, 100_000)
    expected = f(values)

    def right():
        before = threads.activity()["regions"]
        return np.array_equal(f(values), expected) and threads.activity()["regions"] > before

    def child(depth):
        pid = os.fork()
        if pid:
            status = os.waitpid(pid, 0)[1]
            assert status == 0, status
            return
        fine = threads.activity()["workers"] == 0 and right() and threads.activity()["workers"] == 2
        if depth:
            child(depth - 1)
        os._exit(0 if fine else 1)

    with threads.sharing(3, 0):
        assert right()
        for _ in range(5):
            child(1)
            assert right() and threads.activity()["workers"] == 2
    print("done")
    """
    assert in_a_process(text) == "done\n"
