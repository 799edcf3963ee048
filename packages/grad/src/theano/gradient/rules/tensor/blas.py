"""Products per item of a batch. The other BLAS ops are made by rewriting, after differentiation."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.conventions import forward, gradient
from theano.graph import Variable
from theano.tensor.blas import BatchedDot, batched_dot

__all__ = ["register"]


def _as_column(x: Variable) -> Variable:
    """Vectors of a batch as matrices of one column."""
    return x.dimshuffle(0, 1, "x") if x.type.ndim == 2 else x


@gradient
def batched_dot_gradient(node: Any, gs: list) -> list:
    """As for `Dot`, for each item."""
    (x, y), (g,) = node.inputs, gs
    ranks = (x.type.ndim, y.type.ndim)
    if ranks == (2, 2):
        g = g.dimshuffle(0, "x")
        return [g * y, g * x]
    if ranks == (2, 3):
        return [batched_dot(g, y.dimshuffle(0, 2, 1)), _as_column(x) * g.dimshuffle(0, "x", 1)]
    if ranks == (3, 2):
        return [_as_column(g) * y.dimshuffle(0, "x", 1), batched_dot(x.dimshuffle(0, 2, 1), g)]
    return [batched_dot(g, y.dimshuffle(0, 2, 1)), batched_dot(x.dimshuffle(0, 2, 1), g)]


@forward
def batched_dot_forward(node: Any, points: list) -> list:
    """Product rule."""
    x, y = node.inputs
    terms = []
    if points[0] is not None:
        terms.append(batched_dot(points[0], y))
    if points[1] is not None:
        terms.append(batched_dot(x, points[1]))
    return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]


def register(registry: Any) -> None:
    registry.table("gradient").register(BatchedDot, batched_dot_gradient)
    registry.table("forward").register(BatchedDot, batched_dot_forward)
