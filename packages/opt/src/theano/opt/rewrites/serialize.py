"""Increments that are added up follow one another instead; about sums, so that most graphs need this file."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.matching import has_one_client, is_constant
from theano.opt.ruleset import RuleSet
from theano.tensor.subtensor import AdvancedIncSubtensor1, IncSubtensor

__all__ = ["rules"]

rules = RuleSet()


@rules.local([ts.Add], "C")
def local_IncSubtensor_serialize(fgraph: FunctionGraph, node: Apply) -> Any:
    """inc(zeros, b, i) + other -> inc(other, b, i): increments follow one another instead of being added."""
    out = node.outputs[0]
    for i, v in enumerate(node.inputs):
        inner = v.owner
        if inner is None or not isinstance(inner.op, IncSubtensor | AdvancedIncSubtensor1) or v.type != out.type:
            continue
        if not is_constant(inner.inputs[0], 0) or not has_one_client(fgraph, v) or len(node.inputs) < 2:
            continue
        if isinstance(inner.op, AdvancedIncSubtensor1) and inner.op.set_instead_of_inc:
            continue
        rest = [w for j, w in enumerate(node.inputs) if j != i]
        base = rest[0] if len(rest) == 1 else tt.add(*rest)
        if base.type != out.type:
            continue
        op = inner.op if isinstance(inner.op, AdvancedIncSubtensor1) else IncSubtensor(inner.op.idx_list, False, False)
        return [op(base, *inner.inputs[1:])]
    return None
