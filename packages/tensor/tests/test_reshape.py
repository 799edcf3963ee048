"""Reshape and flatten."""

import numpy as np
import pytest

import theano.tensor as T

X = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("shape", [(12,), (2, 6), (-1,), (4, -1), (1, 12), (2, 3, 2), (1, -1, 1)])
def test_reshape_by_constants(check, shape):
    x = T.dmatrix("x")
    y = T.reshape(x, shape)
    assert y.type.broadcastable == tuple(n == 1 for n in shape)
    check(y, {x: X}, X.reshape(shape))


def test_reshape_by_symbolic_lengths(check):
    x, n = T.dmatrix("x"), T.lscalar("n")
    check(x.reshape((n, x.size // n)), {x: X, n: 6}, X.reshape(6, 2))
    check(x.reshape((x.shape[1], x.shape[0])), {x: X}, X.reshape(4, 3))
    check(x.reshape((n, 2)), {x: X, n: -1}, X.reshape(6, 2))


def test_reshape_by_a_vector_needs_ndim(check):
    x, s = T.dmatrix("x"), T.lvector("s")
    check(x.reshape(s, ndim=3), {x: X, s: [3, 2, 2]}, X.reshape(3, 2, 2))
    with pytest.raises(ValueError, match="ndim"):
        x.reshape(s)


def test_reshape_to_a_scalar(check):
    x = T.dmatrix("x")
    check(x.reshape(()), {x: np.ones((1, 1))}, 1.0)


def test_reshape_of_broadcast_lengths_keeps_the_flag():
    x = T.dcol("x")
    assert x.reshape((x.shape[0], x.shape[1], 1)).type.broadcastable == (False, True, True)


def test_reshape_errors(run):
    x, s = T.dmatrix("x"), T.lvector("s")
    with pytest.raises(ValueError, match="number of elements"):
        run(x.reshape((5, 3)), {x: X})
    with pytest.raises(ValueError, match="3 entries"):
        run(x.reshape(s, ndim=3), {x: X, s: [3, 4]})
    with pytest.raises(TypeError, match="integers"):
        T.reshape(x, T.dvector(), ndim=2)
    with pytest.raises(ValueError, match="one tuple"):
        T.reshape(x, 3, 4.0)


def test_reshape_is_a_view():
    op = T.Reshape(2)
    assert op.view_map == {0: [0]}
    assert op == T.Reshape(2) != T.Reshape(3)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_flatten_keeps_leading_dimensions(check, ndim):
    value = np.arange(24.0).reshape(2, 3, 4)
    x = T.dtensor3("x")
    check(T.flatten(x, ndim), {x: value}, value.reshape((*value.shape[: ndim - 1], -1)))


def test_flatten_of_empty_tensors(check):
    x = T.dtensor3("x")
    for shape in ((0, 2, 3), (2, 0, 3)):
        for ndim in (1, 2):
            value = np.zeros(shape)
            check(T.flatten(x, ndim), {x: value}, np.zeros((*shape[: ndim - 1], int(np.prod(shape[ndim - 1 :])))))


def test_flatten_flags_and_scalars(check):
    x = T.dscalar("x")
    check(T.flatten(x), {x: 2.0}, [2.0])
    assert T.flatten(T.drow()).type.broadcastable == (False,)
    assert T.flatten(T.TensorType("float64", (False, True, True))(), 2).type.broadcastable == (False, True)


def test_flatten_range_and_old_name():
    with pytest.raises(ValueError, match="dimensions"):
        T.flatten(T.dmatrix(), 3)
    with pytest.raises(ValueError, match="dimensions"):
        T.flatten(T.dmatrix(), 0)
    with pytest.warns(DeprecationWarning, match="outdim"):
        assert T.flatten(T.dtensor3(), outdim=2).ndim == 2


def test_flatten_of_flat_is_itself():
    v = T.dvector()
    assert T.flatten(v) is v
    assert T.is_flat(v)
    assert not T.is_flat(T.dmatrix())


def test_old_flatten_op_warns(check):
    with pytest.warns(DeprecationWarning, match="Flatten"):
        op = T.Flatten(2)
    x = T.dtensor3("x")
    value = np.arange(24.0).reshape(2, 3, 4)
    check(op(x), {x: value}, value.reshape(2, 12))
