"""Loops whose steps run in C, against the Python executor."""

import signal
import threading
import time

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.cpu.recurrence import recurrence_of
from theano.scan_module import scan, until
from theano.scan_module.scan_op import Scan

pytestmark = pytest.mark.c


@pytest.fixture
def rng():
    return np.random.RandomState(7)


def loop_steps(function):
    """The names of the steps that are loops."""
    return [type(step).__name__ for step in function.plan.steps if isinstance(step.node.op, Scan)]


@pytest.fixture
def same(native):
    """`same(inputs, outputs, *values)`: all loops run in C with the results of Python; returns the function."""

    def check(inputs, outputs, *values, loops=1, **kwargs):
        function = native(inputs, outputs, **kwargs)
        assert loop_steps(function) == ["CallStep"] * loops
        oracle = theano.function(inputs, outputs, mode=theano.Mode(linker="py", optimizer=None), **kwargs)
        before = [np.array(v) for v in values]
        for _ in range(2):  # the second call runs in the memory of the first
            for a, b in zip(as_list(function(*values)), as_list(oracle(*values)), strict=True):
                assert (a.dtype, a.shape) == (b.dtype, b.shape)
                exactness = 1e-12 if a.dtype != "float32" else 1e-5  # of numbers about 1, whose differences are near 0
                np.testing.assert_allclose(a, b, rtol=exactness, atol=exactness)
        for old, new in zip(before, values, strict=True):
            np.testing.assert_array_equal(old, new)
        return function

    return check


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("length", [0, 1, 2, 9])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_recurrent_net(same, rng, length, backwards, dtype):
    x, w, u, h0 = T.matrix("x", dtype), T.matrix("w", dtype), T.matrix("u", dtype), T.vector("h0", dtype)
    h, _ = scan(lambda row, h: T.tanh(T.dot(row, w) + T.dot(h, u)), x, h0, go_backwards=backwards)
    values = [rng.randn(*shape).astype(dtype) for shape in ((length, 3), (3, 4), (4, 4), (4,))]
    values[2] /= np.linalg.norm(values[2], 2)  # else what is rounded in one step grows in the next ones
    same([x, w, u, h0], h, *values)


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint16", "bool", "float64"])
def test_dtypes(same, dtype):
    x, s = T.vector("x", dtype), T.scalar("s", dtype)
    out, _ = scan(lambda row, s: T.maximum(row, s), x, s)
    same([x, s], out, np.array([0, 1, 0, 1, 1], dtype), np.array(0, dtype))


@pytest.mark.parametrize("dtype", ["float16", "complex64", "complex128"])
def test_dtypes_that_only_python_computes(same, dtype):
    x, s = T.vector("x", dtype), T.scalar("s", dtype)
    m, v = T.matrix("m", dtype), T.vector("v", dtype)
    sums, _ = scan(lambda row, s: s + row, x, s)
    same([x, s], sums, np.arange(4).astype(dtype), np.array(1, dtype))
    rows, _ = scan(lambda row, v: v * row, m, v)
    same([m, v], rows, np.arange(6).reshape(3, 2).astype(dtype), np.ones(2, dtype))


@pytest.mark.parametrize("taps", [[-1], [-2], [-2, -1], [-1, -2], [-3, -1]])
@pytest.mark.parametrize("steps", [0, 1, 2, 6])
def test_taps_of_outputs(same, taps, steps):
    first, n = T.dmatrix("first"), T.lscalar("n")
    initial = first[0] if taps == [-1] else first
    out, _ = scan(lambda *past: 2 * past[0] - past[-1] + 1, outputs_info={"initial": initial, "taps": taps}, n_steps=n)
    same([first, n], out, np.arange(6.0).reshape(3, 2)[: -min(taps)], steps)


@pytest.mark.parametrize("taps", [[0], [-1, 0, 1], [-2], [2, -1]])
def test_taps_of_sequences(same, taps):
    x = T.dmatrix("x")
    out, _ = scan(lambda *rows: sum((k + 1) * r for k, r in enumerate(rows)), {"input": x, "taps": taps}, [None])
    same([x], out, np.arange(16.0).reshape(8, 2) ** 2)


