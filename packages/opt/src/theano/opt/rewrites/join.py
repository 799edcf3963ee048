"""Joins and splits."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant, FunctionGraph
from theano.opt.matching import constant_of, keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.join import Join, Split
from theano.tensor.make_vector import MakeVector

__all__ = ["rules"]

rules = RuleSet()


@rules.local([Join], "U C P", "fast_compile")
def local_join_1(fgraph: FunctionGraph, node: Apply) -> Any:
    """join(axis, x) -> x."""
    if len(node.inputs) != 2:
        return None
    return [keep_type(fgraph, node.inputs[1], node.outputs[0])]


@rules.local([Join], "U C P")
def local_join_empty(fgraph: FunctionGraph, node: Apply) -> Any:
    """Constant empty vectors are left out of a join."""
    axis, *parts = node.inputs
    if parts[0].type.ndim != 1 or constant_of(axis) is None:
        return None
    kept = [v for v in parts if not (isinstance(v, Constant) and v.data.size == 0)]
    if len(kept) == len(parts) or not kept:
        return None
    result = kept[0] if len(kept) == 1 else node.op(axis, *kept)
    return [keep_type(fgraph, result, node.outputs[0])]


@rules.local([Join], "U C P")
def local_join_make_vector(fgraph: FunctionGraph, node: Apply) -> Any:
    """Neighbouring make_vectors in a join of vectors become one."""
    axis, *parts = node.inputs
    if parts[0].type.ndim != 1 or len(parts) < 2:
        return None
    merged = [parts[0]]
    for v in parts[1:]:
        last = merged[-1].owner
        if last is not None and v.owner is not None and isinstance(last.op, MakeVector) and last.op == v.owner.op:
            merged[-1] = last.op(*last.inputs, *v.owner.inputs)
        else:
            merged.append(v)
    if len(merged) == len(parts):
        return None
    result = merged[0] if len(merged) == 1 else node.op(axis, *merged)
    return [keep_type(fgraph, result, node.outputs[0])]


@rules.local([Split], "U C P")
def local_useless_split(fgraph: FunctionGraph, node: Apply) -> Any:
    """split into one piece -> x (the check of its length goes)."""
    if node.op.len_splits != 1:
        return None
    return [keep_type(fgraph, node.inputs[0], node.outputs[0])]
