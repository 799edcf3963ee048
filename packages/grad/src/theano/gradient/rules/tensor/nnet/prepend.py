"""A constant column at the left of a matrix."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import zero_gradient
from theano.tensor.nnet import Prepend_scalar_constant_to_each_row, Prepend_scalar_to_each_row, prepend_0_to_each_row

__all__ = ["register"]


@gradient
def constant_column_gradient(node: Any, gs: list) -> list:
    return [gs[0][:, 1:]]


@forward
def constant_column_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else prepend_0_to_each_row(points[0])]


@gradient
def scalar_column_gradient(node: Any, gs: list) -> list:
    """The scalar gets the sum of the first column, the matrix the rest."""
    return [at.sum(gs[0][:, 0]), gs[0][:, 1:]]


@forward
def scalar_column_forward(node: Any, points: list) -> list:
    return [node.op(*[zero_gradient(v) if p is None else p for v, p in zip(node.inputs, points, strict=True)])]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    backward.register(Prepend_scalar_constant_to_each_row, constant_column_gradient)
    tangents.register(Prepend_scalar_constant_to_each_row, constant_column_forward)
    backward.register(Prepend_scalar_to_each_row, scalar_column_gradient)
    tangents.register(Prepend_scalar_to_each_row, scalar_column_forward)
