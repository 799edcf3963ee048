"""The drivers behind kernels: shapes, strides, broadcasting, reductions, row programs."""

import itertools
import math

import numpy as np
import pytest

import theano.scalar
import theano.tensor as T
from theano.tensor.elemwise import CAReduce

pytestmark = pytest.mark.c
rng = np.random.default_rng(7)


def largest(x, axis=None):
    """The plain maximum, without positions."""
    return CAReduce(theano.scalar.maximum, axis)(x)


def smallest(x, axis=None):
    """The plain minimum."""
    return CAReduce(theano.scalar.minimum, axis)(x)


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 511, 512, 513, 1000, 1025])
def test_map_of_any_length(agree, n):
    x, y = T.dvectors("x", "y")
    agree([x, y], [x + y * 2, T.exp(x) - y], rng.random(n), rng.random(n))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64", "float32", "float64"])
def test_map_of_any_strides(agree, dtype):
    m, n = T.matrix("m", dtype), T.matrix("n", dtype)
    base = (rng.random((60, 90)) * 50).astype(dtype)
    for a in (base, base[::2, ::3], base[::-1, ::-1], np.asfortranarray(base), base[:, 5:7], base[3:4], base[:0]):
        agree([m, n], m + n, a, a[::-1] if len(a) else a)
        agree([m, n], m + n.T, a, np.ascontiguousarray(a.T))


@pytest.mark.parametrize("shape", [(64, 64), (65, 130), (200, 33), (64, 1000), (1, 70), (128, 64)])
def test_transposed_operand(agree, shape):
    m, n = T.fmatrices("m", "n")
    agree([m, n], m * n.T - m, rng.random(shape, "float32"), rng.random(shape[::-1], "float32"), rtol=1e-6)


@pytest.mark.parametrize("shape", [(3, 4), (4, 70), (300, 3), (2, 600), (1, 1)])
def test_broadcasting(agree, shape):
    m, row, col, s = T.dmatrix("m"), T.drow("row"), T.dcol("col"), T.dscalar("s")
    values = rng.random(shape), rng.random((1, shape[1])), rng.random((shape[0], 1)), np.array(1.5)
    agree([m, row, col, s], [m + row, m * col, row - col, s * row, m + row + col + s], *values)


@pytest.mark.parametrize("shape", [(2, 3, 4, 17), (3, 1, 5, 70), (4, 2, 1, 130), (1, 3, 2, 16), (2, 2, 3, 5)])
def test_rows_under_several_other_dimensions(agree, shape):
    """Each operand goes on and back in its own way where a dimension ends."""
    x = T.tensor4("x", "float64")
    a, b, c = T.tensor3("a"), T.tensor3("b"), T.dmatrix("c")
    i, j, m, n = shape
    values = rng.random(shape), rng.random((i, m, n)), rng.random((j, m, n)), rng.random((i, n))
    whole = [a.dimshuffle(0, "x", 1, 2), b.dimshuffle("x", 0, 1, 2), c.dimshuffle(0, "x", "x", 1)]
    agree([x, a, b, c], [x + whole[0] * whole[1] - whole[2], whole[0] + whole[1], x * whole[2]], *values)
    turned = [values[0].transpose(3, 2, 1, 0).copy().transpose(3, 2, 1, 0), *values[1:]]
    agree([x, a, b, c], x * whole[0] - whole[1] * whole[2], *turned)


@pytest.mark.parametrize("n", [1, 5, 15, 16, 17, 33, 64, 100, 600])
def test_operands_that_stay_along_a_row(agree, n):
    """They are taken one element at a time where rows are long enough; every operand moves along some axis."""
    a, b, c = T.tensor3("a"), T.dmatrix("b"), T.dmatrix("c")
    b3, c3 = b.dimshuffle(0, 1, "x"), c.dimshuffle(0, "x", 1)
    values = rng.random((6, 5, n)), rng.random((6, 5)), rng.random((6, n))
    agree([a, b, c], [a * b3 + c3, T.exp(b3) * c3 - a, b3 - a, b3 * c3], *values)
    agree([a, b, c], a * b3 + c3, np.asfortranarray(values[0]), values[1][:, ::-1], values[2][::-1])
    agree([a, b, c], a * b3 + c3, rng.random((0, 5, n)), rng.random((0, 5)), rng.random((0, n)))
    column = T.dmatrix("column")  # has one column, which its type does not show
    agree([column, b], column - b[:, 0].dimshuffle(0, "x"), rng.random((40, 1)), rng.random((40, 2)))


