"""Softmax, cross-entropies and their gradients."""

import numpy as np
import pytest

import theano.tensor as T
from theano.gradient import Rop, grad
from theano.tensor import nnet
from theano.tensor.nnet import crossentropy as ce
from theano.tensor.nnet import prepend

RNG = np.random.RandomState(5)
X = RNG.uniform(-2, 2, (3, 4))
B = RNG.uniform(-1, 1, 4)
P = RNG.dirichlet(np.ones(4), 3)
W = RNG.uniform(0.5, 1, 3)
LABELS = np.array([1, 0, 3])

CASES = {
    "softmax": (nnet.softmax, [X]),
    "logsoftmax": (nnet.logsoftmax, [X]),
    "softmax with bias": (nnet.softmax_with_bias, [X, B]),
    "softmax gradient": (nnet.softmax_grad, [X, P]),
    "crossentropy of labels": (lambda p: nnet.categorical_crossentropy(p, LABELS), [P]),
    "its gradient": (lambda g, p: ce.crossentropy_categorical_1hot_grad(g, p, LABELS), [W, P]),
    "crossentropy of probabilities": (nnet.categorical_crossentropy, [P, P[::-1]]),
    "fused loss": (lambda x, b: nnet.crossentropy_softmax_1hot_with_bias(x, b, LABELS)[0], [X, B]),
    "fused probabilities": (lambda x, b: nnet.crossentropy_softmax_1hot_with_bias(x, b, LABELS)[1], [X, B]),
    "fused both": (lambda x, b: T.mul(*[T.sum(v ** 2) for v in nnet.crossentropy_softmax_1hot_with_bias(x, b, LABELS)]),
                   [X, B]),
    "fused gradient": (lambda g, s: ce.crossentropy_softmax_1hot_with_bias_dx(g, s, LABELS), [W, P]),
    "fused gradient by a scalar": (lambda g, s: ce.crossentropy_softmax_1hot_with_bias_dx(g, s, LABELS), [W[0], P]),
    "binary crossentropy": (nnet.binary_crossentropy, [P, P[::-1]]),
    "sigmoid crossentropy": (nnet.sigmoid_binary_crossentropy, [X, P]),
    "prepended constant": (prepend.prepend_1_to_each_row, [X]),
    "prepended scalar": (prepend.prepend_scalar_to_each_row, [W[0], X]),
    "relu": (lambda x: nnet.relu(x, 0.2), [X]),
    "elu": (nnet.elu, [X]),
    "selu": (nnet.selu, [X]),
    "softsign": (nnet.softsign, [X]),
    "hard sigmoid": (nnet.hard_sigmoid, [X]),
}  # fmt: skip
SECOND = ["softmax", "logsoftmax", "crossentropy of labels", "fused loss", "fused both", "sigmoid crossentropy"]


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    check.gradient(*CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    check.forward(*CASES[name])


@pytest.mark.parametrize("name", SECOND)
def test_second_derivative(name, check):
    check.second(*CASES[name], tolerance=1e-5)


def test_hessian_times_vector_of_a_classifier_by_both_idioms(check):
    x, w, u = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("u")
    cost = nnet.categorical_crossentropy(nnet.softmax(T.dot(x, w)), LABELS).mean()
    g = grad(cost, w)
    point = {x: X, w: RNG.uniform(-1, 1, (4, 4)), u: RNG.uniform(-1, 1, (4, 4))}
    one, other = check.evaluate([Rop(g, w, u), grad(T.sum(g * u), w)], point)
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_slopes_at_zero(check):
    x = T.dscalar("x")
    for build, slope in ((nnet.relu, 0.5), (lambda v: nnet.relu(v, 0.2), 0.6), (lambda v: nnet.elu(v, 0.3), 0.3)):
        assert check.evaluate(grad(build(x), x), {x: 0.0}) == pytest.approx(slope)
    assert check.evaluate(grad(nnet.hard_sigmoid(x), x), {x: 2.5}) == pytest.approx(0.2)


def test_ultra_fast_sigmoid_has_no_gradient():
    x = T.dscalar("x")
    with pytest.raises(NotImplementedError):
        grad(nnet.ultra_fast_sigmoid(x), x)
