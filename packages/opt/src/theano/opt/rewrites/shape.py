"""Shapes: read off the expressions, not off computed values."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano.graph import Apply, Constant, FunctionGraph
from theano.opt.matching import constant_of, keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.elemwise import Elemwise
from theano.tensor.make_vector import MakeVector
from theano.tensor.shape import Shape, Shape_i

__all__ = ["rules"]

rules = RuleSet()


@rules.local([Shape], "C P", "fast_compile")
def local_shape_to_shape_i(fgraph: FunctionGraph, node: Apply) -> Any:
    """shape(x) -> a vector of the lengths."""
    feature = getattr(fgraph, "shape_feature", None)
    x = node.inputs[0]
    if feature is None or getattr(x.type, "ndim", 0) == 0:
        return None
    lengths = feature.lengths(x)
    return None if lengths is None else [keep_type(fgraph, MakeVector("int64")(*lengths), node.outputs[0])]


@rules.local([Shape_i], "C P", "fast_compile")
def local_shape_i_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """shape_i(f(x)) -> the expression for it in terms of the inputs of f."""
    feature = getattr(fgraph, "shape_feature", None)
    x = node.inputs[0]
    if feature is None or feature.lengths(x) is None:
        return None
    length = feature.length(x, node.op.i)
    if length.owner is not None and length.owner.op == node.op and length.owner.inputs[0] is x:
        return None
    return [length]


@rules.local([Shape_i], "C P", "fast_compile")
def local_track_shape_i(fgraph: FunctionGraph, node: Apply) -> Any:
    """shape_i of a variable that was replaced -> of its replacement."""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return None
    x = node.inputs[0]
    seen = {x}
    while x in feature.replaced:
        x = feature.replaced[x]
        if x in seen:
            return None
        seen.add(x)
    return None if x is node.inputs[0] or x not in fgraph else [feature.length(x, node.op.i)]


@rules.local([ts.Minimum, ts.Maximum], "C P")
def local_bounded_length(fgraph: FunctionGraph, node: Apply) -> Any:
    """minimum(1, 1 + shape_i(x)) -> 1 and the like: lengths are not negative."""
    if len(node.inputs) != 2 or any(v.type.ndim or v.type.dtype not in ("int64", "int8") for v in node.inputs):  # type: ignore[attr-defined]
        return None
    for constant, other in (node.inputs, node.inputs[::-1]):
        value = constant_of(constant)
        least = None if value is None or isinstance(other, Constant) else _least(other)
        if value is not None and least is not None and least >= int(value):
            kept = constant if isinstance(node.op.scalar_op, ts.Minimum) else other
            return [keep_type(fgraph, kept, node.outputs[0])]
    return None


def _least(v: Any, depth: int = 6) -> int | None:
    """A bound from below of a whole number made of lengths; None if the graph shows none."""
    value = constant_of(v)
    if value is not None:
        return int(value)
    if v.owner is None or not depth:
        return None
    if isinstance(v.owner.op, Shape_i):
        return 0
    kind = v.owner.op.scalar_op if isinstance(v.owner.op, Elemwise) else None
    if not isinstance(kind, ts.Add | ts.Minimum | ts.Maximum) or v.type.dtype != "int64":
        return None
    bounds = [_least(term, depth - 1) for term in v.owner.inputs]
    known = [bound for bound in bounds if bound is not None]
    if isinstance(kind, ts.Maximum):
        return max(known, default=None)
    if len(known) < len(bounds):
        return None
    return sum(known) if isinstance(kind, ts.Add) else min(known)
