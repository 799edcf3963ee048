"""Running sums and products, differences, repetition, diagonals."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import grad_undefined
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import zero_gradient
from theano.graph import Variable
from theano.tensor import (
    AdvancedIncSubtensor1,
    AdvancedSubtensor1,
    DiffOp,
    Reshape,
    inc_subtensor,
    shape_i,
    shape_tuple,
)
from theano.tensor.extra_ops import (
    BinCountOp,
    CpuContiguous,
    CumOp,
    FillDiagonal,
    FillDiagonalOffset,
    RepeatOp,
    SearchsortedOp,
)

__all__ = ["register"]


def _cut(x: Variable, axis: int, part: slice) -> Variable:
    return x[(slice(None),) * axis + (part,)]


def _from_the_end(x: Variable, axis: int) -> Variable:
    """Running sum that starts at the end of the axis."""
    back = slice(None, None, -1)
    return _cut(CumOp(axis, "add")(_cut(x, axis, back)), axis, back)


@gradient
def cumulative_gradient(node: Any, gs: list) -> list:
    """Element j reaches all results from j on. The product form divides by x: NaN or inf where x is 0."""
    (x,), (g,) = node.inputs, gs
    axis = 0 if node.op.axis is None else node.op.axis % x.type.ndim
    if node.op.mode == "mul":
        g = g * node.outputs[0]
    term = _from_the_end(g, axis)
    if node.op.axis is None:
        term = Reshape(x.type.ndim)(term, shape_tuple(x))
    return [term / x if node.op.mode == "mul" else term]


@forward
def cumulative_forward(node: Any, points: list) -> list:
    (x,), (point,) = node.inputs, points
    if point is None:
        return [None]
    running = CumOp(node.op.axis, "add")
    return [running(point) if node.op.mode == "add" else running(point / x) * node.outputs[0]]


@gradient
def diff_gradient(node: Any, gs: list) -> list:
    """Each difference takes from its left and gives to its right; once per order."""
    (x,), (g,) = node.inputs, gs
    axis = node.op.axis % x.type.ndim
    for order in range(node.op.n - 1, -1, -1):
        blank = zero_gradient(_cut(x, axis, slice(order, None)))
        right = inc_subtensor(_cut(blank, axis, slice(1, None)), g)
        g = inc_subtensor(_cut(right, axis, slice(None, -1)), -g)
    return [g]


@forward
def linear_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0], *node.inputs[1:])]


@gradient
def repeat_gradient(node: Any, gs: list) -> list:
    """Sum over the copies of each element."""
    x, repeats = node.inputs
    (g,) = gs
    flat = node.op.axis is None
    axis = 0 if flat else node.op.axis % x.type.ndim
    model = x.flatten() if flat else x.swapaxes(0, axis)
    source = RepeatOp(0)(at.arange(shape_i(model, 0)), repeats)
    total = AdvancedIncSubtensor1()(zero_gradient(model), g.swapaxes(0, axis), source)
    return [Reshape(x.type.ndim)(total, shape_tuple(x)) if flat else total.swapaxes(0, axis), None]


def _diagonal_sum(g: Variable, offset: Any) -> Variable:
    down, right = at.maximum(-offset, 0), at.maximum(offset, 0)
    length = at.maximum(at.minimum(shape_i(g, 0) - down, shape_i(g, 1) - right), 0)
    steps = at.arange(length)
    return at.sum(g[steps + down, steps + right])


@gradient
def fill_diagonal_gradient(node: Any, gs: list) -> list:
    """a gets g outside of the diagonal, val the sum over it."""
    (g,) = gs
    if g.type.ndim > 2:
        raise NotImplementedError(f"gradient of {node.op} for tensors of {g.type.ndim} dimensions; use matrices")
    return [node.op(g, at.constant(0, dtype=g.type.dtype)), _diagonal_sum(g, at.constant(0))]


@gradient
def fill_diagonal_offset_gradient(node: Any, gs: list) -> list:
    offset = node.inputs[2]
    (g,) = gs
    return [
        node.op(g, at.constant(0, dtype=g.type.dtype), offset),
        _diagonal_sum(g, at.cast(offset, "int64")),
        grad_undefined(node.op, 2, offset),
    ]


@forward
def fill_diagonal_forward(node: Any, points: list) -> list:
    moved = [zero_gradient(v) if p is None else p for v, p in zip(node.inputs[:2], points[:2], strict=True)]
    return [node.op(*moved, *node.inputs[2:])]


@gradient
def pass_through(node: Any, gs: list) -> list:
    return [gs[0]]


@gradient
def flat(node: Any, gs: list) -> list:
    return [None] * len(node.inputs)


@gradient
def bincount_gradient(node: Any, gs: list) -> list:
    """Weights get g from the bin that they went to."""
    return [None, AdvancedSubtensor1()(gs[0], node.inputs[0])]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    rows = (
        (CumOp, cumulative_gradient, cumulative_forward),
        (DiffOp, diff_gradient, linear_forward),
        (RepeatOp, repeat_gradient, linear_forward),
        (FillDiagonal, fill_diagonal_gradient, fill_diagonal_forward),
        (FillDiagonalOffset, fill_diagonal_offset_gradient, fill_diagonal_forward),
        (CpuContiguous, pass_through, linear_forward),
    )
    for op_class, back, ahead in rows:
        backward.register(op_class, back)
        tangents.register(op_class, ahead)
    backward.register(SearchsortedOp, flat)
    backward.register(BinCountOp, bincount_gradient)