def test_several_states_and_outputs(same, rng):
    x, a, b = T.dmatrix("x"), T.dvector("a"), T.dscalar("b")
    outs, _ = scan(lambda row, a, b: [a + row * b, b + row.sum(), row.dot(a), T.outer(row, a), row.T],
                   x, [a, b, None, None, None])  # fmt: skip
    same([x, a, b], outs, rng.randn(7, 3), rng.randn(3), 0.5)


def test_only_stored_outputs(same, rng):
    x = T.tensor3("x", "float64")
    out, _ = scan(lambda m: [m.T, m[::-1], m.sum(axis=0), m[0, 0]], x)
    same([x], out, rng.randn(4, 2, 3))


@pytest.mark.parametrize("cut", [np.s_[::2], np.s_[::-1], np.s_[:, ::2], np.s_[:, ::-1]])
def test_sequences_and_initial_values_that_are_not_contiguous(same, rng, cut):
    x, m, s = T.dmatrix("x"), T.dmatrix("m"), T.dmatrix("s")
    outs, _ = scan(lambda row, past, m: [row.dot(m) + past], x, [{"initial": s, "taps": [-2]}], [m])
    value = rng.randn(8, 6)[cut]
    width = value.shape[1]
    same([x, m, s], outs, value, rng.randn(width, 6)[:, ::-1], rng.randn(6, 4).T[:2, ::-1])


@pytest.mark.parametrize("limit", [-1.0, 0.5, 3.0, 100.0])
def test_until(same, limit):
    x, top = T.dvector("x"), T.dscalar("top")
    outs, _ = scan(lambda row, s: ([s + row, row * 2], until(s + row > top)), x, [T.zeros_like(top), None])
    same([x, top], outs, np.ones(9), limit)


def test_results_that_a_kernel_reads(same, rng):
    """Buffers in working memory, also cut short by a condition."""
    x, top = T.dmatrix("x"), T.dscalar("top")
    (s, y), _ = scan(lambda row, s: ([s + row, T.exp(s)], until(s.sum() > top)), x, [T.zeros_like(x[0]), None])
    for limit in (-9.0, 4.0, 99.0):
        same([x, top], [(s * 2).sum(), T.tanh(y)], np.ones((7, 2)), limit)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
