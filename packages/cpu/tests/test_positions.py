"""Positions of maxima of rows that are searched by blocks."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(77)
DTYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
SPAN = 254 * 256
"""Elements after which a search begins anew, in first.c."""


@pytest.fixture
def search(native):
    """Compares with NumPy: maxima with positions, and positions alone."""

    def functions(dtype):
        x = T.matrix("x", dtype)
        return native([x], [*T.max_and_argmax(x, axis=1)]), native([x], T.argmax(x, axis=1))

    built = {}

    def check(values):
        both, alone = built.setdefault(values.dtype, functions(str(values.dtype)))
        top, position = both(values)
        np.testing.assert_array_equal(position, values.argmax(axis=1))
        np.testing.assert_array_equal(top, values.max(axis=1))
        np.testing.assert_array_equal(alone(values), position)
        assert top.dtype == values.dtype

    return check


def shifted(values, skip):
    """The same values, `skip` elements behind a whole cache line."""
    room = np.empty(values.size + 128, values.dtype)
    start = -room.ctypes.data % 64 // values.itemsize + skip
    result = room[start : start + values.size].reshape(values.shape)
    result[...] = values
    return result


def extremes(dtype):
    """Smallest and largest number of the dtype."""
    if dtype == "bool":
        return False, True
    return (-np.inf, np.inf) if dtype[0] == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [255, 256, 257, 319, 320, 511, 513, 1023, 1024])
def test_a_maximum_is_found_wherever_it_stands(search, dtype, n):
    low, high = extremes(dtype)
    for skip in (0, 1, 7):
        values = shifted(np.full((n, n), low, dtype), skip)
        search(values)  # all the same: the first
        np.fill_diagonal(values, high)
        search(values)
        values[:, n // 2 :] = high  # ties: the first of many
        search(values)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [256, 700, 1024, 2001])
def test_ties_across_blocks(search, dtype, n):
    low, high = extremes(dtype)
    bounds = (max(low, -100), min(high, 100)) if dtype != "bool" else (0, 2)
    for skip in range(0, 64 // np.dtype(dtype).itemsize, 3):
        search(shifted(rng.integers(*bounds, (20, n)).astype(dtype), skip))
        search(shifted((rng.random((20, n)) > 0.99).astype(dtype), skip))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [5, 31, 65, 97, 255, 256, 257, 600])
@pytest.mark.parametrize("bad", [np.nan, -np.nan])
def test_the_first_nan_wins_at_every_position(search, dtype, n, bad):
    for filled in (0.0, np.inf, -np.inf):
        values = np.full((n, n), filled, dtype)
        values[:, ::7] = -3
        values[:, -1] = np.nan
        np.fill_diagonal(values, bad)
        search(values)
        search(shifted(values, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_of_both_signs_and_infinities_of_both_signs(search, dtype):
    values = -np.abs(rng.standard_normal((300, 600))).astype(dtype)
    rows = np.arange(300)
    values[rows, rows] = -0.0
    values[rows, rows + 300] = 0.0
    search(values)
    values[:, 5] = -np.inf
    search(values)
    values[rows, 599 - rows] = np.inf
    search(values)
    search(-values)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("n", [SPAN, SPAN + 1, SPAN + 255, SPAN + 256, 2 * SPAN + 100])
def test_rows_longer_than_a_search(search, dtype, n):
    values = np.zeros((9, n), dtype)
    for row, place in enumerate((0, SPAN - 1, SPAN - 100, n - 1, n - 2, n // 2, n - 255, SPAN // 2)):
        values[row, place:] = 1
        values[row, place] = 2
    search(values)
    values[:, n - 3] = 2
    search(shifted(values, 1))
    if dtype[0] == "f":
        for place in (3, SPAN - 1, n - 1):
            values[3:6, place] = np.nan
            search(values)


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64"])
def test_rows_that_do_not_lie_together(native, dtype):
    x = T.matrix("x", dtype)
    f = native([x], [T.argmax(x, axis=0), T.argmax(x, axis=1), T.argmin(x, axis=1), T.argmax(x), T.min(x, axis=1)])
    values = rng.integers(-90, 90, (520, 900)).astype(dtype)
    for given in (values, values.T, values[::-1, ::-1], values[:, ::3], values[::2, 1:]):
        expected = [given.argmax(0), given.argmax(1), given.argmin(1), given.argmax(), given.min(1)]
        for got, right in zip(f(given), expected, strict=True):
            np.testing.assert_array_equal(got, right)
