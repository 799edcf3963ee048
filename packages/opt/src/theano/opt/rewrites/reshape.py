"""Reshapes."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.opt.matching import constant_of, has_one_client, keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.make_vector import MakeVector
from theano.tensor.reshape import Reshape

__all__ = ["rules"]

rules = RuleSet()


def _entries(shape: Variable, ndim: int) -> list[Variable | int] | None:
    """The entries of a shape vector, ints where constant; None when they are not visible."""
    if isinstance(shape, Constant):
        return [int(n) for n in shape.data]
    if shape.owner is None or not isinstance(shape.owner.op, MakeVector) or len(shape.owner.inputs) != ndim:
        return None
    found: list[Variable | int] = []
    for v in shape.owner.inputs:
        value = constant_of(v)
        found.append(v if value is None else int(value))
    return found


def _same_entry(feature: Any, entry: Any, length: Variable) -> bool:
    if isinstance(entry, int):
        known = constant_of(length)
        return known is not None and int(known) == entry
    return feature.same_length(entry, length)


@rules.local([Reshape], "U C S", "fast_compile")
def local_useless_reshape(fgraph: FunctionGraph, node: Apply) -> Any:
    """reshape(x, shape) -> x when the shape is provably that of x (one entry may be unknown or -1)."""
    x, shape = node.inputs
    out = node.outputs[0]
    if x.type.ndim != out.type.ndim or x.type.dtype != out.type.dtype:
        return None
    if all(x.type.broadcastable) and all(out.type.broadcastable):
        return [x]
    entries = _entries(shape, out.type.ndim)
    if entries is None:
        return None
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return [x] if x.type == out.type and x.type.ndim == 1 and entries == [-1] else None
    known = feature.lengths(x)
    missed = [e for e, n in zip(entries, known, strict=True) if not _same_entry(feature, e, n)]
    if len(missed) > 1 or (missed and missed != [-1]):
        return None
    return [keep_type(fgraph, x, out)] if not any(
        new and not old for new, old in zip(x.type.broadcastable, out.type.broadcastable, strict=True)
    ) else None  # fmt: skip


@rules.local([Reshape], "C", "fast_compile")
def local_reshape_chain(fgraph: FunctionGraph, node: Apply) -> Any:
    """reshape(reshape(x)) -> reshape(x)."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Reshape):
        return None
    return [keep_type(fgraph, node.op(inner.inputs[0], node.inputs[1]), node.outputs[0])]


@rules.local([Reshape], "C")
def local_useless_dimshuffle_in_reshape(fgraph: FunctionGraph, node: Apply) -> Any:
    """reshape(dimshuffle(x)) -> reshape(x) when the dimshuffle only adds or drops dimensions of length 1."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, DimShuffle):
        return None
    kept = [j for j in inner.op.new_order if j != "x"]
    pattern = inner.inputs[0].type.broadcastable
    moved = [j for j in kept if not pattern[j]]
    if moved != sorted(moved):
        return None
    return [keep_type(fgraph, node.op(inner.inputs[0], node.inputs[1]), node.outputs[0])]


@rules.local([Reshape], "C")
def local_reshape_to_dimshuffle(fgraph: FunctionGraph, node: Apply) -> Any:
    """A reshape that only adds or drops dimensions of length 1 -> dimshuffle."""
    x, shape = node.inputs
    out = node.outputs[0]
    feature = getattr(fgraph, "shape_feature", None)
    entries = _entries(shape, out.type.ndim)
    if feature is None or entries is None or x.type.broadcastable == out.type.broadcastable:
        return None
    wide = [j for j, flag in enumerate(x.type.broadcastable) if not flag]
    order: list[Any] = []
    rest = list(wide)
    unknown = 0
    known = feature.lengths(x)
    for entry, flag in zip(entries, out.type.broadcastable, strict=True):
        if flag:
            order.append("x")
            continue
        if not rest:
            return None
        j = rest.pop(0)
        if not _same_entry(feature, entry, known[j]):
            unknown += 1
            if entry != -1:
                return None
        order.append(j)
    if rest or unknown > 1:
        return None
    return [keep_type(fgraph, x.dimshuffle(*order), out)]


@rules.local([Reshape], "C S")
def local_reshape_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """reshape(f(x)) -> f(reshape(x)) for f of one input and one reader."""
    y, shape = node.inputs
    inner = y.owner
    if inner is None or not isinstance(inner.op, Elemwise) or len(inner.inputs) != 1 or len(inner.outputs) != 1:
        return None
    if not has_one_client(fgraph, y):
        return None
    result = inner.op(node.op(inner.inputs[0], shape))
    return [keep_type(fgraph, result, node.outputs[0])]
