"""Reductions: what was combined is spread out again."""

from __future__ import annotations

from typing import Any

import theano.scalar as aes
import theano.tensor as at
from theano.errors import explain
from theano.gradient.checks import NoGradientError
from theano.gradient.disconnected import is_disconnected
from theano.gradient.rules.conventions import forward, gradient
from theano.graph import Variable
from theano.tensor import Argmax, CAReduce, MaxAndArgmax, Prod, Reshape, Sum, shape_i
from theano.tensor.partial_products import PartialProducts
from theano.tensor.reduction import All, Max, Min
from theano.tensor.reduction import Any as AnyReduction

__all__ = ["register"]


def _axes(op: Any, x: Variable) -> tuple[int, ...]:
    """The reduced axes, increasing."""
    axis = op.axis
    if axis is None:
        return tuple(range(x.type.ndim))
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    return tuple(sorted(int(a) % x.type.ndim for a in axes))


def _spread(x: Variable, axes: tuple[int, ...], reduced: Variable) -> Variable:
    """`reduced` with the axes it lacks of `x` as dimensions of length 1."""
    kept = iter(range(reduced.type.ndim))
    return reduced.dimshuffle(*["x" if i in axes else next(kept) for i in range(x.type.ndim)])


@gradient
def sum_gradient(node: Any, gs: list) -> list:
    """g, copied along the reduced axes."""
    (x,) = node.inputs
    return [at.second(x, _spread(x, _axes(node.op, x), gs[0]))]


@forward
def sum_forward(node: Any, points: list) -> list:
    return [None if points[0] is None else node.op(points[0])]


def _partial_products(node: Any) -> Variable:
    """Derivative of a product by each element."""
    (x,), (out,), axes = node.inputs, node.outputs, _axes(node.op, node.inputs[0])
    if node.op.no_zeros_in_input:
        return _spread(x, axes, out) / x
    return PartialProducts(axes)(x if x.type.dtype == out.type.dtype else at.cast(x, out.type.dtype))


@gradient
def prod_gradient(node: Any, gs: list) -> list:
    """The product of the others, which is not found by dividing: see `PartialProducts`."""
    return [_spread(node.inputs[0], _axes(node.op, node.inputs[0]), gs[0]) * _partial_products(node)]


@forward
def prod_forward(node: Any, points: list) -> list:
    """The derivative by each element, times its tangent."""
    if points[0] is None:
        return [None]
    axes, dtype = _axes(node.op, node.inputs[0]), node.outputs[0].type.dtype
    return [at.sum(_partial_products(node) * points[0], axis=axes, dtype=dtype)]


@gradient
def max_gradient(node: Any, gs: list) -> list:
    """Every place that holds the maximum receives all of g; the argmax, if there is one, moves in steps.

    The maximum is that of `x` as it is here: what a loop stored of its run may have been computed with other roundings.
    """
    (x,) = node.inputs
    if is_disconnected(gs[0]):
        return [None]
    axes = _axes(node.op, x)
    g, largest = _spread(x, axes, gs[0]), _spread(x, axes, node.op.make_node(x).outputs[0])
    return [at.switch(at.eq(largest, x), g, at.constant(0, dtype=g.type.dtype))]


def _takes_smallest(op: Any) -> bool:
    return isinstance(getattr(op, "scalar_op", None), aes.Minimum)


@forward
def max_forward(node: Any, points: list) -> list:
    """The tangent at the first place of the maximum."""
    rest: list[Any] = [None] * (len(node.outputs) - 1)
    (x,) = node.inputs
    if points[0] is None:
        return [None, *rest]
    axes = _axes(node.op, x)
    find = at.argmin if _takes_smallest(node.op) else at.argmax
    place = node.outputs[1] if rest else find(x, axis=axes)
    kept = [i for i in range(x.type.ndim) if i not in axes]
    moved = points[0].dimshuffle(*kept, *axes)
    count: Any = 1
    for i in axes:
        count = count * shape_i(x, i)
    lengths = [shape_i(x, i) for i in kept]
    rows = Reshape(len(kept) + 1)(moved, at.stack([*lengths, at.as_tensor_variable(count)]))
    here = at.eq(at.arange(count), place.dimshuffle(*range(place.type.ndim), "x"))
    return [at.sum(at.switch(here, rows, at.constant(0, dtype=rows.type.dtype)), axis=-1), *rest]


@gradient
def flat(node: Any, gs: list) -> list:
    return [None] * len(node.inputs)


def reduction_batching(node: Any, block: Any) -> list:
    """The same axes."""
    return [node.op.with_axis(_axes(node.op, node.inputs[0]))(block.inputs[0])]


# Plain reductions with the scalar ops of the named ones.
_BY_SCALAR_OP = {
    aes.Add: (sum_gradient, sum_forward),
    aes.Maximum: (max_gradient, max_forward),
    aes.Minimum: (max_gradient, max_forward),
    aes.OR: (flat, sum_forward),
    aes.AND: (flat, sum_forward),
    aes.XOR: (flat, sum_forward),
}


def _plain_rules(node: Any) -> tuple[Any, Any]:
    rules = _BY_SCALAR_OP.get(type(node.op.scalar_op))
    if rules is None:
        raise NoGradientError(
            explain(
                f"derivative of {node.op}",
                "only sums, products and extrema have one",
                "use sum, prod, max or min, or register a rule for a class of your own",
            )
        )
    return rules


def plain_gradient(node: Any, gs: list) -> list:
    return _plain_rules(node)[0](node, gs)


@forward
def plain_forward(node: Any, points: list) -> list:
    return _plain_rules(node)[1](node, points)


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    rows = (
        (Sum, sum_gradient, sum_forward),
        (Prod, prod_gradient, prod_forward),
        (MaxAndArgmax, max_gradient, max_forward),
        (Max, max_gradient, max_forward),
        (Min, max_gradient, max_forward),
        (CAReduce, plain_gradient, plain_forward),
    )
    for op_class, back, ahead in rows:
        backward.register(op_class, back)
        tangents.register(op_class, ahead)
    for op_class in (Argmax, All, AnyReduction):
        backward.register(op_class, flat)
    registry.table("batching").register(CAReduce, reduction_batching)