@pytest.mark.parametrize("given", [1, 2, 3, 4])
def test_rings_of_any_length(native, length, given):
    """The op itself, with buffers too short to write rows without reading them first."""
    row, old, new = T.dvector("row"), T.dvector("old"), T.dvector("new")
    info = {"n_seqs": 1, "n_mit_sot": 1, "tap_array": [[-2, -1]], "n_nit_sot": 1}
    op = Scan([row, old, new], [old - new + row, old * row], info)
    x, buffer, n = T.dmatrix("x"), T.dmatrix("buffer"), T.lscalar("n")
    outs = op(n, x, buffer, 2, return_list=True)
    f = native([n, x, buffer], outs)
    assert loop_steps(f) == ["CallStep"]
    oracle = theano.function([n, x, buffer], outs, mode=theano.Mode(linker="py", optimizer=None))
    values = length, np.arange(10.0).reshape(5, 2), np.arange(8.0).reshape(4, 2)[:given] ** 2
    for got, expected in zip(f(*values), oracle(*values), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_nested(same, rng):
    x, s0 = T.tensor3("x", "float64"), T.dvector("s0")

    def outer(m, s):
        inner, _ = scan(lambda row, p: p * 0.5 + row, m, s)
        return [inner[-1], inner]

    outs, _ = scan(outer, x, [s0, None])
    same([x, s0], outs, rng.randn(4, 3, 2), rng.randn(2))


def test_nested_with_a_condition(same):
    x = T.dmatrix("x")

    def outer(row, total):
        inner, _ = scan(lambda v, s: (s + v, until(s + v > 2)), row, T.constant(0.0, dtype="float64"))
        return [total + inner[-1], (inner * 2).sum()]

    outs, _ = scan(outer, x, [T.constant(0.0, dtype="float64"), None])
    same([x], outs, np.linspace(0, 3, 12).reshape(3, 4))


def test_states_that_are_added_to(native, rng):
    """mit_mot: rows of a given buffer are read and written over, as derivatives do."""
    row, here, ahead = T.dvector("row"), T.dvector("here"), T.dvector("ahead")
    info = {"n_seqs": 1, "n_mit_mot": 1, "tap_array": [[0, 1], [-1]], "mit_mot_out_slices": [[0, 1]], "n_sit_sot": 1}
    total = T.dvector("total")
    op = Scan([row, here, ahead, total], [here + row, ahead + here * row, total + here], info)
    n, x, buffer, s = T.lscalar("n"), T.dmatrix("x"), T.dmatrix("buffer"), T.dmatrix("s")
    values = 4, rng.randn(5, 2), rng.randn(5, 2), rng.randn(5, 2)
    for outs in (op(n, x, buffer, s, return_list=True), op(n, x, buffer + 1, s * 2, return_list=True)):
        f = native([n, x, buffer, s], outs)
        assert loop_steps(f) == ["CallStep"]
        oracle = theano.function([n, x, buffer, s], outs, mode=theano.Mode(linker="py", optimizer=None))
        for _ in range(2):
            for got, expected in zip(f(*values), oracle(*values), strict=True):
                np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32", "int64", "float32", "float64"])
@pytest.mark.parametrize("steps", [1, 2, 3, 5])
@pytest.mark.parametrize("given", [1, 2, 3, 6])
def test_numbers_only(native, dtype, steps, given):
    """Without dimensions all steps are one generated function."""
    row, old, new, last, fixed = (T.scalar(name, dtype) for name in ("row", "old", "new", "last", "fixed"))
    step = [T.maximum(old, row), T.switch(T.gt(row, last), new, fixed), T.cast(T.eq(row, old), dtype)]
    stop = T.cast(T.and_(T.eq(row, fixed), T.gt(last, row)), "bool")
    info = {"n_seqs": 1, "n_mit_sot": 1, "n_sit_sot": 1, "tap_array": [[-2, -1], [-1]], "n_nit_sot": 1}
    op = Scan([row, old, new, last, fixed], [*step, stop], {**info, "as_while": True})
    x, buffer, start, n = T.vector("x", dtype), T.vector("buffer", dtype), T.vector("start", dtype), T.lscalar("n")
    inputs = [n, x, buffer, start, fixed]
    outs = op(n, x[::-1], buffer, start, 2, fixed, return_list=True)
    assert recurrence_of(op, op.with_mode(theano.Mode(linker="cvm", optimizer=None)).fn.plan)
    f = native(inputs, outs)
    assert loop_steps(f) == ["CallStep"]
    oracle = theano.function(inputs, outs, mode=theano.Mode(linker="py", optimizer=None))
    for top in (2, 5):
        x_value = (np.arange(5) * 3 % top).astype(dtype)
        first = (np.arange(6) * 2 % 5).astype(dtype)
        values = steps, x_value, first[:given], first[:given][::-1], np.array(1, dtype)
        for got, expected in zip(f(*values), oracle(*values), strict=True):
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)


def test_many_steps_over_numbers(native):
    x, n, top = T.dscalar("x"), T.lscalar("n"), T.dscalar("top")
    out, _ = scan(lambda s: (s * x + 0.5, until(s > top)), outputs_info=T.ones_like(x), n_steps=n)
    f = native([x, n, top], out)
    assert loop_steps(f) == ["CallStep"]
    expected = [1.0]
    for _ in range(20000):
        expected.append(expected[-1] * 1.0001 + 0.5)
    np.testing.assert_array_equal(f(1.0001, 20000, np.inf), expected[1:])
    assert len(f(1.0001, 20000, 3000.0)) == next(k for k, v in enumerate(expected) if v > 3000.0) + 1


def by_steps(function):
    """The addresses of generated functions that do all steps of a loop over numbers."""
    scans = [step.node.op for step in function.plan.steps if isinstance(step.node.op, Scan)]
    return [recurrence_of(op, op.fn.plan) for op in scans]


NAMES = ("exp", "log", "tanh", "sigmoid", "softplus", "log1p", "erf", "sin")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_functions_that_round_otherwise_in_vectors_keep_their_bits(native, dtype, name):
    """Vector variants of library functions differ from the scalar ones in the last bits."""
    function = T.nnet.sigmoid if name == "sigmoid" else T.nnet.softplus if name == "softplus" else getattr(T, name)
    x, s = T.vector("x", dtype), T.scalar("s", dtype)
    out, _ = scan(lambda v, s: function(v) * s + s, x, s)
    values = np.linspace(0.1, 3, 50).astype(dtype)
    f = native([x, s], out)
    assert all(by_steps(f))
    after = native([x], function(x))(values)
    expected, s = [], np.dtype(dtype).type(1.5)
    for v in after:
        s = v * s + s
        expected.append(s)
    np.testing.assert_array_equal(f(values, np.array(1.5, dtype)), expected)


