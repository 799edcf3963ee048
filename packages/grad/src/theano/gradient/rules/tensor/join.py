"""Putting tensors together and taking them apart."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import is_disconnected
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import is_continuous, zero_gradient
from theano.graph import Variable
from theano.tensor import (
    Join,
    MakeVector,
    Reshape,
    ScalarFromTensor,
    Split,
    TensorFromScalar,
    Tile,
    scalar_from_tensor,
    shape_i,
    shape_tuple,
    tensor_from_scalar,
)
from theano.tensor.axis_inputs import constant_axis

__all__ = ["register"]


def _or_zeros(x: Variable, point: Variable | None) -> Variable:
    return zero_gradient(x) if point is None else point


@gradient
def join_gradient(node: Any, gs: list) -> list:
    """Pieces of g along the axis."""
    axis, *parts = node.inputs
    if len(parts) == 1:
        return [None, gs[0]]
    sizes = at.stack([part.shape[axis] for part in parts])
    pieces = Split(len(parts))(gs[0], axis, sizes)
    return [None, *pieces]


@forward
def join_forward(node: Any, points: list) -> list:
    axis, *parts = node.inputs
    moved = [_or_zeros(x, p) for x, p in zip(parts, points[1:], strict=True)]
    return [node.op(axis, *moved)]


@gradient
def split_gradient(node: Any, gs: list) -> list:
    """Join the gradients of the pieces; unused pieces count as zeros."""
    _, axis, _ = node.inputs
    pieces = [zero_gradient(v) if is_disconnected(g) else g for v, g in zip(node.outputs, gs, strict=True)]
    return [at.join(axis, *pieces), None, None]


@forward
def split_forward(node: Any, points: list) -> list:
    if points[0] is None:
        return [None] * len(node.outputs)
    return node.op(points[0], *node.inputs[1:], return_list=True)


@gradient
def tile_gradient(node: Any, gs: list) -> list:
    """Split each length in (copies, own length), and sum over the copies."""
    x, reps = node.inputs
    ndim = node.op.ndim
    own = [1] * (ndim - x.type.ndim) + [shape_i(x, i) for i in range(x.type.ndim)]
    lengths = [entry for i in range(ndim) for entry in (reps[i], own[i])]
    total = at.sum(Reshape(2 * ndim)(gs[0], at.stack(lengths)), axis=list(range(0, 2 * ndim, 2)))
    return [Reshape(x.type.ndim)(total, shape_tuple(x)), None]


@gradient
def make_vector_gradient(node: Any, gs: list) -> list:
    return [gs[0][i] if is_continuous(x) else None for i, x in enumerate(node.inputs)]


@forward
def tile_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], node.inputs[1])]


@forward
def make_vector_forward(node: Any, points: list) -> list:
    return [node.op(*[at.cast(_or_zeros(x, p), node.op.dtype) for x, p in zip(node.inputs, points, strict=True)])]


@gradient
def tensor_from_scalar_gradient(node: Any, gs: list) -> list:
    return [scalar_from_tensor(gs[0])]


@gradient
def scalar_from_tensor_gradient(node: Any, gs: list) -> list:
    return [tensor_from_scalar(gs[0])]


@forward
def conversion_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0])]


def join_batching(node: Any, block: Any) -> list | None:
    """The axis is counted from the front, so it must be known if it may be negative."""
    axis = constant_axis(node.inputs[0])
    if axis is None:
        return None
    return [at.join(axis % node.inputs[1].type.ndim, *[block.full(i) for i in range(1, len(node.inputs))])]


def split_batching(node: Any, block: Any) -> list | None:
    axis = constant_axis(node.inputs[1])
    if axis is None or not block.only(0):
        return None
    return node.op(block.inputs[0], axis % node.inputs[0].type.ndim, block.inputs[2], return_list=True)


def make_vector_batching(node: Any, block: Any) -> list:
    return [at.stack([at.cast(block.full(i), node.op.dtype) for i in range(len(node.inputs))])]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    backward.register(Join, join_gradient)
    tangents.register(Join, join_forward)
    backward.register(Tile, tile_gradient)
    tangents.register(Tile, tile_forward)
    backward.register(Split, split_gradient)
    tangents.register(Split, split_forward)
    backward.register(MakeVector, make_vector_gradient)
    tangents.register(MakeVector, make_vector_forward)
    backward.register(TensorFromScalar, tensor_from_scalar_gradient)
    backward.register(ScalarFromTensor, scalar_from_tensor_gradient)
    tangents.register(TensorFromScalar, conversion_forward)
    tangents.register(ScalarFromTensor, conversion_forward)
    many = registry.table("batching")
    many.register(Join, join_batching)
    many.register(Split, split_batching)
    many.register(MakeVector, make_vector_batching)
