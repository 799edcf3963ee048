"""Row programs: guarded labels, empty rows, short rows side by side, and values that do not depend on the way taken."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import nnet

pytestmark = pytest.mark.c
rng = np.random.default_rng(11)


def loss(x, b, y):
    return nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)[0]


@pytest.mark.parametrize("bad", [5, -1, 3, 2**31 - 1])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_labels_outside_the_columns(native, dtype, bad):
    if not np.iinfo(dtype).min <= bad <= np.iinfo(dtype).max:
        bad = min(np.iinfo(dtype).max, 2**63 - 1)
    x, b, y = T.fmatrix("x"), T.fvector("b"), T.vector("y", dtype)
    f = native([x, b, y], loss(x, b, y))
    labels = np.array([0, 1, 2, bad], dtype)
    with pytest.raises(ValueError, match=rf"labels from {min(0, bad)} to {max(2, bad)}, but 3 columns") as caught:
        f(np.zeros((4, 3), "float32"), np.zeros(3, "float32"), labels)
    assert "CrossentropySoftmaxArgmax1HotWithBias" in str(caught.value)
    assert "(4, 3)" in str(caught.value)


def test_labels_too_large_for_any_signed_number(native):
    x, b, y = T.fmatrix("x"), T.fvector("b"), T.vector("y", "uint64")
    f = native([x, b, y], loss(x, b, y))
    with pytest.raises(ValueError, match="labels from 0 to 9223372036854775807, but 3 columns"):
        f(np.zeros((2, 3), "float32"), np.zeros(3, "float32"), np.array([0, 2**64 - 1], "uint64"))


def test_strided_labels_are_checked_where_they_are(native):
    x, b, y = T.fmatrix("x"), T.fvector("b"), T.lvector("y")
    f = native([x, b, y], loss(x, b, y))
    values = np.zeros((4, 3), "float32"), np.zeros(3, "float32")
    spread = np.array([0, 99, 2, 99, 1, 99, 2, 99])
    assert f(*values, spread[::2]).shape == (4,)
    assert f(*values, spread[-2::-2]).shape == (4,)
    with pytest.raises(ValueError, match="labels from 99 to 99"):
        f(*values, spread[1::2])
    assert f(values[0][:0], values[1], spread[:0]).shape == (0,)


@pytest.mark.parametrize("bad", [5, -1])
def test_bad_labels_leave_shared_variables_alone(native, bad):
    w, n = theano.shared(np.ones((4, 3)), "w"), theano.shared(np.array(0), "n")
    x, y = T.dmatrix("x"), T.lvector("y")
    cost = loss(T.dot(x, w), T.zeros((3,)), y).mean()
    step = native([x, y], cost, updates=[(n, n + 1), (w, w - 0.1 * cost)])
    values = rng.random((5, 4))
    with pytest.raises(ValueError, match="but 3 columns"):
        step(values, [0, 1, 2, bad, 0])
    assert n.get_value() == 0
    np.testing.assert_array_equal(w.get_value(), np.ones((4, 3)))
    step(values, [0, 1, 2, 1, 0])
    assert n.get_value() == 1
    assert not np.array_equal(w.get_value(), np.ones((4, 3)))


@pytest.mark.parametrize("op", [nnet.softmax, nnet.logsoftmax])
@pytest.mark.parametrize("shape", [(2, 0), (0, 2), (0, 0)])
def test_elements_that_do_not_exist_need_no_maximum(agree, op, shape):
    x = T.fmatrix("x")
    agree([x], op(x), np.zeros(shape, "float32"))


def test_a_maximum_of_nothing_is_an_error(native):
    x = T.fmatrix("x")
    top = native([x], T.max_and_argmax(x, axis=1))
    for shape in ((2, 0), (0, 0)):
        with pytest.raises(ValueError, match=r"empty|no elements"):
            top(np.zeros(shape, "float32"))


def programs():
    x, b, y, g = T.fmatrix("x"), T.fvector("b"), T.ivector("y"), T.fvector("g")
    nll, sm, top = nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)
    return [x, b, y, g], {
        "softmax": nnet.softmax(x),
        "logsoftmax": nnet.logsoftmax(x),
        "nll": nll,
        "fused_softmax": sm,
        "argmax": top,
        "gradient": nnet.crossentropy_softmax_1hot_with_bias_dx(g, sm, y),
        "picked": nnet.crossentropy_categorical_1hot(nnet.softmax(x), y),
        "sums": T.sum(x, axis=1),
        "maxima": T.max(x, axis=1),
        "positions": T.argmax(x, axis=1),
    }


LAYOUTS = {
    "C": lambda n, k: rng.standard_normal((n, k), "float32"),
    "F": lambda n, k: np.asfortranarray(rng.standard_normal((n, k), "float32")),
    "spread": lambda n, k: rng.standard_normal((2 * n, 3 * k), "float32")[::2, ::3],
    "reversed": lambda n, k: rng.standard_normal((n, k), "float32")[::-1, ::-1],
}


@pytest.mark.parametrize(
    "shape", [(600, 10), (601, 1), (7, 10), (8, 8), (17, 9), (33, 64), (40, 65), (50, 97), (1000, 2)]
)
def test_a_row_has_one_value_however_many_there_are_and_however_they_lie(shape):
    inputs, outputs = programs()
    names = list(outputs)
    native = theano.function(inputs, list(outputs.values()))
    oracle = theano.function(inputs, list(outputs.values()), mode=theano.Mode(linker="py", optimizer=None))
    n, k = shape
    b, y, g = rng.standard_normal(k, "float32"), rng.integers(0, k, n).astype("int32"), rng.random(n, "float32")
    for layout in LAYOUTS.values():
        x = layout(n, k)
        whole = native(x, b, y, g)
        for name, got, expected in zip(names, whole, oracle(x, b, y, g), strict=True):
            np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6, err_msg=name)
        for other in (np.ascontiguousarray(x), np.asfortranarray(x)):
            for name, got, expected in zip(names, native(other, b, y, g), whole, strict=True):
                assert name == "sums" or np.array_equal(got, expected), name
        for part in (slice(0, 3), slice(1, 12), slice(n // 2, n)):
            for name, got, expected in zip(names, native(x[part], b, y[part], g[part]), whole, strict=True):
                assert name == "sums" or np.array_equal(got, expected[part]), name


@pytest.mark.parametrize("shape", [(6, 5, 40), (3, 70, 4), (4, 9, 33)])
def test_rows_along_a_middle_dimension(agree, shape):
    x = T.tensor3("x")
    shifted = T.exp(x - x.max(axis=1, keepdims=True))
    agree([x], [shifted / shifted.sum(axis=1, keepdims=True), T.var(x, axis=1)], rng.random(shape))


def test_numbers_of_a_whole_row_are_computed_once(native):
    x = T.fmatrix("x")
    f = native([x], nnet.logsoftmax(x))
    (step,) = f.plan.steps
    from theano.cpu.lanes import lane_sweeps

    sweeps, accs = lane_sweeps(step.kernel, "V")
    assert len(accs) == len(step.kernel.accs) + 1
    assert [s.targets for s in sweeps if getattr(s, "targets", ((None,),))[0][0] == "acc"] == [
        (("acc", len(accs) - 1),)
    ]


@pytest.mark.parametrize("n", [1, 3, 8, 40])
def test_nan_and_infinities_in_short_rows(agree, n):
    x = T.dmatrix("x")
    values = rng.standard_normal((n, 6))
    values[0, 3] = np.nan
    values[-1] = [-np.inf, np.inf, 0.0, -0.0, 1.0, np.inf]
    with np.errstate(all="ignore"):
        agree([x], [nnet.softmax(x), nnet.logsoftmax(x), *T.max_and_argmax(x, axis=1)], values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [63, 64, 65, 96, 97, 128, 200, 1100])
def test_nan_wins_wherever_it_stands(native, dtype, n):
    x = T.matrix("x", dtype)
    f = native([x], [T.max(x, axis=1), T.min(x, axis=1), T.argmax(x, axis=1)])
    for bad in (np.nan, -np.nan, np.inf, -np.inf):
        values = np.repeat(rng.standard_normal((1, n)), n, axis=0).astype(dtype)
        np.fill_diagonal(values, bad)
        expected = values.max(axis=1), values.min(axis=1), values.argmax(axis=1)
        for got, right in zip(f(values), expected, strict=True):
            np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("shape", [(64, 1), (65, 10), (200, 64), (130, 3), (63, 10)])
def test_positions_of_maxima_of_short_rows(native, dtype, shape):
    x = T.matrix("x", dtype)
    f = native([x], T.max_and_argmax(x, axis=1))
    values = rng.integers(-3, 3, shape).astype(dtype)
    if dtype != "int32":
        values[5, shape[1] // 2 :] = np.nan
        values[7] = -np.inf
    for given in (values, values[::-1], np.asfortranarray(values), values[:, ::-1]):
        top, position = f(given)
        np.testing.assert_array_equal(top, given.max(axis=1))
        np.testing.assert_array_equal(position, given.argmax(axis=1))


def test_float32_is_added_up_in_float64(native):
    x = T.fmatrix("x")
    f = native([x], [T.sum(x, axis=1), T.sum(x, axis=0), T.sum(x * x)])
    for shape in ((3, 5000), (5000, 3), (40, 9), (9, 40), (2, 65)):
        values = rng.random(shape, "float32") + np.float32(1e4)
        wide = values.astype("float64")
        rows, columns, squares = f(values)
        np.testing.assert_array_equal(rows, wide.sum(axis=1).astype("float32"))
        np.testing.assert_array_equal(columns, wide.sum(axis=0).astype("float32"))
        np.testing.assert_allclose(squares, ((values * values).astype("float64")).sum(), rtol=1e-7)


def documented_sum(terms):
    """Of 97 to 16384 terms, a multiple of 32: as fold.c says."""
    parts = np.zeros(32)
    for line in terms.astype("float64").reshape(-1, 32):
        parts = parts + line
    for half in (16, 8, 4, 2, 1):
        parts = parts[:half] + parts[half:]
    return parts[0]


@pytest.mark.parametrize("kind", ["usual", "small", "infinite", "opposite infinities", "zeros"])
def test_terms_of_float32_are_rounded_widened_and_added_in_order(native, kind):
    x, y = T.fvector("x"), T.fvector("y")
    f = native([x, y], [T.sum(v, dtype="float64") for v in (T.sqr(x - y), x * y, x)])
    a, b = rng.standard_normal((2, 4096), "float32")
    if kind == "small":  # products below the smallest normal number
        a, b = a * np.float32(1e-20), b * np.float32(1e-21)
    elif "infinit" in kind:
        a[77] = np.inf
        a[1234] = -np.inf if "opposite" in kind else 1
        b[[77, 1234]] = 2
    elif kind == "zeros":
        a, b = np.zeros(4096, "float32"), -np.abs(b)
    found = np.array(f(a, b))
    with np.errstate(invalid="ignore"):
        expected = np.array([documented_sum(terms) for terms in ((a - b) ** 2, a * b, a)])
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])