def test_value_does_not_depend_on_the_length_of_its_row(native):
    m, v = T.dmatrix("m"), T.dvector("v")
    f = native([m, v], T.tanh(v.dimshuffle(0, "x")) * T.sin(m) + T.exp(v.dimshuffle(0, "x")))
    values, factors = rng.random((9, 100)), rng.random(9)
    whole = f(values, factors)
    for stop in (3, 15, 16, 17, 31, 64, 99):
        assert np.array_equal(f(np.ascontiguousarray(values[:, :stop]), factors), whole[:, :stop])


def test_value_does_not_depend_on_position(native):
    """Remainders go through the vector code too: scalar and vector functions differ in the last bit."""
    x = T.dvector("x")
    f = native([x], T.tanh(x) * T.exp(x))
    values = rng.random(100)
    whole = f(values)
    for start in range(17):
        for stop in (start + 1, start + 5, start + 9, 100):
            assert np.array_equal(f(values[start:stop]), whole[start:stop])


@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("reduce", [T.sum, T.prod, T.max, largest, smallest])
def test_reductions_of_any_axes(agree, reduce, axis):
    t = T.dtensor3("t")
    for shape in ((5, 6, 7), (40, 3, 2), (2, 3, 70), (2, 50, 3), (1, 1, 1)):
        value = rng.random(shape) + 0.5
        agree([t], reduce(t, axis=axis), value)
        agree([t], reduce(t * 2 + 1, axis=axis), value[::-1, :, ::-1], rtol=1e-11)
        agree([t], reduce(t.dimshuffle(2, 0, 1), axis=axis), value)


LENGTHS = [1, 5, 8, 9, 31, 33, 96, 97, 100, 127, 256, 300, 1023, 1024, 1025, 1056, 5000, 100_000]


@pytest.mark.parametrize("n", LENGTHS)
def test_sums_of_float32_are_exact_but_for_one_rounding(native, n):
    x, y = T.fvectors("x", "y")
    f = native([x, y], [x.sum(), T.sum(x - y), x.sum(acc_dtype="float64"), T.sum(x - y, acc_dtype="float64")])
    a, b = rng.standard_normal((2, n), "float32")
    for values in ((a, b), (a[::-1], b), (np.repeat(a, 2)[::2], b)):
        x_sum, sum_of_differences, wide, wide_sum = f(*values)
        for terms, short, long in ((values[0], x_sum, wide), (values[0] - values[1], sum_of_differences, wide_sum)):
            exact = math.fsum(terms.astype("float64"))
            assert short == long == np.float32(exact)
    for whole, gathered in zip(f(a, b), f(np.repeat(a, 2)[::2], b), strict=True):
        assert np.array_equal(whole, gathered)  # however the row lies in memory


