"""Sums of squares of float32, which are exact in float64 however many there are, and whatever they are."""

import math

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.cpu import threads

pytestmark = pytest.mark.c
rng = np.random.default_rng(11)
LENGTHS = [31, 97, 511, 512, 545, 1000, 16384, 16384 + 511, 16384 + 600, 70001]


def native(inputs, outputs):
    return theano.function(inputs, outputs, mode=Mode(optimizer="fast_run"))


@pytest.fixture(scope="module")
def distance():
    """``sum((x - y)²)`` as a float64: what is added up is rounded to float32 before."""
    x, y = T.fvectors("xy")
    return native([x, y], T.sum((x - y) ** 2, dtype="float64"))


def terms(x, y):
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return (x - y) ** 2


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("scale", [1, 1e-20, 1e-22, 1e-30, 1e19])
def test_terms_of_all_sizes(distance, length, scale):
    """Small terms are subnormal or zero; sums of large ones are beyond float32."""
    x, y = rng.normal(size=(2, length)).astype("float32") * np.float32(scale)
    expected = math.fsum(terms(x, y).astype("float64"))
    np.testing.assert_allclose(distance(x, y), expected, rtol=1e-15)


def test_terms_of_many_sizes(distance):
    for _ in range(20):
        x = (rng.normal(size=5000) * 10.0 ** rng.integers(-24, 19, 5000)).astype("float32")
        y = np.where(rng.random(5000) < 0.3, x, 0).astype("float32")
        np.testing.assert_allclose(distance(x, y), math.fsum(terms(x, y).astype("float64")), rtol=1e-15)


@pytest.mark.parametrize("length", [600, 40000])
@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf, 3e38])
def test_no_number_and_too_large_ones(distance, length, value):
    for at in (0, 1, length // 2, length // 2 + 1, length - 1):
        x, y = rng.normal(size=(2, length)).astype("float32")
        x[at] = value
        np.testing.assert_array_equal(distance(x, y), terms(x, y).astype("float64").sum())


def test_sums_beyond_float32_are_not_taken_for_infinite(distance):
    x = np.full(40000, 1.8e19, "float32")  # the squares are just below the largest float32
    np.testing.assert_allclose(distance(x, x * 0), 40000 * float(x[0] * x[0]), rtol=1e-15)


def test_the_same_bits_as_a_sum_of_the_terms(distance):
    t = T.fvector()
    total = native([t], T.sum(t, dtype="float64"))
    for length in LENGTHS:
        x, y = rng.normal(size=(2, length)).astype("float32")
        assert distance(x, y) == total(terms(x, y))


def test_threads_change_no_bit(distance):
    x, y = rng.normal(size=(2, 300_001)).astype("float32")
    with threads.sharing(1):
        alone = distance(x, y)
    assert distance(x, y) == alone


def test_rows_and_elements_that_do_not_follow_one_another():
    x = T.fmatrix()
    f = native([x], T.sum(x**2, axis=1, dtype="float64"))
    value = rng.normal(size=(40, 3000)).astype("float32")
    expected = [math.fsum(row) for row in terms(value, 0).astype("float64")]
    np.testing.assert_allclose(f(value), expected, rtol=1e-15)
    np.testing.assert_array_equal(f(np.repeat(value, 2, axis=1)[:, ::2]), f(value))
    np.testing.assert_allclose(f(np.asfortranarray(value)), expected, rtol=1e-15)
