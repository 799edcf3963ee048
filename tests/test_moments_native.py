"""Mean and variance of all elements with one walk through memory: as exact as two, with the same special values."""

from fractions import Fraction

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.cpu import threads
from theano.tensor.fused import Fused

pytestmark = pytest.mark.c
rng = np.random.default_rng(5)
LENGTHS = [1, 2, 31, 32, 33, 96, 97, 511, 512, 513, 5000, 16384, 16385, 70001]


def native(inputs, outputs):
    return theano.function(inputs, outputs, mode=Mode(optimizer="fast_run"))


def both(dtype, ndim=1):
    x = T.TensorType(dtype, (False,) * ndim)("x")
    function = native([x], [x.mean(), x.var()])
    assert sum(isinstance(node.op, Fused) for node in function.maker.fgraph.apply_nodes) == 1
    return function


def exact(x):
    values = [Fraction(float(v)) for v in x.ravel()]
    mean = sum(values) / len(values)
    return float(mean), float(sum((v - mean) ** 2 for v in values) / len(values))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", LENGTHS)
def test_values(length, dtype):
    x = rng.normal(3, 2, length).astype(dtype)
    mean, var = both(dtype)(x)
    tolerance = {"rtol": 3e-7 if dtype == "float32" else 3e-15}
    np.testing.assert_allclose([mean, var], exact(x), **tolerance)


@pytest.mark.parametrize("offset", [0, 1e8, -1e12])
def test_no_less_exact_than_two_walks(offset):
    """The second walk would find the deviations from the mean as the first has rounded it."""
    f = both("float64")
    for length in (300, 1000, 5000, 20000):
        for _ in range(5):
            x = rng.normal(offset, 1, length)
            mean, var = f(x)
            deviations = [Fraction(float(v)) - Fraction(float(mean)) for v in x]
            np.testing.assert_allclose(var, float(sum(d * d for d in deviations) / length), rtol=1e-15)


@pytest.mark.parametrize("offset", [1e3, 1e6, 1e7])
def test_narrow_numbers_far_from_zero(offset):
    x = rng.normal(offset, 1, 40000).astype("float32")
    assert abs(both("float32")(x)[1] / exact(x)[1] - 1) < max(1e-6, (offset * 2.0**-24) ** 2)


def test_trends_and_outliers():
    f = both("float64")
    for x in (np.arange(30000.0), np.r_[1e10, np.ones(9000)], np.repeat([1e9, -1e9, 3.0], 3000)):
        np.testing.assert_allclose(f(x), exact(x), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [10, 500, 2000, 40000])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_special_values_are_those_of_numpy(dtype, length, value):
    f = both(dtype)
    for at in (0, length // 2, length - 1):
        x = rng.normal(size=length).astype(dtype)
        x[at] = value
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(f(x), [x.mean(), x.var()])
    x[0] = -value
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(f(x), [x.mean(), x.var()])


@pytest.mark.parametrize("length", [10, 5000])
def test_overflow(length):
    f = both("float64")
    for x in (np.full(length, 1e308), np.linspace(-1e300, 1e300, length), rng.normal(size=length) * 1e200):
        with np.errstate(over="ignore", invalid="ignore"):
            assert f(x)[1] == x.var() == np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_elements_do_not_vary(dtype):
    mean, var = both(dtype)(np.full(3000, 0.5, dtype))
    assert (mean, var) == (0.5, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sum_has_the_bits_of_a_sum_alone(dtype):
    x = T.vector("x", dtype)
    f, alone = both(dtype), native([x], x.mean())
    for length in LENGTHS:
        value = rng.normal(size=length).astype(dtype)
        assert f(value)[0] == alone(value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elements_that_do_not_follow_one_another(dtype):
    f = both(dtype, 2)
    for x in (rng.normal(size=(400, 300)), rng.normal(size=(7, 9)), rng.normal(size=(30, 40000))):
        value = np.repeat(x.astype(dtype), 2, axis=1)[:, ::2]
        assert not value.flags.c_contiguous
        np.testing.assert_array_equal(f(value), f(np.ascontiguousarray(value)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_change_no_bit(dtype):
    f, x = both(dtype), rng.normal(5, 1, 300_001).astype(dtype)
    with threads.sharing(1):
        alone = f(x)
    for count in (2, 3):
        with threads.sharing(count, 0):
            np.testing.assert_array_equal(f(x), alone)


def test_nothing():
    x = T.dvector("x")
    f = native([x], [x.sum(), T.sqr(x - x.sum()).sum()])
    assert [float(v) for v in f(np.zeros(0))] == [0, 0]


def test_deviations_from_anything():
    x, m = T.dvector("x"), T.dscalar("m")
    f = native([x, m], [x.sum(), T.sqr(m - x).sum()])
    value = rng.normal(size=3000)
    for about in (0.0, 1e6, np.nan, np.inf):
        np.testing.assert_allclose(f(value, about), [value.sum(), ((about - value) ** 2).sum()], rtol=1e-13)
