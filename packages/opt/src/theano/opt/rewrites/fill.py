"""Fills: `second(model, value)`, a value with the shape of a model."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.matching import elemwise_node, keep_type
from theano.opt.ruleset import RuleSet
from theano.opt.shape_feature import lengths_of
from theano.tensor.elemwise import Elemwise

__all__ = ["local_fill_to_alloc", "rules"]

rules = RuleSet()


@rules.local([ts.Second], "U C", "fast_compile")
def local_useless_fill(fgraph: FunctionGraph, node: Apply) -> Any:
    """fill(x, v) -> v when v has the result's type."""
    value, out = node.inputs[1], node.outputs[0]
    return [value] if value.type == out.type else None


@rules.local([ts.Second], "S P")
def local_fill_to_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """fill(x, v) -> alloc(v, *shape of x)."""
    model, value = node.inputs
    out = node.outputs[0]
    if value.type == out.type:
        return [value]
    lengths = lengths_of(fgraph, model)
    for i, flag in enumerate(value.type.broadcastable):
        if not flag:
            lengths[i] = lengths_of(fgraph, value)[i]
    return [keep_type(fgraph, tt.alloc(value, *lengths), out)]


@rules.local([Elemwise], "C")
def local_fill_sink(fgraph: FunctionGraph, node: Apply) -> Any:
    """f(fill(a, b), c) -> fill(a, f(b, c)), and just f(b, c) where that has the type: fills move to the outputs."""
    if len(node.outputs) != 1 or isinstance(node.op.scalar_op, ts.Second):
        return None
    models, inputs = [], []
    for v in node.inputs:
        fill = elemwise_node(v, ts.Second)
        if fill is None:
            inputs.append(v)
        else:
            models.append(fill.inputs[0])
            inputs.append(fill.inputs[1])
    if not models:
        return None
    out = node.outputs[0]
    result = node.op(*inputs)
    for model in models:
        if result.type == out.type:
            break
        result = tt.fill(model, result)
    return [keep_type(fgraph, result, out)]
