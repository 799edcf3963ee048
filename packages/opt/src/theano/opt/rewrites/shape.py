"""Shapes: read off the expressions, not off computed values."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, FunctionGraph
from theano.opt.matching import keep_type
from theano.opt.ruleset import RuleSet
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
