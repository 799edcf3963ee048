"""Reshape and Flatten: g goes back to the shape of the input."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.graph import Constant
from theano.tensor import Flatten, Reshape, shape_tuple

__all__ = ["register"]


@gradient
def reshape_gradient(node: Any, gs: list) -> list:
    x = node.inputs[0]
    return [Reshape(x.type.ndim)(gs[0], shape_tuple(x)), *[None] * (len(node.inputs) - 1)]


@forward
def reshape_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


def reshape_batching(node: Any, block: Any) -> list | None:
    """The shape of a row, then the number of rows."""
    if not block.only(0):
        return None
    ndim, shape = node.op.ndim, block.inputs[1]
    lengths = [int(n) for n in shape.data] if isinstance(shape, Constant) else [shape[i] for i in range(ndim)]
    return [Reshape(ndim + 1)(block.inputs[0], at.stack([*lengths, block.length]))]


def register(registry: Any) -> None:
    for op_class in (Reshape, Flatten):
        registry.table("gradient").register(op_class, reshape_gradient)
        registry.table("forward").register(op_class, reshape_forward)
    registry.table("batching").register(Reshape, reshape_batching)
