"""The types of gradients without value, as theano.gradient offers them."""

import numpy as np
import pytest

import theano.tensor as T
from theano.gradient import (
    DisconnectedType,
    NullType,
    NullTypeGradError,
    disconnected_type,
    grad,
    grad_not_implemented,
    grad_undefined,
)


def test_disconnected_type_never_holds_a_value():
    assert disconnected_type == DisconnectedType()
    assert str(disconnected_type) == "DisconnectedType"
    with pytest.raises(AssertionError):
        disconnected_type.filter(np.zeros(2))


def test_null_type_tells_why():
    null = NullType("nobody knows")
    assert null.why_null == "nobody knows"
    with pytest.raises(ValueError, match="nobody knows"):
        null.filter(1.0)


@pytest.mark.parametrize("make", [grad_undefined, grad_not_implemented])
def test_null_gradients_name_op_and_input(make):
    x = T.dscalar("weight")
    null = make(T.exp, 2, x, "ask a friend")
    assert isinstance(null.type, NullType)
    for word in ("exp", "input 2", "weight", "ask a friend"):
        assert word in null.type.why_null


def test_the_types_are_offered_by_the_tensor_namespace():
    assert T.DisconnectedType is DisconnectedType
    assert T.grad is grad


def test_a_null_gradient_cannot_be_used_as_cost():
    with pytest.raises((ValueError, NullTypeGradError)):
        grad(grad_undefined(T.exp, 0, T.dscalar()), T.dscalar())
