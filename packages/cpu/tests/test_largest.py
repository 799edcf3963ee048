"""Largest and smallest elements of rows and columns: NaN wins, and zeros have the same sign on every machine."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(12)

SHAPES = [(8, 1), (8, 33), (9, 130), (16, 64), (24, 257), (31, 96), (40, 97), (100, 160), (130, 1029)]


def extremes(native, dtype):
    x = T.matrix("x", dtype)
    return native([x], [op(x, axis=axis) for op in (T.max, T.min) for axis in (0, 1)])


def numpys(values):
    return [op(values, axis=axis) for op in (np.max, np.min) for axis in (0, 1)]


def check(f, values):
    for found, expected in zip(f(values), numpys(values), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_are_numpys(native, width, dtype, shape):
    f = extremes(native, dtype)
    for values in (rng.standard_normal(shape), -np.abs(rng.standard_normal(shape)), np.full(shape, -np.inf)):
        check(f, values.astype(dtype))
        check(f, values.astype(dtype)[::-1, ::-1])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nan_wins_wherever_it_is(native, width, dtype, shape):
    f = extremes(native, dtype)
    values = rng.standard_normal(shape).astype(dtype)
    places = {0, 1, values.size // 2, values.size - shape[1], values.size - 2, values.size - 1}
    for place in places | set(rng.integers(0, values.size, 20).tolist()):
        other = values.copy()
        other.flat[place] = np.nan
        other.flat[rng.integers(0, values.size, 2)] = np.inf, -np.inf
        check(f, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_signs_of_zeros_do_not_depend_on_the_vectors(native, dtype):
    from theano.cpu import _runtime

    f = extremes(native, dtype)
    for shape in SHAPES:
        values = np.where(rng.random(shape) < 0.5, 0.0, -0.0).astype(dtype)
        signs = []
        for most in (2, 1, 0):
            before = _runtime.lib.rt_limit_vectors(most)
            try:
                signs.append([np.signbit(found) for found in f(values)])
            finally:
                _runtime.lib.rt_limit_vectors(before)
        for other in signs[1:]:
            for found, expected in zip(other, signs[0], strict=True):
                np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(signs[0][0], np.signbit(values[0]))  # the first of equal elements
