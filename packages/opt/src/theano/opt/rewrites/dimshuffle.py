"""Dimshuffles: towards the inputs, merged, dropped."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, FunctionGraph
from theano.opt.matching import has_one_client
from theano.opt.ruleset import RuleSet
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise

__all__ = ["rules"]

rules = RuleSet()


@rules.local([DimShuffle], "U C P", "fast_compile")
def local_useless_dimshuffle(fgraph: FunctionGraph, node: Apply) -> Any:
    """A dimshuffle that changes nothing -> its input; two in a row -> one."""
    x, order = node.inputs[0], node.op.new_order
    if x.type == node.outputs[0].type and order == tuple(range(len(order))):
        return [x]
    inner = x.owner
    if inner is None or not isinstance(inner.op, DimShuffle):
        return None
    first = inner.op.new_order
    return [inner.inputs[0].dimshuffle(*["x" if j == "x" else first[j] for j in order])]


@rules.local([DimShuffle], "C P")
def local_dimshuffle_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """dimshuffle(f(x, y)) -> f(dimshuffle(x), dimshuffle(y)) when nothing else reads f(x, y)."""
    x = node.inputs[0]
    inner = x.owner
    if inner is None or not isinstance(inner.op, Elemwise) or len(inner.outputs) != 1 or not has_one_client(fgraph, x):
        return None
    order = node.op.new_order
    moved = [v.dimshuffle(*order) for v in inner.inputs]
    result = inner.op(*moved)
    return [result] if result.type == node.outputs[0].type else None


@rules.local([DimShuffle], "C")
def local_lift_transpose_through_dot(fgraph: FunctionGraph, node: Apply) -> Any:
    """(x . y).T -> y.T . x.T for matrices, when nothing else reads the product."""
    product = node.inputs[0]
    inner = product.owner
    if node.op.new_order != (1, 0) or inner is None or not isinstance(inner.op, Dot):
        return None
    x, y = inner.inputs
    if x.type.ndim != 2 or y.type.ndim != 2 or not has_one_client(fgraph, product):
        return None
    return [inner.op(y.dimshuffle(1, 0), x.dimshuffle(1, 0))]
