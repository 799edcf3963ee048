"""Sorting and the k largest: g goes back to where the values came from."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.errors import NotScalarConstantError
from theano.gradient.disconnected import grad_not_implemented, grad_undefined, is_disconnected
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import zero_gradient
from theano.graph import Variable
from theano.tensor import AdvancedIncSubtensor, AdvancedSubtensor, ArgSortOp, SortOp, TopKOp, shape_i

__all__ = ["register"]


def _along(positions: Variable, axis: int) -> list[Variable]:
    """The index that takes `positions` along `axis`, and every place of the other axes as it is."""
    ndim = positions.type.ndim
    index = []
    for i in range(ndim):
        if i == axis:
            index.append(positions)
        else:
            order = ["x"] * ndim
            order[i] = 0  # type: ignore[call-overload]
            index.append(at.arange(shape_i(positions, i)).dimshuffle(*order))
    return index


def _known_axis(axis: Variable, ndim: int) -> int | None:
    if ndim == 1:
        return 0
    try:
        return int(at.get_scalar_constant_value(axis)) % ndim
    except NotScalarConstantError:
        return None


@gradient
def sort_gradient(node: Any, gs: list) -> list:
    """The inverse of the permutation that argsort of the same kind finds."""
    x, axis = node.inputs
    known = _known_axis(axis, x.type.ndim)
    undefined = grad_undefined(node.op, 1, axis)
    if known is None:
        return [grad_not_implemented(node.op, 0, x, "the axis of a sort must be known to differentiate it"), undefined]
    inverse = at.argsort(ArgSortOp(node.op.kind, node.op.order)(x, axis), axis=known)
    return [AdvancedSubtensor()(gs[0], *_along(inverse, known)), undefined]


@forward
def sort_forward(node: Any, points: list) -> list:
    x, axis = node.inputs
    if points[0] is None:
        return [None]
    known = _known_axis(axis, x.type.ndim)
    if known is None:
        raise NotImplementedError("Rop through a sort whose axis is not known")
    places = ArgSortOp(node.op.kind, node.op.order)(x, axis)
    return [AdvancedSubtensor()(points[0], *_along(places, known))]


@gradient
def flat(node: Any, gs: list) -> list:
    return [None] * len(node.inputs)


def _chosen(node: Any) -> list[Variable]:
    op, (x, k) = node.op, node.inputs
    if op.return_indices:
        places = node.outputs[-1]
    else:
        places = TopKOp(op.axis, op.sorted, op.idx_dtype)(x, k)[1]
    return _along(places, op.axis % x.type.ndim)


@gradient
def topk_gradient(node: Any, gs: list) -> list:
    """g at the chosen places, zero elsewhere."""
    x = node.inputs[0]
    if not node.op.return_values or is_disconnected(gs[0]):
        return [None, None]
    return [AdvancedIncSubtensor()(zero_gradient(x), gs[0], *_chosen(node)), None]


@forward
def topk_forward(node: Any, points: list) -> list:
    rest: list[Any] = [None] * (len(node.outputs) - 1)
    if points[0] is None or not node.op.return_values:
        return [None, *rest]
    return [AdvancedSubtensor()(points[0], *_chosen(node)), *rest]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    backward.register(SortOp, sort_gradient)
    tangents.register(SortOp, sort_forward)
    backward.register(ArgSortOp, flat)
    backward.register(TopKOp, topk_gradient)
    tangents.register(TopKOp, topk_forward)
