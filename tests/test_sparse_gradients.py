"""Gradients of sparse operations against numerical differences."""

import numpy as np
import pytest
import scipy.sparse as sp

import theano
from theano import sparse, tensor

rng = np.random.default_rng(5)
MATRIX = sp.random(4, 3, 0.5, format="csr", random_state=rng)
DENSE = rng.normal(size=(4, 3))
WEIGHTS = rng.normal(size=(3, 2))


def differences(f, at, step=1e-6):
    """Central differences of the scalar function `f` at the vector `at`."""
    result = np.zeros_like(at)
    for i in range(at.size):
        moved = at.copy()
        moved.flat[i] += step
        up = f(moved)
        moved.flat[i] -= 2 * step
        result.flat[i] = (up - f(moved)) / (2 * step)
    return result


CASES = {
    "dot": lambda x: tensor.sum(tensor.sqr(sparse.dot(x, tensor.constant(WEIGHTS)))),
    "dot with itself": lambda x: tensor.sum(tensor.sqr(sparse.dot(x, x.T))),
    "structured_dot": lambda x: tensor.sum(tensor.sqr(sparse.structured_dot(x, tensor.constant(WEIGHTS)))),
    "sum": lambda x: tensor.sqr(sparse.sp_sum(x)),
    "sum over rows": lambda x: tensor.sum(tensor.sqr(sparse.sp_sum(x, axis=0))),
    "sum, structured": lambda x: tensor.sum(tensor.sqr(sparse.sp_sum(x, axis=1, sparse_grad=True))),
    "dense": lambda x: tensor.sum(tensor.sqr(sparse.dense_from_sparse(x)) * DENSE),
    "add dense": lambda x: tensor.sum(tensor.sqr(x + tensor.constant(DENSE))),
    "add sparse": lambda x: tensor.sum(tensor.sqr((x + x).toarray())),
    "mul dense": lambda x: tensor.sum(tensor.sqr((x * tensor.constant(DENSE)).toarray())),
    "mul sparse": lambda x: tensor.sum((x * x).toarray()),
    "neg and transpose": lambda x: tensor.sum(tensor.sqr((-x).T.toarray() * DENSE.T)),
    "stack": lambda x: tensor.sum(tensor.sqr(sparse.hstack([x, -x]).toarray())),
    "true_dot": lambda x: tensor.sum(tensor.sqr(sparse.true_dot(x, tensor.constant(WEIGHTS)).toarray())),
}


@pytest.mark.parametrize("case", CASES)
def test_gradient_for_the_stored_values(case):
    data = tensor.dvector("data")
    x = sparse.CSR(data, MATRIX.indices, MATRIX.indptr, np.asarray(MATRIX.shape))
    cost = CASES[case](x)
    f, g = theano.function([data], cost), theano.function([data], theano.grad(cost, data))
    assert np.allclose(g(MATRIX.data), differences(f, MATRIX.data.copy()), rtol=1e-6, atol=1e-6)


def test_gradient_for_the_dense_operand():
    d = tensor.dmatrix("d")
    cost = tensor.sum(tensor.sqr(sparse.dot(MATRIX, d)))
    f, g = theano.function([d], cost), theano.function([d], theano.grad(cost, d))
    assert np.allclose(g(WEIGHTS), differences(f, WEIGHTS.copy()), rtol=1e-6, atol=1e-6)


def test_a_sparse_classifier_learns():
    images = sp.random(200, 20, 0.2, format="csr", random_state=rng)
    labels = (np.asarray(images @ rng.normal(size=20)).ravel() > 0).astype("int64")
    x, y = sparse.csr_matrix("x", dtype="float64"), tensor.lvector("y")
    w, b = theano.shared(np.zeros((20, 2)), name="w"), theano.shared(np.zeros(2), name="b")
    p = tensor.nnet.softmax(sparse.dot(x, w) + b)
    cost = tensor.mean(tensor.nnet.categorical_crossentropy(p, y))
    gw, gb = theano.grad(cost, [w, b])
    step = theano.function([x, y], cost, updates=[(w, w - 1.0 * gw), (b, b - 1.0 * gb)])
    costs = [float(step(images, labels)) for _ in range(60)]
    assert costs[-1] < 0.75 * costs[0]
