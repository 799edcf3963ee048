"""Indexing: reads are undone by adding at the indexed places, writes by reading there."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.batching import same_op
from theano.gradient.disconnected import grad_not_implemented
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.rules.tensor.broadcasting import sum_to_value
from theano.gradient.zeros import zero_gradient
from theano.graph import Op, Variable
from theano.tensor import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
)

__all__ = ["register"]


def _reader(op: Op) -> Op:
    """The op that reads where `op` writes."""
    if isinstance(op, IncSubtensor):
        return Subtensor(op.idx_list)
    if isinstance(op, AdvancedIncSubtensor1):
        return AdvancedSubtensor1()
    return AdvancedBooleanSubtensor() if isinstance(op, AdvancedBooleanIncSubtensor) else AdvancedSubtensor()


def _writer(op: Any, put: bool = False) -> Any:
    """The op that adds to, or with `put` replaces, what `op` reads or writes."""
    if isinstance(op, Subtensor | IncSubtensor):
        return IncSubtensor(op.idx_list, set_instead_of_inc=put)
    if isinstance(op, AdvancedSubtensor1 | AdvancedIncSubtensor1):
        return AdvancedIncSubtensor1(set_instead_of_inc=put)
    if isinstance(op, AdvancedBooleanSubtensor | AdvancedBooleanIncSubtensor):
        return AdvancedBooleanIncSubtensor(set_instead_of_inc=put)
    return AdvancedIncSubtensor(set_instead_of_inc=put)


@gradient
def read_gradient(node: Any, gs: list) -> list:
    """Zeros like x, with g added at the indexed places; repeated places accumulate."""
    x, *index = node.inputs
    rest = [None] * len(index)
    if getattr(node.op, "sparse_grad", False):
        return [grad_not_implemented(node.op, 0, x, "leave sparse_grad away"), *rest]
    return [_writer(node.op)(zero_gradient(x), gs[0], *index), *rest]


@forward
def read_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


@gradient
def write_gradient(node: Any, gs: list) -> list:
    """x gets g, without the region that was replaced; y gets g from the region.

    Where a place was set twice, both values receive its gradient though only one was stored.
    """
    _, y, *index = node.inputs
    (g,) = gs
    region = _reader(node.op)(g, *index)
    for_x = g
    if node.op.set_instead_of_inc:
        for_x = _writer(node.op, put=True)(g, at.constant(0, dtype=g.type.dtype), *index)
    return [for_x, sum_to_value(y, region), *[None] * len(index)]


@forward
def write_forward(node: Any, points: list) -> list:
    """The same write, of tangents into tangents."""
    x, y, *index = node.inputs
    moved = [_or_zeros(v, p) for v, p in zip((x, y), points[:2], strict=True)]
    return [_writer(node.op, put=node.op.set_instead_of_inc)(*moved, *index)]


def _or_zeros(v: Variable, point: Variable | None) -> Variable:
    return zero_gradient(v) if point is None else point


def write_batching(node: Any, block: Any) -> list | None:
    """The same region of each row; what is read or written there has the last axis of the block."""
    if not block.only(0, 1):
        return None
    return [node.op(block.full(0), block.spread(1), *block.inputs[2:])]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    for op_class in (Subtensor, AdvancedSubtensor1, AdvancedSubtensor, AdvancedBooleanSubtensor):
        backward.register(op_class, read_gradient)
        tangents.register(op_class, read_forward)
    for op_class in (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor, AdvancedBooleanIncSubtensor):
        backward.register(op_class, write_gradient)
        tangents.register(op_class, write_forward)
    many = registry.table("batching")
    for op_class in (Subtensor, AdvancedSubtensor1, AdvancedSubtensor):
        many.register(op_class, same_op(0))
    for op_class in (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor):
        many.register(op_class, write_batching)
