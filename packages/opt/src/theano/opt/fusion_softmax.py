"""Softmax and its like before fusion: without a second maximum, and taken apart where that joins them to neighbours."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.nnet.softmax import LogSoftmax, Softmax, SoftmaxGrad
from theano.tensor.reduction import Max, Sum

from .engine import GraphRule
from .fusion_cluster import is_fusable
from .matching import elemwise_node, only_client, updated_with

__all__ = ["local_open_softmax", "local_softmax_of_shifted"]

_MATRIX = (False, False)
#: Neighbours with more operands might not find room in one cluster.
MAX_OPERANDS = 8


def _softmax_of_shifted(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax(x - max(x, axis=1, keepdims=True)) -> softmax(x), which subtracts the maximum itself."""
    difference = elemwise_node(node.inputs[0], ts.Sub)
    if difference is None or len(difference.inputs) != 2:
        return None
    x, spread = difference.inputs
    if x.type != node.inputs[0].type or spread.owner is None or not isinstance(spread.owner.op, DimShuffle):
        return None
    largest = spread.owner.inputs[0].owner
    if spread.owner.op.new_order != (0, "x") or largest is None or type(largest.op) is not Max:
        return None
    return [node.op(x)] if largest.inputs[0] is x and largest.op.axes_of(2) == (1,) else None


def _open_softmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax, its logarithm or its gradient -> what it is made of, beside elementwise nodes that fusion can join."""
    kind = node.outputs[0].type
    if kind.dtype not in ("float32", "float64") or any(
        v.type != kind or kind.broadcastable != _MATRIX for v in node.inputs
    ):
        return None
    below = any(_joins(v.owner) and only_client(fgraph, v) is node for v in node.inputs)
    readers = [reader for reader, _ in fgraph.clients(node.outputs[0])]
    above = any(r != "output" and _joins(r) and not any(updated_with(fgraph, v) for v in r.outputs) for r in readers)
    if not below and not above:
        return None
    result = _PARTS[type(node.op)](*node.inputs)
    return [result] if result.type == kind else None


def _joins(node: Apply | None) -> bool:
    return (
        node is not None
        and is_fusable(node)
        and node.outputs[0].type.broadcastable == _MATRIX
        and len(node.inputs) <= MAX_OPERANDS
    )


def _spread(v: Variable) -> Variable:
    return v.dimshuffle(0, "x")  # type: ignore[no-any-return]


def _softmax(x: Variable) -> Variable:
    e = tt.exp(x - _spread(Max((1,))(x)))
    return e * _spread(tt.inv(Sum((1,))(e)))  # type: ignore[no-any-return]


def _log_softmax(x: Variable) -> Variable:
    down = x - _spread(Max((1,))(x))
    total = Sum((1,), dtype="float64")(tt.exp(down))
    return down - _spread(tt.cast(tt.log(total), x.type.dtype))


def _softmax_grad(dy: Variable, sm: Variable) -> Variable:
    return (dy - _spread(Sum((1,))(dy * sm))) * sm  # type: ignore[no-any-return]


_PARTS: dict[type, Any] = {Softmax: _softmax, LogSoftmax: _log_softmax, SoftmaxGrad: _softmax_grad}

local_softmax_of_shifted = GraphRule(_softmax_of_shifted, [Softmax, LogSoftmax])
local_softmax_of_shifted.name = "local_softmax_of_shifted"
local_open_softmax = GraphRule(_open_softmax, list(_PARTS))
local_open_softmax.name = "local_open_softmax"