def test_python_inside_a_step(same, rng):
    seen = []

    @as_op(itypes=[T.dvector, T.dvector], otypes=[T.dvector])
    def keep(row, fixed):
        seen.append((row, fixed))
        return row * fixed

    x, w, s = T.dmatrix("x"), T.dvector("w"), T.dvector("s")
    outs, _ = scan(lambda row, s, w: [keep(row + s, w) * 0.5, keep(row, s)], x, [s, None], [w])
    values = rng.randn(5, 2), rng.randn(2), rng.randn(2)
    f = same([x, s, w], outs, *values)
    seen.clear()
    f(*values)
    assert len({id(row) for row, _ in seen}) == 10  # what Python code keeps is not overwritten
    np.testing.assert_array_equal([row for row, _ in seen if (row == values[0][3]).all()], [values[0][3]])


def test_shared_variables(native):
    x, s, w = T.dmatrix("x"), theano.shared(np.zeros(2)), theano.shared(np.full(2, 0.5))
    h, _ = scan(lambda row, h: h * w + row, x, s)
    f = native([x], h.sum(), updates=[(s, h[-1]), (w, w * 2)])
    assert loop_steps(f) == ["CallStep"]
    f(np.ones((2, 2)))
    assert s.get_value().tolist() == [1.5, 1.5]
    f(np.ones((1, 2)))
    assert s.get_value().tolist() == [2.5, 2.5]
    assert w.get_value().tolist() == [2.0, 2.0]


