"""Casts."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.matching import elemwise_node
from theano.opt.ruleset import RuleSet

__all__ = ["rules"]

rules = RuleSet()


@rules.local([ts.Cast], "U C P", "fast_compile")
def local_useless_cast(fgraph: FunctionGraph, node: Apply) -> Any:
    """cast(x) -> x when the dtype is already right."""
    return [node.inputs[0]] if node.inputs[0].type == node.outputs[0].type else None


@rules.local([ts.Cast], "C P")
def local_cast_cast(fgraph: FunctionGraph, node: Apply) -> Any:
    """cast(cast(x)) -> cast(x), when the inner cast loses nothing."""
    inner = elemwise_node(node.inputs[0], ts.Cast)
    if inner is None:
        return None
    x, middle, out = inner.inputs[0], inner.outputs[0].type.dtype, node.outputs[0].type.dtype
    if middle != out and ts.upcast(x.type.dtype, middle) != middle:
        return None
    if middle == out:
        return [inner.outputs[0]]
    return [x if x.type.dtype == out else tt.cast(x, out)]
