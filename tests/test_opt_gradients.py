"""Gradients of naive formulas after rewriting: as without rewrites, and finite where the formula overflows."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode, function
from theano.tensor.elemwise import Elemwise

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero", "ignore:overflow", "ignore:invalid value")

x = T.dmatrix("x")
y = T.lvector("y")
W = T.dmatrix("W")
b = T.dvector("b")
v = T.dvector("v")
rng = np.random.default_rng(0)
X, Y, WEIGHTS, BIAS = rng.normal(size=(7, 5)), rng.integers(0, 4, size=7), rng.normal(size=(5, 4)), rng.normal(size=4)


@pytest.fixture(autouse=True)
def strict_rewrites():
    """A rewrite that fails must fail the test."""
    before = theano.config.on_opt_error
    theano.config.on_opt_error = "raise"
    yield
    theano.config.on_opt_error = before


def both(inputs, outputs):
    return [function(inputs, outputs, mode=Mode("py", level), on_unused_input="ignore") for level in ("fast_run", None)]


def ops(compiled):
    return [
        type(n.op.scalar_op).__name__ if isinstance(n.op, Elemwise) else type(n.op).__name__
        for n in compiled.maker.fgraph.toposort()
    ]


def naive_softmax(z):
    e = T.exp(z)
    return e / e.sum(axis=1, keepdims=True)


LOSSES = {
    "categorical": lambda p: T.nnet.categorical_crossentropy(p, y).mean(),
    "mean of log, indexed": lambda p: -T.mean(T.log(p)[T.arange(y.shape[0]), y]),
    "mean of log of indexed": lambda p: -T.mean(T.log(p[T.arange(y.shape[0]), y])),
    "sum": lambda p: -T.sum(T.log(p)[T.arange(y.shape[0]), y]),
}


@pytest.mark.parametrize("softmax", [T.nnet.softmax, naive_softmax], ids=["op", "naive"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_softmax_regression_step(softmax, loss):
    cost = loss(softmax(T.dot(x, W) + b))
    steps = [p - 0.1 * g for p, g in zip((W, b), theano.grad(cost, [W, b]), strict=True)]
    quick, plain = both([x, y, W, b], [cost, *steps])
    for found, expected in zip(quick(X, Y, WEIGHTS, BIAS), plain(X, Y, WEIGHTS, BIAS), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert all(np.isfinite(value).all() for value in quick(X * 1e5, Y, WEIGHTS, BIAS))
    left = ops(quick)
    assert "Gemm" in left
    assert "CrossentropySoftmaxArgmax1HotWithBias" in left
    if softmax is T.nnet.softmax:
        assert "CrossentropySoftmax1HotWithBiasDx" in left
        assert not {"AdvancedSubtensor", "AdvancedIncSubtensor", "SoftmaxGrad", "ARange"} & set(left)


@pytest.mark.parametrize(
    "formula",
    [
        lambda z: T.log(1 + T.exp(z)),
        lambda z: T.log(1 / (1 + T.exp(-z))),
        lambda z: T.log(1 - 1 / (1 + T.exp(-z))),
        lambda z: 1 / (1 + T.exp(-z)),
        lambda z: T.exp(z) / (1 + T.exp(z)),
        lambda z: T.log(T.nnet.sigmoid(z)),
        lambda z: T.log(1 - T.nnet.sigmoid(z)),
    ],
    ids=["softplus", "log logistic", "log complement", "logistic", "logistic 2", "log sigmoid", "log 1-sigmoid"],
)
def test_logistic_gradients_do_not_overflow(formula):
    gradient = theano.grad(formula(v).sum(), v)
    quick, plain = both([v], gradient)
    middle = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(quick(middle), plain(middle), rtol=1e-9)
    far = quick(np.array([-1e4, -800.0, -50.0, 50.0, 800.0, 1e4]))
    assert np.isfinite(far).all()
    np.testing.assert_allclose(far[[0, 1]], far[0], atol=1e-12)


def test_logistic_regression_with_saturated_predictions():
    p = 1 / (1 + T.exp(-T.dot(x, b)))
    cost = -(v * T.log(p) + (1 - v) * T.log(1 - p)).mean()
    quick, plain = both([x, b, v], [cost, theano.grad(cost, b)])
    data = rng.normal(size=(7, 4))
    target = rng.integers(0, 2, size=7).astype("float64")
    for found, expected in zip(quick(data, BIAS, target), plain(data, BIAS, target), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert all(np.isfinite(value).all() for value in quick(data * 1e5, BIAS, target))


def test_log_sum_exp_gradient_is_a_softmax():
    gradient = theano.grad(T.log(T.exp(v).sum()), v)
    quick, plain = both([v], gradient)
    data = rng.normal(size=6)
    np.testing.assert_allclose(quick(data), plain(data), rtol=1e-9)


def test_multi_layer_perceptron_step():
    V, c = T.dmatrix("V"), T.dvector("c")
    hidden = T.tanh(T.dot(x, V) + c)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, W) + b), y).mean() + 0.01 * (V**2).sum()
    params = [V, c, W, b]
    steps = [p - 0.1 * g for p, g in zip(params, theano.grad(cost, params), strict=True)]
    quick, plain = both([x, y, *params], [cost, *steps])
    values = [X, Y, rng.normal(size=(5, 5)), rng.normal(size=5), WEIGHTS, BIAS]
    for found, expected in zip(quick(*values), plain(*values), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert ops(quick).count("Gemm") == 2
