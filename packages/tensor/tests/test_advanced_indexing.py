"""Fancy indexing: integer arrays, masks, take."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.subtensor import AdvancedSubtensor, AdvancedSubtensor1, advanced_subtensor, advanced_subtensor1

X = np.arange(60.0).reshape(3, 4, 5)
I = [2, 0, 0]
J = np.array([[0, 2], [1, 1]])

CONSTANT = [
    I,
    J,
    (slice(None), I),
    (slice(None), slice(None), J),
    (I, I),
    (I, slice(None), I),
    (slice(None), I, I),
    (1, slice(None), I),
    (1, I),
    (I, None),
    (I, None, I),
    (None, I),
    (slice(0, 2), I, slice(1, None)),
    [],
    (J, [1, 0]),
    (Ellipsis, I),
    (I, Ellipsis, I),
    (slice(None), J, 0),
    (slice(None, None, -1), I, slice(None, None, 2)),
    np.array([1, 2], dtype="uint8"),
    (slice(None), 0, I),
    (0, I, None, I),
    (I, 0, slice(None)),
    (np.array([1]), I),
    (slice(1, 2), [[0], [1]], [[0, 1, 2]]),
    (-1, [-1, -2]),
]


@pytest.mark.parametrize("index", CONSTANT, ids=str)
def test_integer_arrays(check, index):
    x = T.dtensor3("x")
    numpy_index = (
        tuple(np.asarray(i, dtype="int64") if isinstance(i, list) else i for i in index)
        if isinstance(index, tuple)
        else (np.asarray(index, dtype="int64") if isinstance(index, list) else index)
    )
    check(x[index], {x: X}, X[numpy_index])


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint16", "uint64"])
def test_index_variables(check, dtype):
    x, v, m = T.dtensor3("x"), T.vector("v", dtype), T.matrix("m", dtype)
    index, square = np.array(I, dtype), J.astype(dtype)
    numpy_index, numpy_square = index.astype("int64"), J
    check(x[v], {x: X, v: index}, X[numpy_index])
    check(x[:, v], {x: X, v: index}, X[:, numpy_index])
    check(x[m], {x: X, m: square}, X[numpy_square])
    check(x[:, m], {x: X, m: square}, X[:, numpy_square])
    check(x[m, :, m], {x: X, m: square}, X[numpy_square, :, numpy_square])
    check(x[m, 1:, None], {x: X, m: square}, X[numpy_square, 1:, None])


def test_symbolic_slices_beside_arrays(check):
    x, v, i = T.dtensor3("x"), T.lvector("v"), T.lscalar("i")
    check(x[i:, v, :i], {x: X, v: I, i: 1}, X[1:, I, :1])
    check(x[i, v], {x: X, v: I, i: 2}, X[2, I])


def test_one_index_vector_becomes_row_selection():
    x, v = T.dmatrix(), T.lvector()
    assert isinstance(x[v].owner.op, AdvancedSubtensor1)
    assert isinstance(x[v, v].owner.op, AdvancedSubtensor)


def test_reads_are_copies():
    x, v = np.arange(4.0), np.array([0, 1])
    storage = [[None]]
    advanced_subtensor.perform(None, [x, np.array(1), None], storage)
    assert not np.shares_memory(storage[0][0], x)
    advanced_subtensor1.perform(None, [x, v], storage)
    assert not np.shares_memory(storage[0][0], x)


MASKS = [
    np.array([True, False, True]),
    (slice(None), np.array([True, False, True, True])),
    X > 30,
    (X[:, :, 0] > 20),
    (np.array([True, False, True]), slice(None), [0, 1]),
    (None, X[:, :, 0] > 20, slice(1, 3)),
    np.zeros(3, bool),
    (Ellipsis, np.array([True, False, False, False, True])),
]


@pytest.mark.parametrize("index", MASKS, ids=lambda i: type(i).__name__)
def test_constant_masks(check, index):
    x = T.dtensor3("x")
    check(x[index], {x: X}, X[index])


def test_symbolic_masks(check):
    x = T.dtensor3("x")
    check(x[x > 30], {x: X}, X[X > 30])
    check(x[T.gt(x.sum(axis=(1, 2)), 300)], {x: X}, X[X.sum((1, 2)) > 300])


def test_bad_masks_and_indices(run):
    x, v = T.dmatrix("x"), T.lvector("v")
    value = np.ones((2, 3))
    with pytest.raises(IndexError, match="boolean"):
        run(x[np.array([True, False, True])], {x: value})
    with pytest.raises(IndexError, match="it has 2"):
        x[np.ones((2, 3, 1), bool)]
    with pytest.raises(TypeError, match="0-d bool"):
        x[T.eq(T.lscalar(), 1)]
    with pytest.raises(TypeError, match="bool"):
        x[[[True, False]]]
    with pytest.raises(IndexError, match="rows"):
        run(x[v], {x: value, v: [0, 5]})
    with pytest.raises(IndexError, match="out of bounds"):
        run(x[v, v], {x: value, v: [0, 5]})
    with pytest.raises(TypeError, match="integer vector"):
        advanced_subtensor1(x, T.dvector())
    with pytest.raises(TypeError, match="0-d"):
        advanced_subtensor1(T.dscalar(), v)
    with pytest.raises(TypeError, match="integer indices"):
        advanced_subtensor(x, T.gt(x, 0))


def test_flags_are_kept_where_provable():
    row, i = T.TensorType("float64", (True, False, True))(), T.lvector()
    one = T.TensorType("int64", (True,))()
    assert row[:, i].type.broadcastable == (True, False, True)
    assert row[one].type.broadcastable == (True, False, True)
    assert row[i, i].type.broadcastable == (False, True)
    assert row[one, one].type.broadcastable == (True, True)
    assert row[1:, i, i].type.broadcastable == (False, False)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("indices", [1, [0, 2], [[0, 1], [2, 2]], []], ids=str)
def test_take(check, axis, indices):
    x = T.dtensor3("x")
    expected = np.take(X, np.asarray(indices, "int64"), axis)
    check(T.take(x, indices, axis), {x: X}, expected)


@pytest.mark.parametrize("mode", ["clip", "wrap"])
def test_take_modes(check, mode):
    x, i = T.dmatrix("x"), T.lvector("i")
    value, index = X[0], np.array([-7, -1, 0, 3, 9])
    for axis in (None, 0, 1):
        check(T.take(x, i, axis, mode), {x: value, i: index}, np.take(value, index, axis, mode=mode))
    with pytest.raises(ValueError, match="mode"):
        T.take(x, i, mode="other")
    with pytest.raises(TypeError, match="integer"):
        T.take(x, T.dvector())
