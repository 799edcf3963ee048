"""Gradients and tangents of elementwise ops: the derivative table of scalar ops, plus broadcasting."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import is_disconnected, is_null
from theano.gradient.rules.conventions import forward
from theano.gradient.rules.scalar.derivative import nothing, partials, tangent
from theano.graph import Variable

__all__ = ["register", "sum_to"]


def sum_to(x: Variable, term: Variable, out: Variable) -> Variable:
    """Sum `term`, which has the pattern of `out`, over the dimensions along which `x` was stretched."""
    stretched = [i for i, flag in enumerate(x.type.broadcastable) if flag and not out.type.broadcastable[i]]
    if not stretched:
        return term
    if any(term.type.broadcastable[i] for i in stretched):
        term = at.second(out, term)
    return at.sum(term, axis=stretched, keepdims=True)


def elemwise_gradient(node: Any, gs: list) -> list:
    """Apply the derivative row of the scalar op to tensors, then sum over stretched dimensions."""
    arriving = [None if is_disconnected(g) else g for g in gs]
    terms = partials(node.op.scalar_op, at, node.inputs, node.outputs, arriving)
    result = []
    for i, (x, term) in enumerate(zip(node.inputs, terms, strict=True)):
        if term is None:
            result.append(nothing(node, i))
        elif is_disconnected(term) or is_null(term):
            result.append(term)
        else:
            result.append(sum_to(x, term, node.outputs[0]))
    return result


@forward
def elemwise_forward(node: Any, points: list) -> list:
    """Sum of partial derivative times tangent, stretched where the operands that have one are."""
    return [_spread(tangent(node.op.scalar_op, at, node, o, points), out) for o, out in enumerate(node.outputs)]


def _spread(total: Variable, out: Variable) -> Variable:
    # a tangent of stretched operands alone lacks the stretched lengths
    return total if total.type.broadcastable == out.type.broadcastable else at.second(out, total)


def elemwise_batching(node: Any, block: Any) -> list:
    """Operands that are the same for all rows are stretched along the new axis."""
    return at.Elemwise(node.op.scalar_op)(*[block.spread(i) for i in range(len(node.inputs))], return_list=True)


def register(registry: Any) -> None:
    registry.table("gradient").register(at.Elemwise, elemwise_gradient)
    registry.table("forward").register(at.Elemwise, elemwise_forward)
    registry.table("batching").register(at.Elemwise, elemwise_batching)
