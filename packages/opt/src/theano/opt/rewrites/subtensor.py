"""Basic indexing: x[i], x[a:b]."""

from __future__ import annotations

from typing import Any

from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable, equal_computations
from theano.opt.matching import constant_of, has_one_client, keep_type
from theano.opt.ruleset import RuleSet
from theano.opt.shape_feature import lengths_of
from theano.tensor.alloc import Alloc
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.make_vector import MakeVector
from theano.tensor.rebroadcast import Rebroadcast
from theano.tensor.subtensor import (
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
    as_index_constant,
    get_idx_list,
)

__all__ = ["index_of", "is_full_slice", "known_int", "rules", "same_index"]

rules = RuleSet()


def known_int(entry: Any) -> int | None:
    """An index entry as an int when the graph shows it."""
    if entry is None or isinstance(entry, int):
        return entry
    value = constant_of(entry)
    if value is None and entry.owner is not None and len(entry.owner.inputs) == 1:
        value = constant_of(entry.owner.inputs[0])  # scalar_from_tensor of a constant
        if value is not None and type(entry.owner.op).__name__ != "ScalarFromTensor":
            return None
    return None if value is None else int(value)


def index_of(node: Apply) -> tuple[Any, ...]:
    """The index of a basic-indexing node: variables, and slices of variables and None."""
    skipped = 1 if isinstance(node.op, Subtensor) else 2
    return get_idx_list([None, *node.inputs[skipped:]], node.op.idx_list)


def _tensor(entry: Any) -> Any:
    """A scalar index entry as a tensor; None and ints unchanged."""
    return tt.as_tensor_from_scalar(entry) if isinstance(entry, Variable) else entry


def is_full_slice(entry: Any, length: Variable | None = None, feature: Any = None) -> bool:
    """Whether a slice provably keeps a whole dimension, in order."""
    if not isinstance(entry, slice):
        return False
    if entry.step is not None and known_int(entry.step) != 1:
        return False
    if entry.start is not None and known_int(entry.start) != 0:
        return False
    if entry.stop is None:
        return True
    stop = known_int(entry.stop)
    if stop is not None and stop >= 2**31 - 1:
        return True
    if length is None:
        return False
    if stop is not None:
        known = constant_of(length)
        return known is not None and 0 <= int(known) <= stop
    return feature is not None and feature.same_length(_tensor(entry.stop), length)


def same_index(a: Apply, b: Apply) -> bool:
    """Whether two basic-indexing nodes use provably the same index."""
    if a.op.idx_list != b.op.idx_list:
        return False
    first = a.inputs[1 if isinstance(a.op, Subtensor) else 2 :]
    second = b.inputs[1 if isinstance(b.op, Subtensor) else 2 :]
    return len(first) == len(second) and equal_computations(first, second)


