"""Permutations of the last dimension, and positions of nonzero elements."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import grad_undefined
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.rules.tensor.elemwise import sum_to
from theano.tensor import Nonzero, PermuteRowElements

__all__ = ["register"]


@gradient
def permute_gradient(node: Any, gs: list) -> list:
    """The inverse permutation of g, summed over stretched dimensions."""
    x, y, inverse = node.inputs
    turned = node.op(gs[0], y, at.cast(at.eq(inverse, 0), "int32"))
    return [
        sum_to(x, turned, node.outputs[0]),
        grad_undefined(node.op, 1, y),
        grad_undefined(node.op, 2, inverse),
    ]


@forward
def permute_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


def nonzero_gradient(node: Any, gs: list) -> list:
    return [grad_undefined(node.op, 0, node.inputs[0], "positions are no numbers that could vary")]


def register(registry: Any) -> None:
    registry.table("gradient").register(PermuteRowElements, permute_gradient)
    registry.table("forward").register(PermuteRowElements, permute_forward)
    registry.table("gradient").register(Nonzero, nonzero_gradient)
