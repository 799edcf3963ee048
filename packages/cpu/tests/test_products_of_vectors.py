"""Products of a matrix and a vector by our own kernels, in all vector widths that the processor has."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.blas import Gemv, Ger

pytestmark = pytest.mark.c
rng = np.random.default_rng(5)
SIZES = [
    (1, 1),
    (1, 7),
    (7, 1),
    (3, 5),
    (8, 16),
    (17, 33),
    (31, 64),
    (64, 31),
    (129, 2),
    (2, 129),
    (5, 4200),
    (4200, 5),
    (15, 10),
    (19, 64),
    (19, 65),
    (9, 128),
    (9, 129),
]
LARGE = [(300, 1000), (1000, 300), (40, 9000), (9000, 40)]


def gemv(native, dtype):
    z, m, v, a, b = (T.TensorType(dtype, (False,) * n)() for n in (1, 2, 1, 0, 0))
    return native([z, a, m, v, b], Gemv(False)(z, a, m, v, b))


def layouts(m):
    """The same matrix by rows, by columns, strided in both directions, reversed, and as a part of a larger one."""
    wide = np.repeat(np.repeat(m, 2, 0), 3, 1)[::2, ::3]
    part = np.full((m.shape[0] + 1, m.shape[1] + 3), np.nan, m.dtype)
    part[1:, 1:-2] = m
    return [m, np.asfortranarray(m), wide, wide.T.copy().T, np.ascontiguousarray(m[::-1])[::-1], part[1:, 1:-2]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_size_and_layout(native, dtype, width):
    f = gemv(native, dtype)
    eps = np.finfo(dtype).eps
    for size in SIZES + LARGE:
        m, v, z = (rng.normal(size=s).astype(dtype) for s in (size, size[1], size[0]))
        exact = m.astype("float64") @ v.astype("float64")
        bound = 4 * eps * (np.abs(m).astype("float64") @ np.abs(v)) * max(1, np.sqrt(size[1]) / 8)
        for matrix in layouts(m):
            for vector in (v, np.repeat(v, 2)[::2], v[::-1].copy()[::-1]):
                assert (np.abs(f(np.full_like(z, np.nan), 1, matrix, vector, 0) - exact) <= bound).all(), size
        found = f(z, -0.5, m, v, 2)
        assert (np.abs(found - (2.0 * z - 0.5 * exact)) <= bound + 4 * eps * np.abs(z)).all(), size


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_that_are_not_finite(native, dtype, width):
    """0 times inf or NaN is NaN, and lanes beyond the matrix are not seen."""
    f = gemv(native, dtype)
    for size in [(3, 5), (40, 33), (9, 600)]:
        for matrix in layouts(np.zeros(size, dtype)):
            v = np.zeros(size[1], dtype)
            v[-1] = np.inf
            assert np.isnan(f(np.zeros(size[0], dtype), 1, matrix, v, 0)).all()
            matrix[1, 2] = np.nan
            found = f(np.zeros(size[0], dtype), 1, matrix, np.zeros(size[1], dtype), 0)
            assert np.isnan(found[1])
            assert (np.delete(found, 1) == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_rows_and_columns_give_equal_bits(native, dtype, width):
    """Also the last ones, which are not part of a full group or vector."""
    if width == 0:
        pytest.skip("libraries promise nothing")
    f = gemv(native, dtype)
    for m, k in [(7, 43), (149, 260), (5, 3000), (1300, 300), (37, 10), (37, 64), (37, 65), (37, 128), (37, 129)]:
        row, v = (rng.normal(size=k).astype(dtype) for _ in range(2))
        same = np.tile(row, (m, 1))
        for matrix in (same, np.asfortranarray(same)):
            found = f(np.zeros(m, dtype), 1, matrix, v, 0)
            assert (found == found[0]).all(), (m, k)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_the_same_alone_and_among_others(native, dtype, width):
    """Wherever a row begins in memory; short ones are added as many at a time as a vector has lanes."""
    if width == 0:
        pytest.skip("libraries promise nothing")
    f = gemv(native, dtype)
    for m, k in [(37, 3), (37, 10), (35, 31), (35, 32), (35, 33), (20, 64), (20, 65), (20, 128), (20, 129), (6, 2100)]:
        matrix, v, z = (rng.normal(size=s).astype(dtype) for s in ((m, k), k, m))
        for beta in (0, 2):
            together = f(z, -0.5, matrix, v, beta)
            for i in range(m):
                assert f(z[i : i + 1], -0.5, matrix[i : i + 1], v, beta) == together[i], (m, k, i)
            for some in range(1, min(m, 18)):
                assert (f(z[:some], -0.5, matrix[:some], v, beta) == together[:some]).all(), (m, k, some)


def test_accuracy_is_not_below_numpys(native):
    f = gemv(native, "float32")
    for size in [(50, 20_000), (400, 784)]:
        m, v = rng.random(size, "float32"), rng.random(size[1], "float32")
        for matrix in (m, np.asfortranarray(m)):
            exact = m.astype("float64") @ v.astype("float64")
            ours = np.abs(f(np.zeros(size[0], "float32"), 1, matrix, v, 0) - exact).max()
            assert ours <= 2 * max(np.abs(matrix @ v - exact).max(), np.spacing(np.float32(exact.max())))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rank_one(native, dtype):
    z, x, y, a = (T.TensorType(dtype, (False,) * n)() for n in (2, 1, 1, 0))
    f = native([z, a, x, y], Ger(False)(z, a, x, y))
    for size in SIZES + LARGE + [(0, 3), (3, 0)]:
        m, v, w = (rng.normal(size=s).astype(dtype) for s in (size, size[0], size[1]))
        for matrix in layouts(m):
            for p, q in ((v, w), (np.repeat(v, 2)[::2], np.repeat(w, 2)[::-2][::-1])):
                expected = m + 0.5 * np.outer(v, w)
                np.testing.assert_allclose(f(matrix, 0.5, p, q), expected, rtol=1e-5, atol=1e-6)
    found = f(np.zeros((2, 3), dtype), 1, np.array([0, 1], dtype), np.array([np.nan, 0, np.inf], dtype))
    assert np.isnan(found[0]).tolist() == [True, False, True]
