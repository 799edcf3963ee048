"""New tensors of given lengths: the value's gradient is the sum over the copies."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.rules.tensor.broadcasting import sum_to_value
from theano.tensor import Alloc, AllocEmpty

__all__ = ["register"]


@gradient
def alloc_gradient(node: Any, gs: list) -> list:
    return [sum_to_value(node.inputs[0], gs[0]), *[None] * (len(node.inputs) - 1)]


@forward
def alloc_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


@gradient
def lengths_only(node: Any, gs: list) -> list:
    return [None] * len(node.inputs)


def alloc_batching(node: Any, block: Any) -> list | None:
    """Lengths are the same for all rows."""
    return [node.op(*block.inputs, block.length)] if block.only(0) else None


def register(registry: Any) -> None:
    registry.table("gradient").register(Alloc, alloc_gradient)
    registry.table("forward").register(Alloc, alloc_forward)
    registry.table("batching").register(Alloc, alloc_batching)
    registry.table("gradient").register(AllocEmpty, lengths_only)
