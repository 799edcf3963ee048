"""Identities that change the gradient only. Rewriting removes them late; until then they are views."""

from __future__ import annotations

import warnings
from typing import Any

import theano.tensor as at
from theano.compile import ViewOp
from theano.errors import NullTypeGradError, explain
from theano.gradient.disconnected import disconnected_type, grad_undefined
from theano.gradient.zeros import zero_gradient
from theano.graph import Apply, Variable, frozen_op

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "GradClip",
    "GradScale",
    "UndefinedGrad",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "grad_clip",
    "grad_scale",
    "undefined_grad",
    "zero_grad",
    "zero_grad_",
]


class ZeroGrad(ViewOp):
    """The identity; its gradient is zero."""

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return [zero_gradient(inputs[0])]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return [None if eval_points[0] is None else zero_gradient(inputs[0])]


class ConsiderConstant(ZeroGrad):
    """The identity; its gradient is zero (older name of `ZeroGrad`)."""


class DisconnectedGrad(ViewOp):
    """The identity; gradients do not pass, as if its input did not matter."""

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return [disconnected_type()]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Nothing is connected."""
        return [[False]]


class UndefinedGrad(ViewOp):
    """The identity; asking for its gradient is an error."""

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return [grad_undefined(self, 0, inputs[0], "the expression was marked with undefined_grad")]

    def R_op(self, inputs: list[Variable], eval_points: list[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None]
        raise NullTypeGradError(
            explain(f"Rop through {self}", "the expression was marked with undefined_grad", "leave this path out")
        )


@frozen_op
class GradClip(ViewOp):
    """The identity; its gradient is clipped elementwise to [clip_lower_bound, clip_upper_bound]."""

    clip_lower_bound: float = -1.0
    clip_upper_bound: float = 1.0

    def __post_init__(self) -> None:
        if not self.clip_upper_bound >= self.clip_lower_bound:
            raise AssertionError(
                explain(
                    f"grad_clip to [{self.clip_lower_bound}, {self.clip_upper_bound}]",
                    "the lower bound is above the upper",
                    "swap the bounds",
                )
            )

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        g = output_grads[0]
        bounds = (self.clip_lower_bound, self.clip_upper_bound)
        return [at.clip(g, *[at.constant(b, dtype=g.type.dtype) for b in bounds])]


@frozen_op
class GradScale(ViewOp):
    """The identity; its gradient is multiplied by `multiplier`."""

    multiplier: float = 1.0

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        g = output_grads[0]
        return [g * at.constant(self.multiplier, dtype=g.type.dtype)]


zero_grad_ = ZeroGrad()
disconnected_grad_ = DisconnectedGrad()
consider_constant_ = ConsiderConstant()
undefined_grad_ = UndefinedGrad()


def zero_grad(x: Any) -> Variable:
    """Return `x`; gradients that pass here become zero.

    Examples
    --------
    >>> import theano.tensor as T
    >>> from theano.gradient import grad
    >>> x = T.dscalar()
    >>> float(grad(x * zero_grad(x), x).eval({x: 3.0}))
    3.0
    """
    return zero_grad_(at.as_tensor_variable(x))


def disconnected_grad(x: Any) -> Variable:
    """Return `x`; for gradients it is as if `x` did not matter here."""
    return disconnected_grad_(at.as_tensor_variable(x))


def undefined_grad(x: Any) -> Variable:
    """Return `x`; asking for a gradient that passes here is an error."""
    return undefined_grad_(at.as_tensor_variable(x))


def consider_constant(x: Any) -> Variable:
    """Return `x`; gradients that pass here become zero. Deprecated: use `zero_grad` or `disconnected_grad`."""
    text = "consider_constant is deprecated; use zero_grad or disconnected_grad"
    warnings.warn(text, DeprecationWarning, stacklevel=2)
    return consider_constant_(at.as_tensor_variable(x))


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Variable:
    """Return `x`; gradients that pass here are clipped elementwise.

    Parameters
    ----------
    x : TensorVariable
    lower_bound, upper_bound : float

    Raises
    ------
    AssertionError
        The upper bound is below the lower.
    """
    return GradClip(lower_bound, upper_bound)(at.as_tensor_variable(x))


def grad_scale(x: Any, multiplier: float) -> Variable:
    """Return `x`; gradients that pass here are multiplied by `multiplier`."""
    return GradScale(multiplier)(at.as_tensor_variable(x))
