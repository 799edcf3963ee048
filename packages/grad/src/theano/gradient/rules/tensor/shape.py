"""Reading and asserting shapes; checks inside a graph. Shapes have no gradient: they are disconnected."""

from __future__ import annotations

from typing import Any

from theano.gradient.batching import same_op
from theano.gradient.rules.conventions import forward, gradient
from theano.tensor import Assert, MakeSlice, Shape, Shape_i, SpecifyShape

__all__ = ["register"]


@gradient
def nothing_flows(node: Any, gs: list) -> list:
    return [None] * len(node.inputs)


@gradient
def first_input_gradient(node: Any, gs: list) -> list:
    """The output is the first input; the others only check it."""
    return [gs[0], *[None] * (len(node.inputs) - 1)]


@forward
def checked_forward(node: Any, points: list) -> list:
    """The same check, on the tangent: this keeps the check in graphs that only use the tangent."""
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


def shape_batching(node: Any, block: Any) -> list:
    """Lengths are those of a row, the same for all."""
    return [node.op(block.inputs[0])[:-1]]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    for op_class in (Shape, Shape_i, MakeSlice):
        backward.register(op_class, nothing_flows)
    for op_class in (SpecifyShape, Assert):
        backward.register(op_class, first_input_gradient)
        tangents.register(op_class, checked_forward)
    registry.table("batching").register(Shape, shape_batching)
    registry.table("batching").register(Shape_i, same_op(0))
