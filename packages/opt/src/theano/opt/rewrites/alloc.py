"""Allocations: `alloc(value, *lengths)`."""

from __future__ import annotations

from typing import Any

from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.matching import constant_like, is_constant, keep_type
from theano.opt.ruleset import RuleSet
from theano.opt.shape_feature import lengths_of
from theano.tensor.alloc import Alloc
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise

__all__ = ["local_elemwise_alloc", "rules"]

rules = RuleSet()


@rules.local([Alloc], "U C S P", "fast_compile")
def local_useless_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """alloc(v, ...) -> v when v provably has the shape."""
    value, *lengths = node.inputs
    out = node.outputs[0]
    if value.type != out.type:
        flags = zip(value.type.broadcastable, out.type.broadcastable, strict=False)
        if value.type.ndim != out.type.ndim or any(flag and not wanted for flag, wanted in flags):
            return None
    elif all(value.type.broadcastable):
        return [value]
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return None
    known = feature.lengths(value)
    if not all(feature.same_length(a, b) for a, b in zip(known, lengths, strict=True)):
        return None
    return [value if value.type == out.type else tt.patternbroadcast(value, out.type.broadcastable)]


@rules.local([Alloc], "U C S P")
def local_merge_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """alloc(alloc(v, ...), ...) -> alloc(v, ...), when v brings no lengths of its own."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Alloc) or not all(inner.inputs[0].type.broadcastable):
        return None
    feature = getattr(fgraph, "shape_feature", None)
    own, wanted = inner.inputs[1:], node.inputs[1:]
    aligned = zip(reversed(own), reversed(wanted), strict=False)
    for (a, b), flag in zip(aligned, reversed(inner.outputs[0].type.broadcastable), strict=False):
        if not flag and not (a is b or (feature is not None and feature.same_length(a, b))):
            return None
    value = inner.inputs[0]
    if value.type.ndim > len(wanted):
        return None
    return [keep_type(fgraph, tt.alloc(value, *wanted), node.outputs[0])]


def _other_shape(node: Apply, allocs: list[int]) -> bool:
    """Whether the inputs that are not allocated give the result its pattern."""
    out = node.outputs[0].type.broadcastable
    rest = [v for i, v in enumerate(node.inputs) if i not in allocs]
    return bool(rest) and all(flag or any(not v.type.broadcastable[d] for v in rest) for d, flag in enumerate(out))


@rules.local([Elemwise], "P")
def local_elemwise_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """f(alloc(v), x) -> f(v, x) when the other inputs give the shape."""
    if len(node.inputs) < 2 or not node.outputs[0].type.ndim:
        return None
    below = {i: value for i, v in enumerate(node.inputs) if (value := _alloc_below(fgraph, v)) is not None}
    allocs = list(below)
    while allocs and not _other_shape(node, allocs):
        allocs.pop()
    if not allocs:
        return None
    inputs = [below[i] if i in allocs else v for i, v in enumerate(node.inputs)]
    results = node.op(*inputs, return_list=True)
    if any(new.type != old.type for new, old in zip(results, node.outputs, strict=True)):
        return None
    return results


def _alloc_below(fgraph: FunctionGraph, variable: Variable) -> Variable | None:
    """The value under an alloc (and a dimshuffle of one), with the rank of `variable`; None for others."""
    node = variable.owner
    if node is None:
        return None
    if isinstance(node.op, Alloc):
        value, lengths = node.inputs[0], node.inputs[1:]
        missing = variable.type.ndim - value.type.ndim
        if not _surely_as_long(fgraph, value, lengths[missing:]):
            return None
        return value.dimshuffle(*["x"] * missing, *range(value.type.ndim)) if missing else value
    if isinstance(node.op, DimShuffle):
        below = node.inputs[0].owner
        if below is not None and isinstance(below.op, Alloc) and below.inputs[0].type.ndim == 0:
            return below.inputs[0].dimshuffle(*["x"] * variable.type.ndim)
    return None


def _surely_as_long(fgraph: FunctionGraph, value: Variable, lengths: list[Variable]) -> bool:
    """Whether alloc stretches only dimensions flagged broadcastable (it would stretch others at run time)."""
    if all(value.type.broadcastable):
        return True
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return False
    known = zip(value.type.broadcastable, feature.lengths(value), lengths, strict=True)
    return all(flag or feature.same_length(own, wanted) for flag, own, wanted in known)


@rules.local([Elemwise], "P")
def local_alloc_unary(fgraph: FunctionGraph, node: Apply) -> Any:
    """f(alloc(v)) -> alloc(f(v)) for f of one input."""
    if len(node.inputs) != 1 or len(node.outputs) != 1:
        return None
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Alloc):
        return None
    value = node.op(inner.inputs[0])
    return [keep_type(fgraph, tt.alloc(value, *inner.inputs[1:]), node.outputs[0])]


@rules.local([DimShuffle], "UC")
def local_dimshuffle_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """dimshuffle(alloc(0-d v)) -> alloc(v)."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Alloc) or inner.inputs[0].type.ndim:
        return None
    lengths = [1 if j == "x" else inner.inputs[1 + j] for j in node.op.new_order]
    return [keep_type(fgraph, tt.alloc(inner.inputs[0], *lengths), node.outputs[0])]


@rules.local([Dot], "C S")
def local_0_dot_x(fgraph: FunctionGraph, node: Apply) -> Any:
    """zeros . x and x . zeros -> zeros of the result's shape."""
    if not any(is_constant(v, 0) for v in node.inputs):
        return None
    out = node.outputs[0]
    if not out.type.ndim:
        return [constant_like(out, 0)]
    return [keep_type(fgraph, tt.alloc(tt.constant(0, dtype=out.type.dtype), *lengths_of(fgraph, out)), out)]
