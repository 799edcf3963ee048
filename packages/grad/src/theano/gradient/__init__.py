"""Differentiation: reverse mode, forward mode, Jacobians, and what changes or checks gradients."""

from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient.backward import Lop, format_as, grad, pullback, subgraph_grad
from theano.gradient.disconnected import (
    DisconnectedType,
    NullType,
    disconnected_type,
    grad_not_implemented,
    grad_undefined,
)
from theano.gradient.forward import Rop
from theano.gradient.identity_ops import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ZeroGrad,
    consider_constant,
    consider_constant_,
    disconnected_grad,
    disconnected_grad_,
    grad_clip,
    grad_scale,
    undefined_grad,
    zero_grad,
    zero_grad_,
)
from theano.gradient.jacobian import hessian, jacobian
from theano.gradient.numeric import GradientError, mode_not_slow, numeric_grad, verify_grad

# Seconds that were spent in building gradients, over all calls of grad.
grad_time = 0.0

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "DisconnectedInputError",
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "GradientError",
    "Lop",
    "NullType",
    "NullTypeGradError",
    "Rop",
    "UndefinedGrad",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "disconnected_type",
    "format_as",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_time",
    "grad_undefined",
    "hessian",
    "jacobian",
    "mode_not_slow",
    "numeric_grad",
    "pullback",
    "subgraph_grad",
    "undefined_grad",
    "verify_grad",
    "zero_grad",
    "zero_grad_",
]