@rules.local([Subtensor], "U C P", "fast_compile", name="local_useless_slice")
def local_useless_slice(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[:, ...] -> x; trailing full slices dropped; 0:length written as a full slice."""
    index, x = index_of(node), node.inputs[0]
    feature = getattr(fgraph, "shape_feature", None)
    lengths = feature.lengths(x) if feature is not None and any(_bounded(e) for e in index) else [None] * len(index)
    full = [is_full_slice(entry, n, feature) for entry, n in zip(index, lengths, strict=False)]
    if all(full) and x.type == node.outputs[0].type:
        return [x]
    tidy = [slice(None) if whole else entry for entry, whole in zip(index, full, strict=True)]
    while tidy and full[len(tidy) - 1]:
        tidy.pop()
    if len(tidy) == len(index) and all(
        not whole or entry == slice(None) for entry, whole in zip(index, full, strict=True)
    ):  # fmt: skip
        return None
    return [keep_type(fgraph, take(x, tidy), node.outputs[0])]


def _bounded(entry: Any) -> bool:
    return isinstance(entry, slice) and entry.stop is not None


def take(x: Variable, index: Any) -> Variable:
    """x under a basic index; x itself for an empty one."""
    entries = [as_index_constant(e) for e in index]
    if not entries:
        return x
    inputs: list[Any] = []
    for entry in entries:
        inputs.extend(
            p
            for p in ((entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,))
            if p is not None
        )
    return Subtensor(entries)(x, *inputs)


@rules.local([Subtensor], "C P")
def local_subtensor_merge(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[a:b][c:d] -> x[combined]."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Subtensor) or not has_one_client(fgraph, node.inputs[0]):
        return None
    first, second = list(index_of(inner)), list(index_of(node))
    merged: list[Any] = []
    for entry in first:
        if not isinstance(entry, slice) or not second:
            merged.append(entry)
            continue
        then = second.pop(0)
        if is_full_slice(then):
            merged.append(entry)
        elif is_full_slice(entry):
            merged.append(then)
        else:
            combined = _combine(entry, then)
            if combined is None:
                return None
            merged.append(combined)
    return [keep_type(fgraph, take(inner.inputs[0], [*merged, *second]), node.outputs[0])]


def _plain(entry: slice) -> tuple[int, int | None, int] | None:
    """Start, stop and step of a forward slice of known, non-negative bounds; None for others."""
    bounds = [known_int(b) if b is not None else default for b, default in ((entry.start, 0), (entry.step, 1))]
    stop = None if entry.stop is None else known_int(entry.stop)
    if (
        any(b is None or b < 0 for b in bounds)
        or not bounds[1]
        or (entry.stop is not None and (stop is None or stop < 0))
    ):
        return None
    return bounds[0], stop, bounds[1]  # type: ignore[return-value]


def _combine(outer: slice, inner: Any) -> Any:
    """The one entry that equals a slice followed by an entry; None where it would cost more than two views."""
    first = _plain(outer)
    if first is None:
        return None
    start, stop, step = first
    if not isinstance(inner, slice):
        place = known_int(inner)
        if place is None or place < 0 or (stop is not None and start + place * step >= stop):
            return None  # an index out of range must stay an error
        return start + place * step
    second = _plain(inner)
    if second is None:
        return None
    ends = [end for end in (stop, None if second[1] is None else start + second[1] * step) if end is not None]
    stride = step * second[2]
    return slice(start + second[0] * step, min(ends) if ends else None, stride if stride != 1 else None)


@rules.local([Subtensor], "C P", "fast_compile")
def local_subtensor_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """f(x)[i] -> f(x[i]), f(x, y)[i] -> f(x[i], y[i]) when nothing else reads f(...)."""
    y = node.inputs[0]
    inner = y.owner
    if inner is None or not has_one_client(fgraph, y):
        return None
    index = index_of(node)
    out = node.outputs[0]
    if isinstance(inner.op, Rebroadcast):
        return [keep_type(fgraph, take(inner.inputs[0], index), out)]
    if not isinstance(inner.op, Elemwise) or len(inner.outputs) != 1:
        return None
    result = inner.op(*[v if not v.type.ndim else _take_part(v, index, y) for v in inner.inputs])
    return [keep_type(fgraph, result, out)]


def _take_part(v: Variable, index: Any, whole: Variable) -> Variable:
    """`v` under the index of `whole`: dimensions that `v` only broadcasts keep their length 1, or go."""
    entries: list[Any] = []
    for entry, own, full in zip(index, v.type.broadcastable, whole.type.broadcastable, strict=False):
        if own and not full:
            entries.append(slice(None) if isinstance(entry, slice) else 0)
        else:
            entries.append(entry)
    return take(v, entries)


@rules.local([Subtensor], "U C P", "fast_compile", "fast_compile_gpu")
def local_subtensor_make_vector(fgraph: FunctionGraph, node: Apply) -> Any:
    """make_vector(a, b, c)[i] -> the element, or a shorter vector."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, MakeVector):
        return None
    (entry,) = index_of(node)
    out = node.outputs[0]
    if isinstance(entry, slice):
        bounds = [known_int(b) for b in (entry.start, entry.stop, entry.step)]
        if any(
            known is None and b is not None
            for known, b in zip(bounds, (entry.start, entry.stop, entry.step), strict=True)
        ):
            return None
        kept = inner.inputs[slice(*bounds)]
        return [keep_type(fgraph, inner.op(*kept), out)] if kept else None
    place = known_int(entry)
    if place is None or not -len(inner.inputs) <= place < len(inner.inputs):
        return None
    return [keep_type(fgraph, inner.inputs[place], out)]


@rules.local([Subtensor], "C P")
def local_subtensor_remove_broadcastable_index(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[0] on a dimension of length 1 -> dimshuffle that drops it."""
    index, x = index_of(node), node.inputs[0]
    dropped = []
    for d, entry in enumerate(index):
        if isinstance(entry, slice):
            if not is_full_slice(entry):
                return None
        elif not x.type.broadcastable[d] or known_int(entry) not in (0, -1):
            return None
        else:
            dropped.append(d)
    if not dropped:
        return None
    return [x.dimshuffle(*[d for d in range(x.type.ndim) if d not in dropped])]


@rules.local([Subtensor], "U C P")
def local_subtensor_of_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """alloc(v, ...)[index] -> alloc(v', ...) with the lengths that remain, for v without lengths of its own."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Alloc) or not all(inner.inputs[0].type.broadcastable):
        return None
    if any(not isinstance(entry, slice) for entry in index_of(node)):
        return None  # an index out of range must stay an error
    value, out = inner.inputs[0], node.outputs[0]
    lengths = lengths_of(fgraph, out) if getattr(fgraph, "shape_feature", None) is not None else None
    return None if lengths is None else [keep_type(fgraph, tt.alloc(value, *lengths), out)]


@rules.local([Subtensor], "C S P")
def local_subtensor_of_dot(fgraph: FunctionGraph, node: Apply) -> Any:
    """dot(a, b)[i, j] -> dot(a[i], b[:, j]) for matrices, when nothing else reads the product."""
    product = node.inputs[0]
    inner = product.owner
    if inner is None or not isinstance(inner.op, Dot) or not has_one_client(fgraph, product):
        return None
    a, b = inner.inputs
    if a.type.ndim != 2 or b.type.ndim != 2:
        return None
    index = index_of(node)
    result = tt.dot(take(a, index[:1]), take(b, [slice(None), *index[1:]]) if len(index) > 1 else b)
    return [keep_type(fgraph, result, node.outputs[0])]


@rules.local([Subtensor], "C P")
def local_subtensor_inc_subtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[index], y)[index] -> y."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, IncSubtensor) or not inner.op.set_instead_of_inc:
        return None
    if not same_index(node, inner):
        return None
    y, out = inner.inputs[1], node.outputs[0]
    feature = getattr(fgraph, "shape_feature", None)
    if y.type.broadcastable == out.type.broadcastable and feature is not None and feature.same_shape(y, out):
        return [keep_type(fgraph, y, out)]
    return [keep_type(fgraph, tt.alloc(tt.cast(y, out.type.dtype), *lengths_of(fgraph, out)), out)]


@rules.local([DimShuffle], "UC")
def local_dimshuffle_subtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """dimshuffle that drops a length-1 slice x[0:1] -> x[0] where that is plain."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, Subtensor) or not node.op.drop or "x" in node.op.new_order:
        return None
    if list(node.op.new_order) != sorted(node.op.new_order):
        return None
    index = list(index_of(inner))
    if any(not isinstance(e, slice) for e in index):
        return None
    for d in node.op.drop:
        if d >= len(index) or inner.inputs[0].type.broadcastable[d]:
            return None
        start = known_int(index[d].start) if index[d].start is not None else 0
        if start is None or start < 0 or index[d].step is not None:
            return None
        index[d] = start
    return [keep_type(fgraph, take(inner.inputs[0], index), node.outputs[0])]


@rules.local([AdvancedSubtensor1], "C P")
def local_useless_AdvancedSubtensor1(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[arange(len(x))] -> x."""
    x, rows = node.inputs
    feature = getattr(fgraph, "shape_feature", None)
    if rows.owner is None or type(rows.owner.op).__name__ != "ARange" or feature is None:
        return None
    start, stop, step = rows.owner.inputs
    if constant_of(start) != 0 or constant_of(step) != 1:
        return None
    return [x] if feature.same_length(stop, feature.length(x, 0)) and x.type == node.outputs[0].type else None
