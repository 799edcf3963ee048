"""New tensors of a given shape."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import config


def test_alloc_broadcasts_like_assignment(check):
    v, n = T.dvector("v"), T.lscalar("n")
    check(T.alloc(v, n, 3), {v: [1.0, 2.0, 3.0], n: 2}, [[1.0, 2.0, 3.0]] * 2)
    check(T.alloc(v, n, 3), {v: [5.0], n: 2}, np.full((2, 3), 5.0))


def test_alloc_of_constant_one_is_broadcastable():
    assert T.alloc(0.0, 1, T.lscalar(), T.drow().shape[0]).type.broadcastable == (True, False, True)


def test_alloc_errors(run):
    v, n = T.dvector("v"), T.lscalar("n")
    with pytest.raises(TypeError, match="more dimensions"):
        T.alloc(T.dmatrix(), 2)
    with pytest.raises(TypeError, match="integer scalar"):
        T.alloc(0, 2.5)
    with pytest.raises(TypeError, match="integer scalar"):
        T.alloc(0, T.lvector())
    with pytest.raises(ValueError, match="broadcast"):
        run(T.alloc(v, n), {v: [1.0, 2.0], n: 3})
    with pytest.raises(ValueError, match="negative"):
        run(T.alloc(0.0, n), {n: -1})


@pytest.mark.parametrize(("make", "fill"), [(T.zeros, 0), (T.ones, 1)])
@pytest.mark.parametrize("shape", [(2, 3), [4], 3, (), (0, 2)])
def test_zeros_and_ones(check, make, fill, shape):
    check(make(shape), {}, np.full(shape, fill, config.floatX))
    check(make(shape, dtype="int8"), {}, np.full(shape, fill, "int8"))


def test_zeros_of_symbolic_shapes(check):
    x, n = T.dmatrix("x"), T.lscalar("n")
    check(T.zeros(x.shape), {x: np.ones((2, 3))}, np.zeros((2, 3)))
    check(T.ones((n, 1), dtype="int64"), {n: 3}, np.ones((3, 1), "int64"))
    check(T.ones(n), {n: 3}, np.ones(3))


@pytest.mark.parametrize("dtype", [None, "int32", "bool"])
def test_like_forms_take_shape_and_dtype_of_the_model(check, dtype):
    x = T.fmatrix("x")
    value = np.full((2, 3), 7, "float32")
    check(T.zeros_like(x, dtype), {x: value}, np.zeros_like(value, dtype))
    check(T.ones_like(x, dtype), {x: value}, np.ones_like(value, dtype))


def test_like_forms_may_return_the_constant():
    assert T.zeros_like(T.dscalar(), opt=True).owner is None
    assert T.zeros_like(T.dscalar()).owner is not None


def test_alloc_empty_has_shape_and_dtype(run):
    n = T.lscalar("n")
    out = run(T.AllocEmpty("float32")(n, 3), {n: 2})
    assert (out.shape, out.dtype) == ((2, 3), "float32")


def test_allocations_are_not_folded():
    node = T.alloc(0.0, 3).owner
    assert not node.op.do_constant_folding(node)
    empty = T.AllocEmpty("float32")(3).owner
    assert not empty.op.do_constant_folding(empty)
