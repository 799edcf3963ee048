"""Tensors made from numbers."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import grad_undefined
from theano.gradient.rules.conventions import forward, gradient
from theano.graph import Variable
from theano.tensor import ARange, Eye, Tri, shape_i

__all__ = ["register"]


def _positions(vector: Variable) -> Variable:
    return at.arange(shape_i(vector, 0), dtype=vector.type.dtype)


@gradient
def arange_gradient(node: Any, gs: list) -> list:
    """Element k is start + k * step; the number of elements moves in steps only."""
    (g,) = gs
    return [at.sum(g), None, at.sum(g * _positions(g))]


@forward
def arange_forward(node: Any, points: list) -> list:
    out = node.outputs[0]
    start, _, step = points
    total = at.zeros_like(out) if start is None else at.second(out, start)
    return [total if step is None else total + at.cast(step, out.type.dtype) * _positions(out)]


def mask_gradient(node: Any, gs: list) -> list:
    return [grad_undefined(node.op, i, v, "sizes are no numbers that could vary") for i, v in enumerate(node.inputs)]


def register(registry: Any) -> None:
    registry.table("gradient").register(ARange, arange_gradient)
    registry.table("forward").register(ARange, arange_forward)
    for op_class in (Eye, Tri):
        registry.table("gradient").register(op_class, mask_gradient)
