"""Products with a matrix and its transpose in one sweep."""

import numpy as np
import pytest

import theano.tensor as T
from theano import scalar as ts
from theano.cpu import threads
from theano.tensor.swept import Swept

pytestmark = pytest.mark.c
rng = np.random.default_rng(21)


def variables(dtype):
    return [T.TensorType(dtype, pattern)() for pattern in ((False, False), (False,), (False,), (True,))]


def residual(dtype):
    """Of scores s: s**2 and b - t * s."""
    t, s, b = (ts.get_scalar_type(dtype)() for _ in range(3))
    return Swept(ts.Composite([t, s, b], [ts.sqr(s), ts.sub(b, ts.mul(t, s))]), 1, 1)


def layouts(m):
    wide = np.repeat(np.repeat(m, 2, 0), 3, 1)[::2, ::3]
    part = np.full((m.shape[0] + 1, m.shape[1] + 3), np.nan, m.dtype)
    part[1:, 1:-2] = m
    return [m, np.asfortranarray(m), wide, np.ascontiguousarray(m[::-1])[::-1], part[1:, 1:-2]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(0, 5), (5, 0), (1, 1), (7, 3), (33, 130), (700, 9), (70, 5000), (900, 800)])
def test_any_size_and_layout(native, width, dtype, size):
    inputs = variables(dtype)
    f = native(inputs, residual(dtype)(*inputs))
    m, w, t, b = (rng.normal(size=s).astype(dtype) for s in (size, size[1], size[0], 1))
    exact = m.astype("float64") @ w.astype("float64")
    r = b.astype("float64") - t * exact
    eps = 50 * np.finfo(dtype).eps
    for x in layouts(m):
        for v, u in ((w, t), (np.repeat(w, 2)[::2], t[::-1].copy()[::-1])):
            squares, found, slope = f(x, v, u, b)
            np.testing.assert_allclose(squares, exact**2, rtol=0, atol=eps * max(1, np.max(exact**2, initial=0)))
            np.testing.assert_allclose(found, r, rtol=0, atol=eps * max(1, np.max(np.abs(r), initial=0)))
            bound = eps * np.max(np.abs(m.T).astype("float64") @ np.abs(r), initial=1)
            np.testing.assert_allclose(slope, m.T.astype("float64") @ r, rtol=0, atol=bound)


def test_values_that_are_not_finite(native, width):
    inputs = variables("float64")
    f = native(inputs, residual("float64")(*inputs))
    x, t = np.ones((20, 9)), np.ones(20)
    x[3, 4] = np.nan
    _, r, slope = f(x, np.zeros(9), t, np.zeros(1))
    assert np.isnan(r).tolist() == [i == 3 for i in range(20)]
    assert np.isnan(slope).all()


def test_results_that_nobody_reads(native):
    inputs = variables("float64")
    f = native(inputs, residual("float64")(*inputs)[2])
    x, w, t, b = rng.normal(size=(40, 6)), rng.normal(size=6), rng.normal(size=40), np.ones(1)
    np.testing.assert_allclose(f(x, w, t, b), x.T @ (b - t * (x @ w)), rtol=1e-10)


def test_same_bits_with_any_number_of_threads(native):
    inputs = variables("float32")
    f = native(inputs, residual("float32")(*inputs))
    values = [rng.normal(size=s).astype("float32") for s in ((9000, 300), 300, 9000, 1)]
    before, results = threads.activity()["regions"], []
    for count in (1, 2, 3):
        with threads.sharing(count, 0):
            results.append([v.tobytes() for v in f(*values)])
    assert results[0] == results[1] == results[2]
    assert threads.activity()["regions"] >= before + 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [3, 16, 64, 80])
def test_same_bits_wherever_the_rows_start(native, width, dtype, columns):
    """Rows that all lie off a line of the cache in the same way are read along the lines."""
    inputs = variables(dtype)
    f = native(inputs, residual(dtype)(*inputs))
    m, w, t, b = (rng.normal(size=s).astype(dtype) for s in ((37, columns), columns, 37, 1))
    found = set()
    for start in range(64 // m.itemsize):
        room = np.full(m.size + 128, np.nan, dtype)
        first = (-room.ctypes.data // m.itemsize) % (64 // m.itemsize) + start
        x = room[first : first + m.size].reshape(m.shape)
        x[...] = m
        found.add(tuple(v.tobytes() for v in f(x, w, t, b)))
    assert len(found) == 1


def test_lengths_that_differ(native):
    inputs = variables("float64")
    f = native(inputs, residual("float64")(*inputs))
    with pytest.raises(ValueError, match="contracted lengths"):
        f(np.ones((3, 4)), np.ones(3), np.ones(3), np.ones(1))
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(np.ones((3, 4)), np.ones(4), np.ones(4), np.ones(1))
