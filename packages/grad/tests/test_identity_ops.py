"""Identities that change the gradient only."""

import numpy as np
import pytest

import theano.tensor as T
from theano.gradient import (
    DisconnectedInputError,
    GradClip,
    GradScale,
    NullTypeGradError,
    Rop,
    consider_constant,
    disconnected_grad,
    grad,
    grad_clip,
    grad_scale,
    undefined_grad,
    zero_grad,
)

X = np.array([-2.0, 0.5, 3.0])


@pytest.fixture
def both(check):
    """Value and gradient of ``sum(weights * op(x))``."""

    def run(op, weights=(1.0, 1.0, 1.0)):
        x = T.dvector("x")
        out = op(x)
        g = grad(T.sum(out * np.array(weights)), x)
        return [v.tolist() for v in check.evaluate([out, g], {x: X})]

    return run


def test_zero_grad(both):
    assert both(zero_grad) == [X.tolist(), [0.0] * 3]


def test_consider_constant_is_deprecated_and_zero(both):
    with pytest.warns(DeprecationWarning, match="zero_grad"):
        assert both(consider_constant) == [X.tolist(), [0.0] * 3]


def test_disconnected_grad():
    x = T.dvector("x")
    with pytest.raises(DisconnectedInputError):
        grad(T.sum(disconnected_grad(x)), x)


def test_undefined_grad():
    x = T.dvector("x")
    with pytest.raises(NullTypeGradError, match="undefined_grad"):
        grad(T.sum(undefined_grad(x)), x)
    with pytest.raises(NullTypeGradError, match="undefined_grad"):
        Rop(undefined_grad(x), x, x)


def test_grad_clip(both):
    weights = (-5.0, 0.3, 7.0)
    assert both(lambda x: grad_clip(x, -1, 1), weights) == [X.tolist(), [-1.0, 0.3, 1.0]]
    with pytest.raises(AssertionError, match="above"):
        grad_clip(T.dvector(), 2, 1)


def test_grad_scale(both):
    assert both(lambda x: grad_scale(x, -0.5), (1.0, 2.0, 3.0)) == [X.tolist(), [-0.5, -1.0, -1.5]]


def test_forward_mode_sees_the_identity(check):
    x, u = T.dvectors("xu")
    for op, slope in ((lambda v: grad_clip(v, 0, 0), 1.0), (lambda v: grad_scale(v, 3.0), 1.0), (zero_grad, 0.0)):
        assert check.evaluate(Rop(op(x), x, u), {x: X, u: X}).tolist() == (slope * X).tolist()


def test_float32_stays_float32():
    x = T.fvector("x")
    for op in (zero_grad, lambda v: grad_clip(v, -0.1, 0.1), lambda v: grad_scale(v, 0.1)):
        assert op(x).dtype == "float32"
        assert grad(T.sum(op(x)), x).dtype == "float32"


def test_ops_are_values():
    assert GradClip(-1, 1) == GradClip(-1, 1)
    assert GradScale(2.0) != GradScale(3.0)