def test_float32_has_every_addition_in_the_dtype_that_was_asked_for(native):
    x = T.fvector("x")
    f = native(
        [x],
        [x.sum(), x.sum(acc_dtype="float64"), x.sum(acc_dtype="float64", dtype="float64"), x.sum(acc_dtype="float32")],
    )
    value = np.zeros(2000, "float32")
    value[[0, 32, 64]] = 1e8, 1, -1e8  # next to one another in partial sums
    assert [float(v) for v in f(value)] == [1, 1, 1, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", LENGTHS)
def test_sums_are_as_accurate_as_those_of_numpy(native, n, dtype):
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    f = native([x, y], [x.sum(), T.sum(x * y)])
    draws = np.random.default_rng(n)
    ours, numpys = [], []
    for _ in range(200):  # fewer leave the means with too large an error of their own
        a, b = (draws.standard_normal((2, n)) + 0.5).astype(dtype)
        for got, terms in zip(f(a, b), (a, a * b), strict=True):
            exact = math.fsum(terms.astype("float64"))
            ours.append(abs(float(got) - exact))
            numpys.append(abs(float(np.sum(terms)) - exact))
    assert np.mean(ours) <= 1.2 * np.mean(numpys) + np.finfo(dtype).eps * math.sqrt(n)


SPREAD = {
    "every second": lambda x: x[:, :, ::2],
    "backwards": lambda x: x[:, :, ::-1],
    "every second of all": lambda x: x[::2, ::2, ::2],
}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("layout", SPREAD)
def test_sums_of_any_layout_are_as_accurate_as_those_of_numpy(native, layout, order):
    """Whichever axis lies closest in memory is folded first; long chains of additions lose digits."""
    x = SPREAD[layout](np.random.default_rng(3).random((60, 50, 80))).transpose(order)
    v = T.dtensor3("v")
    many = [axes for r in (1, 2, 3) for axes in itertools.combinations(range(3), r)]
    sums = native([v], [v.sum(axis=axes) for axes in many])(x)
    for axes, got in zip(many, sums, strict=True):
        kept = [a for a in range(3) if a not in axes]
        rows = x.transpose([*kept, *axes]).reshape(np.size(got), -1)[:40]
        exact = np.array([math.fsum(row) for row in rows])
        ours, numpys = (np.mean(np.abs(np.ravel(s)[:40] - exact) / exact) for s in (got, x.sum(axis=axes)))
        assert ours <= 1.5 * numpys + np.finfo("float64").eps, axes


@pytest.mark.parametrize("columns", [511, 513, 4095, 4097, 9001])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_columns_that_do_not_lie_together(native, dtype, columns):
    """Stretches of columns are gathered tile by tile."""
    v = T.matrix("v", dtype)
    f = native([v], [v.sum(axis=0), smallest(v, 0), T.sum(v * v, axis=0)])
    whole = np.random.default_rng(6).uniform(-100, 100, (240, 3 * columns)).astype(dtype)
    for x in (whole[:, ::3], whole[:, ::-3], whole[::2, ::3]):
        plain = np.ascontiguousarray(x)
        for got, wanted in zip(f(x), f(plain), strict=True):
            assert np.array_equal(got, wanted)
        assert np.array_equal(f(x)[1], x.min(axis=0))


@pytest.mark.parametrize("n", [0, 1, 7, 40, 97, 1100])
def test_sums_of_negative_zero(native, n):
    x = T.fmatrix("x")
    f = native([x], [x.sum(axis=0), x.sum(axis=1), T.sum(-x, axis=1), T.sum(-x, axis=0), x.sum()])
    value = np.full((n, n), -0.0, "float32")
    expected = [value.sum(0), value.sum(1), (-value).sum(1), (-value).sum(0), value.sum()]
    for got, wanted in zip(f(value), expected, strict=True):
        assert np.array_equal(np.signbit(got), np.signbit(wanted))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(2000, 3), (3, 2000), (300, 20), (20, 300), (1, 50), (50, 1)])
def test_narrow_matrices(agree, shape, axis):
    m = T.dmatrix("m")
    agree([m], [m.sum(axis=axis), m.max(axis=axis), T.exp(m).sum(axis=axis)], rng.random(shape))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_nan_wins_and_comes_first(native, axis):
    m = T.dmatrix("m")
    value = rng.random((7, 150))
    value[2, 145] = value[5, 0] = value[6, 8] = np.nan
    value[6, 40] = np.inf
    ops = ((T.max, np.max), (largest, np.max), (smallest, np.min), (T.argmax, np.argmax))
    for op, expected in ops:
        f = native([m], op(m, axis=axis))
        for v in (value, value.T, -value):
            np.testing.assert_array_equal(f(v), expected(v, axis=axis))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64"])
def test_reductions_of_integers(agree, dtype):
    m = T.matrix("m", dtype)
    value = (rng.random((20, 30)) * 3).astype(dtype)
    agree([m], [T.any(m, axis=0), T.all(m, axis=1), largest(m, axis=0), smallest(m, axis=1)], value)
    agree([m], [T.argmax(m, axis=1), T.sum(m), T.prod(m[:4, :5])], value)


def test_empty_reductions(native):
    m = T.dmatrix("m")
    total, product, maximum, position = (native([m], op(m, axis=0)) for op in (T.sum, T.prod, largest, T.argmax))
    assert total(np.zeros((0, 3))).tolist() == [0, 0, 0]
    assert product(np.zeros((0, 3))).tolist() == [1, 1, 1]
    assert maximum(np.zeros((3, 0))).shape == (0,)
    with pytest.raises(ValueError, match="maximum of no elements"):
        maximum(np.zeros((0, 3)))
    with pytest.raises(ValueError, match="empty sequence"):
        position(np.zeros((0, 3)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (40, 10), (7, 600), (2, 1), (5, 33)])
