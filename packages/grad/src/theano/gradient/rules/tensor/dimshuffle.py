"""Dimension shuffles and broadcast flags."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.batching import same_op
from theano.gradient.rules.conventions import forward, gradient

__all__ = ["register"]


@gradient
def dimshuffle_gradient(node: Any, gs: list) -> list:
    """Inverse order; inserted dimensions are dropped, dropped ones come back with length 1."""
    (x,), (g,) = node.inputs, gs
    order: list[Any] = ["x"] * x.type.ndim
    for position, source in enumerate(node.op.new_order):
        if source != "x":
            order[source] = position
    return [g.dimshuffle(*order)]


@forward
def dimshuffle_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else points[0].dimshuffle(*node.op.new_order)]


@gradient
def rebroadcast_gradient(node: Any, gs: list) -> list:
    return [at.patternbroadcast(gs[0], node.inputs[0].type.broadcastable)]


@forward
def rebroadcast_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0])]


def dimshuffle_batching(node: Any, block: Any) -> list:
    return [block.inputs[0].dimshuffle(*node.op.new_order, node.inputs[0].type.ndim)]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    backward.register(at.DimShuffle, dimshuffle_gradient)
    tangents.register(at.DimShuffle, dimshuffle_forward)
    backward.register(at.Rebroadcast, rebroadcast_gradient)
    tangents.register(at.Rebroadcast, rebroadcast_forward)
    registry.table("batching").register(at.DimShuffle, dimshuffle_batching)
    registry.table("batching").register(at.Rebroadcast, same_op(0))