def test_failure_leaves_shared_variables_alone(native):
    buffer = theano.shared(np.arange(10.0).reshape(5, 2))
    row, old = T.dvector("row"), T.dvector("old")
    op = Scan([row, old], [row + old], {"n_seqs": 1, "n_sit_sot": 1, "tap_array": [[-1]]})
    n, x, y = T.lscalar("n"), T.dmatrix("x"), T.dmatrix("y")
    f = native([n, x, y], [], updates=[(buffer, op(n, x, buffer) + 0 * y)])
    whole = native([n, x], [], updates=[(buffer, op(n, x, buffer))])
    for bad in (lambda: f(4, np.ones((4, 2)), np.ones((2, 2))), lambda: whole(4, np.ones((4, 3)))):
        with pytest.raises(ValueError, match="dimension mismatch"):
            bad()
        assert buffer.get_value().tolist() == np.arange(10.0).reshape(5, 2).tolist()
    whole(4, np.ones((4, 2)))
    assert buffer.get_value()[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_random_streams_stay_in_python(native):
    from theano.tensor.shared_randomstreams import RandomStreams

    stream = RandomStreams(3)
    out, updates = scan(lambda: stream.uniform((2,)), n_steps=3)
    f = native([], out, updates=updates)
    assert loop_steps(f) == ["PerformStep"]
    assert not np.array_equal(f(), f())


def test_failing_step(native):
    @as_op(itypes=[T.dscalar], otypes=[T.dscalar])
    def fail_at_three(value):
        if value == 3:
            raise KeyError("three")
        return value

    x = T.dvector("x")
    out, _ = scan(lambda v: fail_at_three(v), x, name="failing")
    f = native([x], out)
    assert loop_steps(f) == ["CallStep"]
    with pytest.raises(KeyError) as caught:
        f(np.arange(5.0))
    told = str(caught.value)
    for text in ("in step 3 of", "failing", "fail_at_three"):
        assert text in told
    assert f(np.arange(3.0)).tolist() == [0, 1, 2]


def test_operands_that_do_not_fit(native):
    x, s = T.dmatrix("x"), T.dvector("s")
    out, _ = scan(lambda row, s: s + row, x, s)
    f = native([x, s], out)
    with pytest.raises(ValueError, match="dimension mismatch") as caught:
        f(np.ones((3, 2)), np.ones(3))
    assert "in step 0 of" in str(caught.value)
    assert f(np.ones((2, 1)), np.ones(1)).tolist() == [[2], [3]]


def test_shapes_that_change(native):
    n, s = T.lscalar("n"), T.dvector("s")
    lengths = T.lvector("lengths")
    stored, _ = scan(lambda k: T.ones((k,)), lengths)
    f = native([lengths], stored)
    assert loop_steps(f) == ["CallStep"]
    assert f([2, 2]).shape == (2, 2)
    with pytest.raises(ValueError, match=r"step 2 of .*\(3,\).*step 0 gave \(2,\)"):
        f([2, 2, 3])
    grown, _ = scan(lambda s: T.concatenate([s, s]), outputs_info=s, n_steps=n)
    g = native([n, s], grown)
    with pytest.raises(ValueError, match=r"step 0 of .*\(4,\).*initial value has \(2,\)"):
        g(2, np.ones(2))


def test_too_few_rows_and_negative_numbers_of_steps(native):
    x, n = T.dvector("x"), T.lscalar("n")
    out, _ = scan(lambda v: v * 2, x, n_steps=n)
    f = native([x, n], out)
    assert f(np.ones(3), 2).tolist() == [2, 2]
    with pytest.raises(ValueError, match="sequence 0"):
        f(np.ones(3), 4)
    with pytest.raises(IndexError, match="negative"):
        f(np.ones(3), -1)


def test_no_memory(native):
    n = T.lscalar("n")
    op = Scan([], [T.zeros((1000,))], {"n_nit_sot": 1})
    f = native([n], op(n, n))
    assert f(2).shape == (2, 1000)
    with pytest.raises(MemoryError):
        f(1 << 50)


def test_interrupt(native):
    x, n = T.dscalar("x"), T.lscalar("n")
    s = theano.shared(1.0)
    out, _ = scan(lambda p: p * x, outputs_info=T.ones_like(x), n_steps=n)
    op = next(v.owner.op for v in theano.graph.ancestors([out]) if v.owner and isinstance(v.owner.op, Scan))
    total = op(n, T.ones((2,)), x)
    f = native([x, n], total, updates=[(s, total[-1])])
    assert loop_steps(f) == ["CallStep"]
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):
        timer.start()  # in here: on a busy machine it may be heard before the call
        f(1.0, 1 << 40)
    timer.join()
    assert s.get_value() == 1.0
    assert f(2.0, 3).tolist() == [4, 8]


def power_of_number(native):
    """x ** n as a function of x and n, one multiplication a step."""
    x, n, row = T.dscalar("x"), T.lscalar("n"), T.dscalar("row")
    op = Scan([row, x], [row * x], {"n_sit_sot": 1, "tap_array": [[-1]]})
    return native([x, n], op(n, T.ones((2,)), x))


def power_of_matrix(native):
    """What power_of_number does, by steps of a plan."""
    x, n, row = T.dscalar("x"), T.lscalar("n"), T.dmatrix("row")
    op = Scan([row, x], [T.dot(row, row) * x], {"n_sit_sot": 1, "tap_array": [[-1]]})
    return native([x, n], op(n, T.ones((2, 1, 1)), x))


@pytest.mark.parametrize(("power", "steps"), [(power_of_number, 1 << 34), (power_of_matrix, 1 << 28)])
def test_other_threads_run_meanwhile(native, power, steps):
    """The other thread ends a run of many seconds after a few turns of its own, however slow the machine is."""
    f = power(native)
    ended, ended_before = [], []

    def other():
        for _ in range(5):
            time.sleep(0.002)
        ended_before.append(bool(ended))
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=other)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        f(1.0, steps)
        ended.append(True)
        thread.join()
    thread.join()
    assert ended_before == [False]


def test_two_threads_at_once(native):
    f = power_of_number(native)
    results = []
    threads = [threading.Thread(target=lambda k=k: results.append(f(1.0 + k, 4_000_000))) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r[0] for r in results) == [1.0, np.inf]


def test_other_backends_keep_their_step(native):
    x = T.dvector("x")
    out, _ = scan(lambda v: v * 2, x, mode=theano.Mode(linker="py", optimizer=None))
    f = native([x], out)
    assert loop_steps(f) == ["PerformStep"]
    assert f(np.ones(2)).tolist() == [2, 2]