@pytest.mark.parametrize("op", [T.nnet.softmax, T.nnet.logsoftmax])
def test_row_programs(agree, op, shape):
    m = T.fmatrix("m")
    value = rng.random(shape, "float32") * 20
    agree([m], op(m), value, rtol=1e-5)
    agree([m], op(m), value[::-1, ::-1], rtol=1e-5)
    agree([m], op(m.T), np.ascontiguousarray(value.T), rtol=1e-5)


def test_softmax_does_not_write_past_its_result(native):
    """The last vector of a row runs over into the next row, which must be computed later, and never past the end."""
    m = T.fmatrix("m")
    f = native([m], T.nnet.softmax(m))
    for rows in (1, 2, 3, 17):
        value = rng.random((rows, 5), "float32")
        expected = np.exp(value) / np.exp(value).sum(1, keepdims=True)
        np.testing.assert_allclose(f(value), expected, rtol=1e-5)


def test_argmax_over_several_axes(agree):
    t = T.dtensor3("t")
    agree([t], [*T.max_and_argmax(t, axis=(0, 2)), T.argmax(t)], rng.random((4, 5, 130)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 31, 32, 64, 65, 97, 200, 1056])
def test_extrema_among_infinities_and_nan(native, n, dtype):
    x = T.vector("x", dtype)
    f = native([x], [x.max(), x.min(), T.max(x + 1), T.min(x + 1), T.argmax(x)])
    value = rng.standard_normal(n).astype(dtype)
    for special in ((), (np.inf,), (np.inf, -np.inf), (np.nan,), (-np.nan, np.inf, -np.inf)):
        for place in (0, n // 2, n - len(special)):
            v = value.copy()
            v[max(place, 0) :][: len(special)] = special[: n - max(place, 0)]
            for layout in (v, v[::-1], np.repeat(v, 2)[::2]):
                expected = [layout.max(), layout.min(), (layout + 1).max(), (layout + 1).min(), layout.argmax()]
                for got, wanted in zip(f(layout), expected, strict=True):
                    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(7, 33), (8, 31), (19, 37), (9, 129)])
@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
def test_extrema_of_columns_find_what_stands_anywhere(native, shape, bad, dtype):
    """One special number at each place in turn, among numbers and where infinities of both signs hide it."""
    m = T.matrix("m", dtype)
    f = native([m], [largest(m, axis=0), smallest(m, axis=0)])
    plain = rng.standard_normal(shape).astype(dtype)
    infinite = plain.copy()
    infinite[0], infinite[1] = np.inf, -np.inf
    for place in np.ndindex(shape):
        for value in (plain, infinite):
            special = value.copy()
            special[place] = bad
            for got, wanted in zip(f(special), (special.max(axis=0), special.min(axis=0)), strict=True):
                np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [4, 8, 9, 20])
def test_extrema_of_columns_keep_the_first_zero(native, rows, dtype):
    """The bits of a column depend on nothing but that column: NaN in another one changes the way, not the result."""
    m = T.matrix("m", dtype)
    f = native([m], [largest(m, axis=0), smallest(m, axis=0)])
    value = np.where(rng.random((rows, 40)) < 0.5, -0.0, 0.0).astype(dtype)
    troubled = value.copy()
    troubled[rows // 2, 0] = np.nan
    for given in (value, troubled):
        for got in f(given):
            np.testing.assert_array_equal(np.signbit(got[1:]), np.signbit(value[0, 1:]))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 33), (40, 97), (5, 1100), (1100, 5), (70, 70), (1, 2000)])
def test_folded_expressions_of_every_dtype(agree, shape, dtype):
    m = T.matrix("m", dtype)
    value = rng.integers(-100 if dtype[0] in "if" else 0, 100, shape).astype(dtype)
    twice = m + m
    results = [op(twice, axis=axis) for op in (T.sum, T.max, T.min) for axis in (0, 1, None)]
    agree([m], [*results, T.all(m > -99, axis=1), T.any(m > 98, axis=0)], value)
    agree([m], results, value[::-1, ::-1])
