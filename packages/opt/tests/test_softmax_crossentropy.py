"""Softmax and its cross-entropy, however written, become the fused stable ops."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.nnet.crossentropy import crossentropy_categorical_1hot_grad
from theano.tensor.nnet.softmax import softmax_grad
from theano.tensor.subtensor import AdvancedIncSubtensor

x = T.dmatrix("x")
b = T.dvector("b")
y = T.lvector("y")
rng = np.random.default_rng(0)
X, B, Y = rng.normal(size=(6, 4)), rng.normal(size=4), rng.integers(0, 4, size=6)
FUSED = "CrossentropySoftmaxArgmax1HotWithBias"
FUSED_GRAD = "CrossentropySoftmax1HotWithBiasDx"


def naive_softmax(z):
    e = T.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def rows():
    return T.arange(y.shape[0])


LOSSES = {
    "categorical": lambda p: T.nnet.categorical_crossentropy(p, y),
    "log then index": lambda p: -T.log(p)[rows(), y],
    "index then log": lambda p: -T.log(p[rows(), y]),
}


def truth(z):
    z = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(Y)), Y]


@pytest.mark.parametrize("softmax", [T.nnet.softmax, naive_softmax], ids=["op", "naive"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("biased", [False, True])
def test_losses_become_the_fused_op(rewriting, softmax, loss, biased):
    out = loss(softmax(x + b if biased else x)).mean()
    left = rewriting.ops([x, b, y], out)
    assert FUSED in left
    assert not {"AdvancedSubtensor", "Log", "Softmax", "LogSoftmax", "Exp"} & set(left)
    rewriting.same([x, b, y], out, X, B, Y)
    quick = rewriting.compile([x, b, y], out)
    np.testing.assert_allclose(quick(X * 1e4, B, Y), truth(X * 1e4 + (B if biased else 0)).mean())


@pytest.mark.parametrize("biased", [False, True])
def test_gradients_become_the_fused_gradient(rewriting, biased):
    sm = T.nnet.softmax(x + b if biased else x)
    g = T.dvector("g")
    zeros = T.zeros_like(sm)
    put = AdvancedIncSubtensor()
    forms = [
        softmax_grad(crossentropy_categorical_1hot_grad(g, sm, y), sm),
        softmax_grad(put(zeros, -g, rows(), y) / sm, sm),
        softmax_grad(put(zeros, -g / sm[rows(), y], rows(), y), sm),
        softmax_grad(-(put(zeros, g, rows(), y) / sm), sm),
    ]
    data = (X, B, Y, rng.normal(size=6))
    for out in forms:
        assert FUSED_GRAD in rewriting.ops([x, b, y, g], out)
        rewriting.same([x, b, y, g], out, *data)
        big = rewriting.compile([x, b, y, g], out)(X * 1e4, B, Y, data[3])
        assert np.isfinite(big).all()


def test_gradient_of_a_mean_has_a_scalar_step(rewriting):
    sm = T.nnet.softmax(x)
    g = T.fill(y, 1.0 / y.shape[0])
    left = rewriting.ops([x, y], softmax_grad(crossentropy_categorical_1hot_grad(g, sm, y), sm))
    assert "Alloc" not in left
    assert FUSED_GRAD in left


def test_softmax_of_the_loss_is_computed_once(rewriting):
    p = T.nnet.softmax(x + b)
    left = rewriting.ops([x, b, y], [T.nnet.categorical_crossentropy(p, y).mean(), p])
    assert left.count(FUSED) == 1
    assert "SoftmaxWithBias" not in left
    assert "Softmax" not in left


def test_log_softmax(rewriting):
    out = T.log(T.nnet.softmax(x))
    assert rewriting.ops([x], out) == ["LogSoftmax"]
    rewriting.same([x], out, X)
    assert np.isfinite(rewriting.compile([x], out)(X * 1e4)).all()
    assert rewriting.ops([x], T.exp(T.nnet.logsoftmax(x))) == ["Softmax"]


def test_gradient_of_log_softmax(rewriting):
    g = T.dmatrix("g")
    sm = T.nnet.softmax(x)
    out = softmax_grad(g / sm, sm)
    G = rng.normal(size=X.shape)
    rewriting.same([x, g], out, X, G)
    assert np.isfinite(rewriting.compile([x, g], out)(X * 1e4, G)).all()


def test_naive_softmax_is_recognised(rewriting):
    assert rewriting.ops([x], naive_softmax(x)) == ["Softmax"]
    assert rewriting.ops([x, b], naive_softmax(x + b)) == ["SoftmaxWithBias"]
    assert np.isfinite(rewriting.compile([x], naive_softmax(x))(X * 1e4)).all()
    column = T.dcol("column")
    assert "Softmax" not in rewriting.ops([column], naive_softmax(column))


def test_written_out_softmax_gradient_is_recognised(rewriting):
    g = T.dmatrix("g")
    sm = T.nnet.softmax(x)
    out = (g - (g * sm).sum(axis=1, keepdims=True)) * sm
    assert "SoftmaxGrad" in rewriting.ops([x, g], out)
    rewriting.same([x, g], out, X, rng.normal(size=X.shape))


def test_argmax_of_softmax(rewriting):
    assert rewriting.ops([x], T.argmax(T.nnet.softmax(x), axis=1)) == ["Argmax"]
    rewriting.same([x, b], T.argmax(T.nnet.softmax(x + b), axis=1), X, B)


def test_other_rows_than_a_full_count_are_left_alone(rewriting):
    out = -T.log(T.nnet.softmax(x))[T.arange(3), y]
    assert "AdvancedSubtensor" in rewriting.ops([x, y], out)
    rewriting.same([x, y], out, X, Y[:3])


def test_excluding_the_fused_loss(rewriting):
    out = T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)
    without = ("fusion", "crossentropy_to_crossentropy_with_softmax_with_bias", "xent")
    assert FUSED not in rewriting.ops([x, y], out, excluding=without)
