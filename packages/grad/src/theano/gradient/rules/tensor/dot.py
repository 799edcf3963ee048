"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.tensor import Dot
from theano.tensor.blas import Dot22

__all__ = ["register"]


@gradient
def dot_gradient(node: Any, gs: list) -> list:
    """g y' and x' g, with outer products where an operand is a vector."""
    (x, y), (g,) = node.inputs, gs
    ranks = (x.type.ndim, y.type.ndim)
    if ranks == (1, 1):
        return [g * y, g * x]
    if ranks == (2, 1):
        return [g.dimshuffle(0, "x") * y.dimshuffle("x", 0), at.dot(x.T, g)]
    if ranks == (1, 2):
        return [at.dot(g, y.T), x.dimshuffle(0, "x") * g.dimshuffle("x", 0)]
    return [at.dot(g, y.T), at.dot(x.T, g)]


@forward
def dot_forward(node: Any, points: list) -> list:
    """Product rule."""
    x, y = node.inputs
    terms = []
    if points[0] is not None:
        terms.append(at.dot(points[0], y))
    if points[1] is not None:
        terms.append(at.dot(x, points[1]))
    return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]


def register(registry: Any) -> None:
    for op_class in (Dot, Dot22):
        registry.table("gradient").register(op_class, dot_gradient)
        registry.table("forward").register(op_class, dot_forward)
