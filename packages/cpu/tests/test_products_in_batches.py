"""Many products of one size: every size, layout and vector width; bits do not depend on the place in the batch."""

import itertools

import numpy as np
import pytest

import theano.tensor as T
from theano.cpu import threads
from theano.tensor.blas import batched_dot

pytestmark = pytest.mark.c
rng = np.random.default_rng(17)
LENGTHS = (1, 2, 3, 4, 7, 8, 9, 16, 17)


def product(native, dtype, ndims=(3, 3)):
    x, y = (T.TensorType(dtype, (False,) * n)() for n in ndims)
    return native([x, y], batched_dot(x, y))


def layouts(a):
    """The same values by rows, by columns, strided and reversed in every dimension, and with the batch last."""
    wide = np.repeat(np.repeat(np.repeat(a, 2, 0), 3, 1), 2, 2)[::2, ::3, ::2]
    turned = np.ascontiguousarray(a[::-1, ::-1, ::-1])[::-1, ::-1, ::-1]
    return [
        a,
        np.ascontiguousarray(a.transpose(0, 2, 1)).transpose(0, 2, 1),
        wide,
        turned,
        np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1),
    ]


def close(found, a, b):
    exact = a.astype("float64") @ b.astype("float64")
    bound = np.finfo(found.dtype).eps * 2 * max(2, a.shape[-1]) * (np.abs(a).astype("float64") @ np.abs(b))
    return found.shape == exact.shape and bool((np.abs(found - exact) <= bound).all())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_size(native, width, dtype):
    f = product(native, dtype)
    for m, k, n in itertools.product(LENGTHS, repeat=3):
        a, b = rng.normal(size=(3, m, k)).astype(dtype), rng.normal(size=(3, k, n)).astype(dtype)
        assert close(f(a, b), a, b), (m, k, n)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(4, 4, 4), (3, 5, 7), (1, 8, 9), (9, 7, 1), (2, 1, 33), (1, 3, 1000), (40, 8, 20)])
def test_every_layout(native, width, dtype, size):
    m, k, n = size
    f = product(native, dtype)
    a, b = rng.normal(size=(21, m, k)).astype(dtype), rng.normal(size=(21, k, n)).astype(dtype)
    for p, q in itertools.product(layouts(a), layouts(b)):
        assert close(f(p, q), a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_repeated_operands(native, width, dtype):
    """Strides of 0: one item for all, one row or column for all of an item."""
    f = product(native, dtype)
    for m, k, n in [(4, 4, 4), (2, 6, 9), (20, 30, 10)]:
        for shape in [(1, m, k), (5, 1, k), (5, m, 1)]:
            a = np.broadcast_to(rng.normal(size=shape).astype(dtype), (5, m, k))
            for other in [(1, k, n), (5, 1, n), (5, k, 1)]:
                b = np.broadcast_to(rng.normal(size=other).astype(dtype), (5, k, n))
                assert close(f(a, b), a, b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ndims", [(2, 3), (3, 2), (2, 2)])
def test_vectors_for_matrices(native, width, dtype, ndims):
    f = product(native, dtype, ndims)
    for k, other in itertools.product((1, 4, 5, 8, 9, 40), (1, 3, 20)):
        a = rng.normal(size=(6, 1 if ndims[0] == 2 else other, k)).astype(dtype)
        b = rng.normal(size=(6, k, 1 if ndims[1] == 2 else other)).astype(dtype)
        for p, q in itertools.product(layouts(a), layouts(b)):
            found = f(p[:, 0] if ndims[0] == 2 else p, q[:, :, 0] if ndims[1] == 2 else q)
            assert close(found.reshape(6, a.shape[1], b.shape[2]), a, b)


@pytest.mark.parametrize("shapes", list(itertools.product((0, 3), repeat=4)))
def test_empty(native, width, shapes):
    count, m, k, n = shapes
    found = product(native, "float32")(np.ones((count, m, k), "float32"), np.ones((count, k, n), "float32"))
    assert found.shape == (count, m, n)
    assert (found == k).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_that_are_not_finite(native, width, dtype):
    """0 times inf or NaN is NaN; neither items nor columns see their neighbours."""
    f = product(native, dtype)
    for m, k, n in [(4, 4, 4), (3, 2, 5), (2, 8, 17), (12, 20, 9)]:
        a, b = np.zeros((5, m, k), dtype), np.zeros((5, k, n), dtype)
        b[2, 1, n - 1] = np.inf
        a[3, m - 1, 0] = np.nan
        expected = np.zeros((5, m, n), bool)
        expected[2, :, n - 1] = expected[3, m - 1] = True
        for p, q in itertools.product(layouts(a), layouts(b)):
            found = f(p, q)
            assert np.array_equal(np.isnan(found), expected)
            assert (found[~expected] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(4, 4, 4), (5, 7, 3), (3, 8, 40), (1, 5, 6), (6, 5, 1), (10, 30, 12)])
def test_equal_items_give_equal_bits(native, dtype, size):
    """Wherever they stand in the batch, and however many threads share it."""
    m, k, n = size
    f = product(native, dtype)
    row, column = rng.normal(size=k).astype(dtype), rng.normal(size=(k, 1)).astype(dtype)
    a, b = np.tile(row, (3000, m, 1)), np.tile(column, (3000, 1, n))
    for p, q in itertools.product(layouts(a)[:2], layouts(b)[:2]):
        with threads.sharing(1):
            alone = f(p, q)
        assert (alone == alone[0, 0, 0]).all()
        for count in (2, 3):
            with threads.sharing(count, 0):
                assert f(p, q).tobytes() == alone.tobytes()


@pytest.mark.parametrize("size", [(30_000, 4, 4, 4), (3, 300, 310, 320), (20, 200, 250, 200), (2, 70, 2000, 9)])
def test_batches_are_shared(native, size):
    """By items, or one large item after the other."""
    count, m, k, n = size
    f = product(native, "float64")
    a, b = rng.normal(size=(count, m, k)), rng.normal(size=(count, k, n))
    with threads.sharing(1):
        alone = f(a, b)
    assert close(alone, a, b)
    before = threads.activity()["regions"]
    for workers in (2, 3):
        with threads.sharing(workers, 0):
            assert f(a, b).tobytes() == alone.tobytes()
    assert threads.activity()["regions"] >= before + 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_items_have_the_bits_of_single_products(native, width, dtype):
    """For all that is more than tiny, whatever the way the product goes."""
    f = product(native, dtype)
    x, y = T.matrix("x", dtype), T.matrix("y", dtype)
    single = native([x, y], T.dot(x, y))
    for m, k, n in [(32, 64, 32), (5, 40, 70), (60, 33, 7), (100, 300, 40), (40, 300, 3), (1, 30, 50), (50, 30, 1)]:
        a, b = rng.normal(size=(3, m, k)).astype(dtype), rng.normal(size=(3, k, n)).astype(dtype)
        for p, q in itertools.product(layouts(a)[:3], layouts(b)[:3]):
            for item, found in enumerate(f(p, q)):
                assert found.tobytes() == single(p[item], q[item]).tobytes(), (m, k, n)
