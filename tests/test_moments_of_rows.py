"""Mean and variance of many rows with one walk over each: exactness, special values, and one value for equal rows."""

from fractions import Fraction

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.cpu import threads
from theano.tensor.fused import Fused

pytestmark = pytest.mark.c
rng = np.random.default_rng(6)
LENGTHS = [1, 31, 64, 96, 97, 127, 128, 257, 1000, 1024, 4096, 4097, 16385]


def native(inputs, outputs):
    return theano.function(inputs, outputs, mode=Mode(optimizer="fast_run"))


def moments(dtype):
    x = T.matrix("x", dtype)
    function = native([x], [x.mean(axis=1), x.var(axis=1)])
    assert sum(isinstance(node.op, Fused) for node in function.maker.fgraph.apply_nodes) == 1
    return function


def layer_norm():
    x, scale, shift = T.fmatrix("x"), T.fvector("scale"), T.fvector("shift")
    centred = x - x.mean(axis=1, keepdims=True)
    variance = T.sqr(centred).mean(axis=1, keepdims=True)
    return native([x, scale, shift], centred / T.sqrt(variance + np.float32(1e-5)) * scale + shift)


def exact(row):
    values = [Fraction(float(v)) for v in row]
    mean = sum(values) / len(values)
    return float(mean), float(sum((v - mean) ** 2 for v in values) / len(values))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", LENGTHS)
def test_values(length, dtype):
    x = rng.normal(3, 2, (11, length)).astype(dtype)
    mean, var = moments(dtype)(x)
    expected = np.array([exact(row) for row in x])
    rtol = 3e-7 if dtype == "float32" else 3e-15
    np.testing.assert_allclose(mean, expected[:, 0], rtol=rtol)
    np.testing.assert_allclose(var, expected[:, 1], rtol=rtol)


@pytest.mark.parametrize("offset", [30, 100, 1e4, 1e6])
def test_narrow_rows_far_from_zero(offset):
    """Squares around zero cancel; the rest has to be as good as NumPy's, whose mean is rounded too."""
    x = rng.normal(offset, 1, (20, 700)).astype("float32")
    expected = np.array([exact(row)[1] for row in x])
    rtol = max(1e-6, (offset * 2.0**-24) ** 2)
    np.testing.assert_allclose(moments("float32")(x)[1], expected, rtol=rtol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [50, 64, 97, 300, 1024, 5000])
def test_a_row_has_one_value_however_many_there_are(length, dtype):
    f, x = moments(dtype), rng.normal(1, 1, (70, length)).astype(dtype)
    mean, var = f(x)
    for rows in (slice(0, 1), slice(3, 5), slice(2, 17), slice(40, 70)):
        for got, expected in zip(f(x[rows]), (mean, var), strict=True):
            np.testing.assert_array_equal(got, expected[rows])
    spread = np.repeat(x, 2, axis=1)[:, ::2]
    shifted = np.empty(x.size + 1, dtype)[1:].reshape(x.shape)
    shifted[...] = x
    for other in (spread, x[::-1][::-1], shifted, np.repeat(x, 3, axis=0)[::3]):
        for got, expected in zip(f(other), (mean, var), strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 200_001), (500, 1000), (999, 130)])
def test_threads_change_no_bit(shape, dtype):
    f, x = moments(dtype), rng.normal(5, 1, shape).astype(dtype)
    with threads.sharing(1):
        alone = f(x)
    for count in (2, 3):
        with threads.sharing(count, 0):
            for got, expected in zip(f(x), alone, strict=True):
                np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("length", [97, 300, 1024])
def test_the_sum_has_the_bits_of_a_sum_alone(length):
    x = T.fmatrix("x")
    value = rng.normal(size=(20, length)).astype("float32")
    alone = native([x], x.sum(axis=1, acc_dtype="float64", dtype="float64"))(value)
    beside = native([x], [x.sum(axis=1, acc_dtype="float64", dtype="float64"), x.var(axis=1)])(value)[0]
    np.testing.assert_array_equal(alone, beside)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [90, 500, 5000])
def test_special_values_stay_in_their_row(length, dtype):
    f, x = moments(dtype), rng.normal(size=(12, length)).astype(dtype)
    for row, (at, value) in enumerate([(0, np.nan), (length // 2, np.inf), (length - 1, -np.inf)]):
        x[3 * row, at] = value
    x[10, :2] = np.inf, -np.inf
    x[11] = 0.5
    with np.errstate(invalid="ignore"):
        mean, var = x.mean(axis=1), x.var(axis=1)
    got = f(x)
    tolerance = {"rtol": 1e-4 if dtype == "float32" else 1e-11, "atol": 1e-6 if dtype == "float32" else 1e-14}
    np.testing.assert_allclose(got[0], mean, **tolerance)
    np.testing.assert_allclose(got[1], var, **tolerance)
    assert got[1][11] == 0


def test_deviations_that_overflow():
    x = np.zeros((9, 200), "float32")
    x[4, ::2], x[4, 1::2] = 3e38, -3e38
    mean, var = moments("float32")(x)
    assert var[4] == np.inf
    np.testing.assert_array_equal(np.delete(var, 4), 0)
    np.testing.assert_array_equal(mean, 0)


@pytest.mark.parametrize("shape", [(1, 700), (40, 7), (40, 64), (9, 97), (33, 512), (600, 1023), (8, 4096), (9, 5001)])
def test_layer_norm(shape):
    x = rng.normal(2, 3, shape).astype("float32")
    scale, shift = rng.normal(size=(2, shape[1])).astype("float32")
    got, wide = layer_norm()(x, scale, shift), x.astype("float64")
    centred = wide - wide.mean(axis=1, keepdims=True)
    expected = centred / np.sqrt(wide.var(axis=1, keepdims=True) + 1e-5) * scale + shift
    assert got.dtype == "float32"
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=3e-6)


def test_a_row_of_layer_norm_does_not_depend_on_the_others():
    f = layer_norm()
    for length in (60, 300, 1024, 1030):
        x = rng.normal(size=(40, length)).astype("float32")
        scale, shift = rng.normal(size=(2, length)).astype("float32")
        whole = f(x, scale, shift)
        for rows in (slice(0, 1), slice(1, 9), slice(7, 40)):
            np.testing.assert_array_equal(f(x[rows], scale, shift), whole[rows])
        backwards = f(x, scale[::-1].copy()[::-1], shift)
        np.testing.assert_array_equal(backwards, whole)
