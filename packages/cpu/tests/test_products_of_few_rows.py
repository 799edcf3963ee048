"""Products of few rows or few columns: every size and layout by our own kernels, with equal bits for equal rows."""

import itertools

import numpy as np
import pytest

import theano.tensor as T
from theano.cpu import threads
from theano.tensor.blas import Dot22, Gemm

pytestmark = pytest.mark.c
rng = np.random.default_rng(23)
DTYPES = ("float32", "float64")
FEW = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17)


def product(native, dtype):
    x, y = T.matrix("x", dtype), T.matrix("y", dtype)
    return native([x, y], Dot22()(x, y))


def layouts(a):
    """The same values by rows, by columns, strided, reversed, as a part of a larger array."""
    part = np.full((a.shape[0] + 1, a.shape[1] + 3), np.nan, a.dtype)
    part[1:, 1:-2] = a
    turned = np.full((a.shape[1] + 2, a.shape[0] + 1), np.nan, a.dtype)
    turned[1:-1, :-1] = a.T
    wide = np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3]
    reversed_ = np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1]
    return [a, np.asfortranarray(a), wide, reversed_, part[1:, 1:-2], turned[1:-1, :-1].T]


def close(found, a, b, start=0.0):
    exact = a.astype("float64") @ b.astype("float64") + start
    bound = (
        np.finfo(found.dtype).eps * 2 * max(2, a.shape[-1]) * (np.abs(a).astype("float64") @ np.abs(b) + np.abs(start))
    )
    return found.shape == exact.shape and bool((np.abs(found - exact) <= bound).all())


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_size(native, width, dtype):
    f = product(native, dtype)
    for few, k, many in itertools.product(FEW, (1, 2, 7, 16, 33, 130), (2, 5, 18, 67)):
        for m, n in ((few, many), (many, few)):
            a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
            for p, q in ((a, b), (a, np.asfortranarray(b)), (np.asfortranarray(a), b)):
                assert close(f(p, q), a, b), (m, k, n)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "size", [(3, 40, 50), (50, 40, 3), (9, 300, 30), (30, 300, 11), (2, 5000, 6), (200, 520, 2), (2, 2, 2)]
)
def test_every_layout(native, width, dtype, size):
    m, k, n = size
    f = product(native, dtype)
    a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
    for p, q in itertools.product(layouts(a), layouts(b)):
        assert close(f(p, q), a, b)
    repeated = np.broadcast_to(a[:1], a.shape), np.broadcast_to(b[:, :1], b.shape)
    assert close(f(*repeated), *repeated)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(3, 40, 50), (50, 40, 3), (7, 129, 30), (30, 300, 11), (64, 300, 2)])
def test_sums(native, width, dtype, size):
    """Factors of the product and of what is added; 0 times NaN in the sum does not count."""
    m, k, n = size
    z, x, y, a, b = (T.TensorType(dtype, (False,) * ndim)() for ndim in (2, 2, 2, 0, 0))
    f = native([z, a, x, y, b], Gemm(False)(z, a, x, y, b))
    p, q, start = (rng.normal(size=s).astype(dtype) for s in ((m, k), (k, n), (m, n)))
    for first, second in itertools.product(layouts(p)[:3], layouts(q)[:3]):
        assert close(f(start, 2, first, second, -1.5), 2 * p, q, -1.5 * start)
        assert close(f(np.full_like(start, np.nan), 2, first, second, 0), 2 * p, q)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(3, 40, 50), (50, 40, 3), (7, 131, 30), (90, 300, 11)])
def test_values_that_are_not_finite(native, width, dtype, size):
    """0 times inf or NaN is NaN; neighbours in memory do not count."""
    m, k, n = size
    f = product(native, dtype)
    a, b = np.zeros((m, k), dtype), np.zeros((k, n), dtype)
    b[k - 1, n - 1], a[1, 0] = np.inf, np.nan
    expected = np.zeros((m, n), bool)
    expected[:, n - 1] = expected[1] = True
    for p, q in itertools.product(layouts(a), layouts(b)):
        found = f(p, q)
        assert np.array_equal(np.isnan(found), expected)
        assert (found[~expected] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_rows_and_columns_give_equal_bits(native, width, dtype):
    if width == 0:
        pytest.skip("libraries promise nothing")
    f = product(native, dtype)
    sizes = [(m, k, n) for m in FEW for k in (9, 70, 530) for n in (2, 37)]
    for m, k, n in sizes + [(n, k, m) for m, k, n in sizes] + [(5, 4500, 6), (700, 30, 3)]:
        a, b = np.tile(rng.normal(size=k).astype(dtype), (m, 1)), np.tile(rng.normal(size=(k, 1)).astype(dtype), (1, n))
        for p, q in itertools.product(layouts(a)[:3], layouts(b)[:3]):
            found = f(p, q)
            assert (found == found[0, 0]).all(), (m, k, n)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(6, 500, 3000), (3000, 500, 4), (2500, 600, 10), (31, 400, 501)])
def test_threads_give_the_same_bits(native, dtype, size):
    m, k, n = size
    f = product(native, dtype)
    a, b = rng.normal(size=(m, k)).astype(dtype), np.asfortranarray(rng.normal(size=(k, n)).astype(dtype))
    with threads.sharing(1):
        alone = f(a, b)
    before = threads.activity()["regions"]
    for count in (2, 3):
        with threads.sharing(count, 0):
            assert f(a, b).tobytes() == alone.tobytes()
    assert threads.activity()["regions"] >= before + 2


def test_accuracy_is_not_below_numpys(native):
    f = product(native, "float32")
    for m, k, n in [(4, 20_000, 6), (300, 3000, 3), (8, 784, 40)]:
        a, b = rng.random((m, k), "float32"), np.asfortranarray(rng.random((k, n), "float32"))
        exact = a.astype("float64") @ b.astype("float64")
        ours = np.abs(f(a, b) - exact).max()
        assert ours <= 2 * max(np.abs(a @ b - exact).max(), np.spacing(np.float32(exact.max())))
