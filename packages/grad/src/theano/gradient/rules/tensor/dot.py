"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.tensor import Dot
from theano.tensor.blas import Dot22

__all__ = ["register"]


@gradient
def dot_gradient(node: Any, gs: list) -> list:
    """g y' and x' g, with outer products where an operand is a vector."""
    (x, y), (g,) = node.inputs, gs
    ranks = (x.type.ndim, y.type.ndim)
    if ranks == (1, 1):
        return [g * y, g * x]
    if ranks == (2, 1):
        return [g.dimshuffle(0, "x") * y.dimshuffle("x", 0), at.dot(x.T, g)]
    if ranks == (1, 2):
        return [at.dot(g, y.T), x.dimshuffle(0, "x") * g.dimshuffle("x", 0)]
    return [at.dot(g, y.T), at.dot(x.T, g)]


@forward
def dot_forward(node: Any, points: list) -> list:
    """Product rule."""
    x, y = node.inputs
    terms = []
    if points[0] is not None:
        terms.append(at.dot(points[0], y))
    if points[1] is not None:
        terms.append(at.dot(x, points[1]))
    return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]


def dot_batching(node: Any, block: Any) -> list:
    """One product for all rows where one operand is the same for all; else a product for each row."""
    x, y = block.inputs
    ranks = (node.inputs[0].type.ndim, node.inputs[1].type.ndim)
    if all(block.is_block):
        return [at.sum(x * y, axis=0) if ranks == (1, 1) else _of_each(x, y)]
    if block.is_block[1]:
        return [_times_rows(x, y)]
    if ranks[0] == 1:
        return [at.dot(y.T, x)]
    product: Any = _times_rows(y.T, x.dimshuffle(1, 0, 2))
    return [product if ranks[1] == 1 else product.dimshuffle(1, 0, 2)]


def _times_rows(x: Any, y: Any) -> Any:
    """The product over the last axis of `x` and the first of `y`, with all other axes of `y` taken as one."""
    if y.type.ndim == 2:
        return at.dot(x, y)
    lengths = [at.shape_i(y, i) for i in range(3)]
    flat = at.dot(x, y.reshape((lengths[0], lengths[1] * lengths[2])))
    return flat.reshape([*[at.shape_i(x, i) for i in range(x.type.ndim - 1)], *lengths[1:]], ndim=x.type.ndim + 1)


def _of_each(x: Any, y: Any) -> Any:
    first = [v.dimshuffle(v.type.ndim - 1, *range(v.type.ndim - 1)) for v in (x, y)]
    product: Any = at.batched_dot(*first)
    return product.dimshuffle(*range(1, product.type.ndim), 0)


def register(registry: Any) -> None:
    for op_class in (Dot, Dot22):
        registry.table("gradient").register(op_class, dot_gradient)
        registry.table("forward").register(op_class, dot_forward)
        registry.table("batching").register(op_class, dot_batching)
