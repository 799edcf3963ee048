"""Parts chosen by several integer arrays, and diagonals."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(8)


def index_values(count, shape, lengths, dtype="int64"):
    return [rng.integers(-n, n, shape).astype(dtype) for n in lengths[:count]]


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex128"])
@pytest.mark.parametrize("n", [0, 1, 7])
def test_points_of_a_matrix(agree, dtype, n):
    m, i, j = T.matrix("m", dtype), T.lvector("i"), T.ivector("j")
    value = (rng.random((5, 3)) * 9).astype(dtype)
    rows, cols = index_values(1, n, (5,))[0], index_values(1, n, (3,), "int32")[0]
    for x in (value, np.asfortranarray(value), np.repeat(value, 2, 0)[::-2]):
        agree([m, i, j], [m[i, j], m[i, 1], m[T.arange(i.shape[0]) % 5, j], m[:, j]], x, rows, cols)


def test_arrays_that_broadcast(agree):
    x, i, j = T.tensor4("x", "float64"), T.lmatrix("i"), T.lvector("j")
    value = rng.random((4, 5, 6, 3))
    rows, cols = rng.integers(-4, 4, (2, 1)), rng.integers(-5, 5, 3)
    f = agree([x, i, j], [x[i, j], x[i, j, 2], x[:, j], x[:, :, i, 1]], value, rows, cols)
    assert f(value, rows, cols)[0].shape == (2, 3, 6, 3)
    agree([x, i, j], [x[i, j], x[:, i, j]], value[::-1, :, ::2, ::-1], np.array([[0], [1]]), np.array([2, 0, -1]))


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_writing_points(agree, dtype):
    x, y, i, j = T.tensor3("x", dtype), T.matrix("y", dtype), T.lvector("i"), T.bvector("j")
    value = (rng.random((4, 5, 3)) * 9).astype(dtype)
    rows, cols = np.array([1, 1, -1, 0]), np.array([2, 2, 0, -5], "int8")
    part = (rng.random((4, 3)) * 9).astype(dtype)
    for change in (T.inc_subtensor, T.set_subtensor):
        outs = [change(x[i, j], y), change(x[i, j], 2), change(x[i, 1], y), change(x[i, j, 1], y[:, 0])]
        agree([x, y, i, j], outs, value, part, rows, cols)
        agree([x, y, i, j], outs[:2], value[:, ::-1], part[::-1], rows, cols)
        agree([x, y, j], change(x[:, j % 3, 0], y[:, :1]), value, part, cols)


def test_argument_is_not_written(native):
    m, i = T.dmatrix("m"), T.lvector("i")
    value = np.zeros((3, 3))
    found = native([m, i], T.inc_subtensor(m[i, i], 1.0))(value, np.array([0, 2, 2]))
    assert found.diagonal().tolist() == [1, 0, 2]
    assert not value.any()


@pytest.mark.parametrize("bad", [3, -4])
def test_number_out_of_range(native, bad):
    m, i = T.dmatrix("m"), T.lvector("i")
    at = np.array([0, bad])
    for out in (m[i * 0, i], T.inc_subtensor(m[i * 0, i], 1.0)):
        with pytest.raises(IndexError, match=f"index {bad} is out of bounds for dimension 1 with length 3"):
            native([m, i], out)(np.zeros((2, 3)), at)


def test_arrays_that_do_not_broadcast(native):
    m, i, j = T.dmatrix("m"), T.lvector("i"), T.lvector("j")
    with pytest.raises(IndexError, match="lengths 2 and 3"):
        native([m, i, j], m[i, j])(np.zeros((4, 4)), np.zeros(2, "int64"), np.zeros(3, "int64"))
    with pytest.raises(ValueError, match="does not fit"):
        native([m, i], T.set_subtensor(m[i, i], T.constant([1.0, 2.0])))(np.zeros((4, 4)), np.zeros(3, "int64"))


@pytest.mark.parametrize("offset", [0, 1, -2, 9, -9])
@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (1, 2)])
def test_diagonals(agree, offset, axes):
    x, v = T.dtensor3("x"), T.dmatrix("v")
    value = rng.random((4, 5, 6))
    agree([x], T.diagonal(x, offset, *axes), value)
    agree([x], T.diagonal(x, offset, *axes), value[::-1, :, ::2])
    agree([v], T.AllocDiag(offset, *axes)(v), value[0])
    agree([v], T.AllocDiag(offset, *axes)(v), value[:0, 0])
