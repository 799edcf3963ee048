"""Products over contracted dimensions."""

import numpy as np
import pytest

import theano.tensor as T
from theano.gradient import grad

RNG = np.random.RandomState(4)


def array(*shape):
    return RNG.uniform(-1, 1, shape)


CASES = {
    "vectors": (T.dot, [array(3), array(3)], None),
    "matrix and vector": (T.dot, [array(2, 3), array(3)], None),
    "vector and matrix": (T.dot, [array(3), array(3, 2)], None),
    "matrices": (T.dot, [array(2, 3), array(3, 4)], None),
    "row and column": (T.dot, [array(1, 3), array(3, 1)], [(True, False), (False, True)]),
    "scalar and matrix": (T.dot, [array(), array(3, 2)], None),
    "cube and matrix": (T.dot, [array(2, 2, 3), array(3, 2)], None),
    "tensordot": (lambda a, b: T.tensordot(a, b, [[1, 2], [0, 1]]), [array(2, 3, 2), array(3, 2, 4)], None),
    "batch of matrices": (T.batched_dot, [array(2, 3, 2), array(2, 2, 3)], None),
    "batch of vectors and matrices": (T.batched_dot, [array(2, 3), array(2, 3, 2)], None),
    "batch of matrices and vectors": (T.batched_dot, [array(2, 2, 3), array(2, 3)], None),
    "batch of vectors": (T.blas.BatchedDot(), [array(2, 3), array(2, 3)], None),
    "dot22": (T.blas._dot22, [array(2, 3), array(3, 2)], None),
    "quadratic form": (lambda x, a: T.dot(x, T.dot(a, x)), [array(3), array(3, 3)], None),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    build, points, patterns = CASES[name]
    check.gradient(build, points, patterns)


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    build, points, patterns = CASES[name]
    check.forward(build, points, patterns)


@pytest.mark.parametrize("name", ["matrices", "matrix and vector", "batch of vectors and matrices", "tensordot"])
def test_second_derivative(name, check):
    check.second(*CASES[name], tolerance=1e-5)


def test_mixed_dtypes_come_back_in_their_own():
    x, y = T.fmatrix("x"), T.dmatrix("y")
    gx, gy = grad(T.sum(T.dot(x, y)), [x, y])
    assert (gx.dtype, gy.dtype) == ("float32", "float64")


def test_integer_operand_gets_zeros(check):
    x, i = T.dmatrix("x"), T.lmatrix("i")
    g = grad(T.sum(T.dot(x, i)), i)
    assert not check.evaluate(g, {x: np.ones((2, 2)), i: np.ones((2, 2), "int64")}).any()
