"""Reading diagonals and building matrices from them."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import zero_gradient
from theano.tensor import AdvancedIncSubtensor, AllocDiag, ExtractDiag, shape_i

__all__ = ["register"]


@gradient
def extract_diag_gradient(node: Any, gs: list) -> list:
    """g on the diagonal, zero elsewhere."""
    (x,), (g,) = node.inputs, gs
    ndim, op = x.type.ndim, node.op
    first, second = op.axis1 % ndim, op.axis2 % ndim
    order = [first, second, *[i for i in range(ndim) if i not in (first, second)]]
    back = [order.index(i) for i in range(ndim)]
    steps = at.arange(shape_i(g, ndim - 2))
    places = (steps + max(0, -op.offset), steps + max(0, op.offset))
    blank = zero_gradient(x).dimshuffle(*order)
    values = g.dimshuffle(ndim - 2, *range(ndim - 2))
    return [AdvancedIncSubtensor()(blank, values, *places).dimshuffle(*back)]


@gradient
def alloc_diag_gradient(node: Any, gs: list) -> list:
    return [ExtractDiag(node.op.offset, node.op.axis1, node.op.axis2)(gs[0])]


@forward
def linear_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0])]


def register(registry: Any) -> None:
    for op_class, rule in ((ExtractDiag, extract_diag_gradient), (AllocDiag, alloc_diag_gradient)):
        registry.table("gradient").register(op_class, rule)
        registry.table("forward").register(op_class, linear_forward)
