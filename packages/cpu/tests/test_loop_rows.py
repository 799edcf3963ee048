"""Loops over short rows: all steps as one generated function, with the bits of the plan."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.cpu.calls import loop as calls
from theano.scan_module import scan, until
from theano.scan_module.scan_op import Scan

pytestmark = pytest.mark.c

LENGTHS = (1, 2, 3, 7, 8, 9, 16, 31, 100)


def loops(function):
    """What the runtime was given for each loop."""
    steps = [step for step in function.plan.steps if isinstance(step.node.op, Scan)]
    return [dict(step.params)["object"] for step in steps]


@pytest.fixture
def agrees(native, monkeypatch):
    """`agrees(make, *values)`: graphs from `make()` give one function for all steps, with the bits of the plan.

    The function made; with ``generated=False`` there must be none, and results need only be close to Python's.
    """

    def bits(value):
        return [np.asarray(v).tobytes() for v in (value if isinstance(value, list) else [value])]

    def check(make, *calls_of, generated=True):
        inputs, outputs = make()
        whole = native(inputs, outputs)
        assert [parts.body is not None for parts in loops(whole)] == [generated]
        with monkeypatch.context() as patch:
            patch.setattr(calls, "recurrence_of", lambda op, plan: None)
            by_steps = native(*make())
        assert [parts.body for parts in loops(by_steps)] == [None]
        for values in calls_of:
            expected = by_steps(*values)
            for _ in range(2):
                got = whole(*values)
                assert bits(got) == bits(expected)
        return whole

    return check


def randoms(*shapes, dtype="float64", seed=3):
    rng = np.random.RandomState(seed)
    return [rng.uniform(0.1, 0.9, shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sqr", "sqrt", "exp", "tanh", "sin", "sigmoid", "log1p"])
def test_functions(agrees, dtype, name):
    function = T.nnet.sigmoid if name == "sigmoid" else getattr(T, name)

    def make():
        x, h, w, a = T.matrix("x", dtype), T.vector("h", dtype), T.vector("w", dtype), T.scalar("a", dtype)
        outs, _ = scan(lambda row, h, w, a: [function(row + h) * a - w, h * function(a) + row], x, [h, None], [w, a])
        return [x, h, w, a], outs

    agrees(make, *[randoms((5, n), n, n, (), dtype=dtype) for n in LENGTHS])


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_several_states_sequences_and_taps(agrees, steps):
    def make():
        x, y, first, s = T.dmatrix("x"), T.dvector("y"), T.dmatrix("first"), T.dscalar("s")

        def step(x0, x2, y, a3, a1, b, s):
            a = a3 * x0 - a1 / (1 + x2) + y * s
            return [a, T.maximum(b, a1) + s, s * y, T.gt(a, b)]

        infos = [{"initial": first, "taps": [-3, -1]}, T.zeros_like(first[0]), s, None]
        outs, _ = scan(step, [{"input": x, "taps": [0, 2]}, y], infos)
        return [x, y, first, s], [*outs, outs[0][-1], outs[1][::-1]]

    agrees(make, *[randoms((steps + 2, n), steps, (3, n), ()) for n in (1, 3, 8, 21)])


@pytest.mark.parametrize("given", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_rings_of_any_length(native, length, given):
    """The op itself, with buffers too short to write rows without reading them first."""
    row, old, new = T.dvector("row"), T.dvector("old"), T.dvector("new")
    info = {"n_seqs": 1, "n_mit_sot": 1, "tap_array": [[-2, -1]], "n_nit_sot": 1}
    op = Scan([row, old, new], [T.exp(old - new) + row, old * row], info)
    x, buffer, n = T.dmatrix("x"), T.dmatrix("buffer"), T.lscalar("n")
    outs = op(n, x, buffer, 2, return_list=True)
    f = native([n, x, buffer], outs)
    assert loops(f)[0].body is not None
    oracle = theano.function([n, x, buffer], outs, mode=theano.Mode(linker="py", optimizer=None))
    values = length, *randoms((5, 11), (given, 11))
    for got, expected in zip(f(*values), oracle(*values), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_rows_that_are_added_to(native):
    """mit_mot: rows of a given buffer are read and written over, as derivatives do."""
    row, here, ahead = T.dvector("row"), T.dvector("here"), T.dvector("ahead")
    info = {"n_seqs": 1, "n_mit_mot": 1, "tap_array": [[0, 1]], "mit_mot_out_slices": [[0, 1]]}
    op = Scan([row, here, ahead], [here + row, ahead + T.tanh(here) * row], info)
    n, x, buffer = T.lscalar("n"), T.dmatrix("x"), T.dmatrix("buffer")
    values = 4, *randoms((5, 9), (5, 9))
    for outs in (op(n, x, buffer, return_list=True), op(n, x, buffer + 1, return_list=True)):
        f = native([n, x, buffer], outs)
        assert loops(f)[0].body is not None
        oracle = theano.function([n, x, buffer], outs, mode=theano.Mode(linker="py", optimizer=None))
        for _ in range(2):
            for got, expected in zip(f(*values), oracle(*values), strict=True):
                np.testing.assert_allclose(got, expected, rtol=1e-13)


@pytest.mark.parametrize("top", [-1.0, 2.0, 99.0])
def test_until(agrees, top):
    def make():
        x, s, v = T.dmatrix("x"), T.dscalar("s"), T.dvector("v")
        step = lambda row, s, v: ([s + 1, v * 0.5 + row], until(s > top))  # noqa: E731
        outs, _ = scan(step, x, [s, v])
        return [x, s, v], outs

    agrees(make, *[randoms((9, n), (), n) for n in (1, 5, 16)])


@pytest.mark.parametrize("dtypes", [("int8", "int8"), ("bool", "uint8"), ("int64", "int64"), ("uint16", "float32")])
def test_dtypes(agrees, dtypes):
    given, result = dtypes

    def make():
        x, h = T.matrix("x", given), T.vector("h", result)
        outs, _ = scan(lambda row, h: [T.cast(T.switch(T.eq(row, 1), h, row), result), T.eq(row, 1)], x, [h, None])
        return [x, h], outs

    values = (np.arange(60).reshape(4, 15) % 3).astype(given), np.arange(15).astype(result)
    agrees(make, values)


def test_mixed_floats(agrees):
    def make():
        x, h = T.fmatrix("x"), T.dvector("h")
        outs, _ = scan(lambda row, h: [T.tanh(h + row), T.exp(row) * 2], x, [h, None])
        return [x, h], outs

    for n in (3, 16, 19):
        agrees(make, (randoms((4, n), dtype="float32")[0], randoms(n)[0]))


def test_matrices_of_one_shape(agrees):
    def make():
        x, h = T.tensor3("x", "float64"), T.dmatrix("h")
        out, _ = scan(lambda row, h: T.tanh(h) * row, x, h)
        return [x, h], out

    agrees(make, randoms((4, 3, 5), (3, 5)), randoms((2, 1, 1), (1, 1)))


@pytest.mark.parametrize("cut", [np.s_[:, ::2], np.s_[:, ::-1], np.s_[::-1], np.s_[::2]])
def test_rows_that_are_not_contiguous(agrees, cut):
    def make():
        x, h, w = T.dmatrix("x"), T.dvector("h"), T.dvector("w")
        out, _ = scan(lambda row, h, w: T.exp(-h) * row + w, x, h, w)
        return [x, h, w], out

    x, w = randoms((8, 8), 16)
    x = x[cut]
    agrees(make, (x, x[0], w[::2][: x.shape[1]]), (x, x[0], w[: x.shape[1]].copy()))


def test_long_rows_go_step_by_step(agrees):
    def make():
        x, h = T.dmatrix("x"), T.dvector("h")
        out, _ = scan(lambda row, h: T.exp(-h) * row, x, h)
        return [x, h], out

    agrees(make, randoms((3, 5000), 5000), randoms((3, 4096), 4096))


def test_lengths_that_differ_are_an_error(native):
    x, h = T.dmatrix("x"), T.dvector("h")
    out, _ = scan(lambda row, h: h + row, x, h)
    f = native([x, h], out)
    assert loops(f)[0].body is not None
    for shape, length in (((3, 2), 3), ((3, 1), 3), ((3, 3), 1), ((3, 0), 3)):
        with pytest.raises(ValueError, match=r"dimension mismatch(.|\n)*in step 0 of"):
            f(np.ones(shape), np.ones(length))
    assert f(np.ones((2, 0)), np.ones(0)).shape == (2, 0)
    assert f(np.ones((2, 3)), np.ones(3)).tolist() == [[2] * 3, [3] * 3]


def lorenz(s, dt):
    x, y, z = s[0], s[1], s[-1]
    return s + dt * T.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def test_vectors_put_together_of_numbers(agrees):
    def make():
        s, dt = T.dvector("s"), T.dscalar("dt")
        out, _ = scan(lorenz, outputs_info=s, non_sequences=dt, n_steps=50)
        return [s, dt], [out, out[-1]]

    f = agrees(make, (np.ones(3), 0.01))
    s = np.ones(3)
    for _ in range(50):
        x, y, z = s
        s = s + 0.01 * np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
    np.testing.assert_allclose(f(np.ones(3), 0.01)[1], s, rtol=1e-12)
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(np.ones(4), 0.01)
    with pytest.raises(IndexError, match="in step 0 of"):
        f(np.ones(1), 0.01)


def test_spread_vectors_with_taps_constants_and_a_condition(agrees):
    def make():
        x, first, w = T.dmatrix("x"), T.dmatrix("first"), T.dvector("w")

        def step(row, old, new, w):
            turned = T.stack([-new[1], new[0]])
            value = turned * w + T.exp(-row) + old * np.array([0.25, 0.5])
            return [value, T.concatenate([value, turned * 2]), value[0]], until(value[1] > 3)

        outs, _ = scan(step, x, [{"initial": first, "taps": [-2, -1]}, None, None], w)
        return [x, first, w], outs

    agrees(make, randoms((6, 2), (2, 2), 2), (np.ones((9, 2)), np.ones((2, 2)), np.array([2.0, 4.0])))


def test_a_vector_of_one_number(agrees):
    def make():
        x, s = T.dmatrix("x"), T.dvector("s")
        out, _ = scan(lambda row, s: T.unbroadcast(T.stack([row[0] * 2]), 0) + s, x, s)
        return [x, s], out

    agrees(make, randoms((4, 1), 1))


@pytest.mark.parametrize("step", [
    lambda row, h: h + row[0] * row.shape[0],
    lambda row, h: h + row.sum(),
    lambda row, h: h[::-1] + row,
    lambda row, h: h.dot(row) + h,
    lambda row, h: T.stack([row[T.cast(h[0], "int64")], row[1], row[2]]) + h,
    lambda row, h: T.stack([row[0], row[1], T.gammaln(row[2])])[:2].sum() + h,
], ids=["shape", "sum", "turned", "product", "element chosen by a value", "slice"])  # fmt: skip
def test_other_steps_stay_plans(agrees, step):
    def make():
        x, h = T.dmatrix("x"), T.dvector("h")
        out, _ = scan(step, x, h)
        return [x, h], out

    agrees(make, randoms((4, 3), 3), generated=False)


def test_functions_without_vectors(agrees):
    def make(function):
        x, h = T.dmatrix("x"), T.dvector("h")
        out, _ = scan(lambda row, h: function(row) + h, x, h)
        return [x, h], out

    agrees(lambda: make(lambda v: T.gammaln(v) % 0.3), randoms((4, 11), 11))
    agrees(lambda: make(lambda v: T.gammaln(v) * T.exp(v)), randoms((4, 11), 11), generated=False)


def test_casts_to_integers_and_back(agrees):
    """A compiler takes these for a truncation, which they are not for -0.5, NaN and 1e30."""

    def make():
        x, h, a, s = T.dmatrix("x"), T.dvector("h"), T.dscalar("a"), T.dscalar("s")
        there_and_back = lambda v: T.cast(T.cast(v, "int64"), "float64")  # noqa: E731
        step = lambda row, h, s, a: [there_and_back(row) + h * 0, there_and_back(a * s)]  # noqa: E731
        outs, _ = scan(step, x, [h, s], a)
        return [x, h, a, s], outs

    with np.errstate(invalid="ignore"):
        values = np.array([[-0.5, 1e30, np.nan, 2.5, -7.9]])
        f = agrees(make, *[(np.repeat(values, n, 1), np.full(5 * n, -0.0), -0.5, 1.0) for n in (1, 2, 4)])
    result = f(values, np.full(5, -0.0), -0.5, 1.0)
    assert not np.signbit(result[0][0, 0])
    assert not np.signbit(result[1][0])


def test_numbers_go_there_and_back_too(agrees):
    def make():
        x, s = T.dvector("x"), T.dscalar("s")
        out, _ = scan(lambda v, s: T.cast(T.cast(v, "int64"), "float64") + s * 0, x, s)
        return [x, s], out

    agrees(make, (np.array([-0.5, 2.5, 1e30, -3.2]), -0.0))


def test_interrupt_and_other_threads(native):
    import signal
    import threading

    h, n = T.dvector("h"), T.lscalar("n")
    s = theano.shared(np.ones(3))
    row, fixed = T.dvector("row"), T.dvector("fixed")
    op = Scan([row, fixed], [row * fixed], {"n_sit_sot": 1, "tap_array": [[-1]]})
    total = op(n, T.stack([h, h]), h)
    f = native([h, n], total, updates=[(s, total[-1])])
    assert loops(f)[0].body is not None
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):
        timer.start()  # in here: on a busy machine it may be heard before the call
        f(np.ones(1000), 1 << 40)
    timer.join()
    assert s.get_value().tolist() == [1, 1, 1]
    assert f(np.full(2, 2.0), 3).tolist() == [[8, 8], [16, 16]]


SHORT = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16)


def layouts(w):
    """The same matrix as it may lie in memory."""
    spread = np.zeros((2 * len(w), 2 * len(w)), w.dtype)
    spread[::-2, ::2] = w
    return [w, np.asfortranarray(w), spread[::-2, ::2]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [False, True])
def test_products_with_a_matrix(agrees, width, dtype, turned):
    def make():
        h, w = T.vector("h", dtype), T.matrix("w", dtype)
        k = np.array(0.01, dtype)
        product = (lambda h, w: T.dot(h, w)) if turned else (lambda h, w: T.dot(w, h))
        step = lambda h, w: h + k * (T.tanh(product(h, w)) - h)  # noqa: E731
        out, _ = scan(step, outputs_info=h, non_sequences=w, n_steps=20)
        return [h, w], [out, out[-1]]

    square = [randoms(n, (n, n), dtype=dtype) for n in (*SHORT, 17, 40)]
    agrees(make, *[(h, w) for h, w0 in square for w in layouts(w0)], randoms(0, (0, 0), dtype=dtype))


def test_products_of_many_steps(agrees):
    def make():
        h, w, n = T.dvector("h"), T.dmatrix("w"), T.lscalar("n")
        out, _ = scan(lambda h, w: T.tanh(T.dot(w, h)), outputs_info=h, non_sequences=w, n_steps=n)
        return [h, w, n], [out, out[-1]]

    agrees(make, *[(*randoms(n, (n, n)), steps) for n in (3, 16) for steps in (1, 2, 4096, 10000)])


@pytest.mark.parametrize("n", [2, 3, 4, 8, 11])
def test_products_keep_special_values(agrees, width, n):
    """No element but those that are multiplied may show, nor may zeros lose their sign or get one."""

    def make():
        x, h, w = T.dmatrix("x"), T.dvector("h"), T.dmatrix("w")
        outs, _ = scan(lambda row, h, w: [T.dot(w, h) + row, T.dot(row, w)], x, [h, None], [w])
        return [x, h, w], outs

    values = []
    for special in (np.inf, -np.inf, np.nan, -0.0, 0.0):
        for place in (0, n - 1):
            x, h, w = randoms((4, n), n, (n, n))
            x[:] = -0.0
            h[:] = -0.0
            h[place] = special
            w[:, n // 2] *= -1
            values += [(x, h, w), (x[:1], h, np.zeros((n, n)))]
    agrees(make, *values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_products(agrees, dtype):
    def make():
        x, y, h, g = T.matrix("x", dtype), T.vector("y", dtype), T.vector("h", dtype), T.vector("g", dtype)
        v, w, b = T.matrix("v", dtype), T.matrix("w", dtype), T.vector("b", dtype)

        def step(row, next_row, y, h, g, v, w, b):
            inner = T.nnet.sigmoid(T.dot(w, h) + row + b)
            outer = T.dot(v, inner * next_row)
            return [outer * y + inner, T.dot(outer, w), T.exp(-h), inner - h, T.sqr(y)]

        outs, _ = scan(step, [{"input": x, "taps": [0, 1]}, y], [h, g, None, None, None], [v, w, b])
        return [x, y, h, g, v, w, b], [*outs, outs[0][-1]]

    shapes = lambda n: [(7, n), 6, n, n, (n, n), (n, n), n]  # noqa: E731
    agrees(make, *[randoms(*shapes(n), dtype=dtype) for n in SHORT])


def test_products_beside_taps_numbers_and_other_dtypes(agrees):
    def make():
        x, first, s, k = T.fmatrix("x"), T.dmatrix("first"), T.dscalar("s"), T.lvector("k")
        w = T.dmatrix("w")

        def step(row, h3, h1, s, k, w):
            new = T.tanh(T.dot(w, h1 - h3) * s) + row
            return [new, s * 0.5, T.gt(new, h1), k + T.cast(new, "int64")], until(s < 0.01)

        outs, _ = scan(step, x, [{"initial": first, "taps": [-3, -1]}, s, None, None], [k, w])
        return [x, first, s, k, w], outs

    def values(n):
        x, first, w = randoms((9, n), (3, n), (n, n))
        return x.astype("float32"), first, 1.0, np.arange(n), w

    agrees(make, *[values(n) for n in SHORT])


def test_products_whose_matrix_moves_go_step_by_step(agrees):
    def make():
        w, h = T.dtensor3("w"), T.dvector("h")
        out, _ = scan(lambda w, h: T.tanh(T.dot(w, h)), w, h)
        return [w, h], out

    agrees(make, randoms((4, 3, 3), 3), generated=False)


def test_products_of_other_lengths_are_an_error(native):
    h, w = T.dvector("h"), T.dmatrix("w")
    out, _ = scan(lambda h, w: T.tanh(T.dot(w, h)), outputs_info=h, non_sequences=w, n_steps=3)
    f = native([h, w], out)
    assert loops(f)[0].body is not None
    for shape in ((3, 2), (2, 3), (4, 4), (0, 3), (3, 0)):
        with pytest.raises(ValueError, match="step 0 of"):
            f(np.ones(3), np.ones(shape))
    np.testing.assert_allclose(f(np.ones(2), np.eye(2))[0], np.tanh(np.ones(2)))
