"""Normal forms of fancy indices: arrays for adjacent dims behind whole slices, as backends know them."""

from __future__ import annotations

from typing import Any

from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.matching import keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1, AdvancedSubtensor, IncSubtensor
from theano.tensor.subtensor.advanced import AdvancedBooleanIncSubtensor, AdvancedBooleanSubtensor
from theano.tensor.type_other import NoneTypeT, SliceConstant, SliceType

__all__ = ["rules"]

rules = RuleSet()
_WRITES = [AdvancedIncSubtensor, AdvancedBooleanIncSubtensor]
_FANCY = [AdvancedSubtensor, AdvancedBooleanSubtensor, *_WRITES]


def _is_write(node: Apply) -> bool:
    return isinstance(node.op, tuple(_WRITES))


def _index(node: Apply) -> list[Any] | None:
    """The index, with slices as Python's; None when a bound is hidden or a dim is new."""
    index: list[Any] = []
    for entry in node.inputs[2 if _is_write(node) else 1 :]:
        if isinstance(entry.type, NoneTypeT):
            return None
        if not isinstance(entry.type, SliceType):
            index.append(entry)
        elif isinstance(entry, SliceConstant):
            index.append(entry.data)
        elif entry.owner is not None and len(entry.owner.inputs) == 3:
            index.append(slice(*[None if isinstance(v.type, NoneTypeT) else v for v in entry.owner.inputs]))
        else:
            return None
    return index


def _is_full(entry: Any) -> bool:
    return isinstance(entry, slice) and entry.start is None and entry.stop is None and entry.step is None


def _spread(index: list[Any]) -> list[Any]:
    """One entry for each dim: masks of several dims are followed by None."""
    spread: list[Any] = []
    for entry in index:
        is_mask = not isinstance(entry, slice) and entry.type.dtype == "bool"
        spread += [entry, *[None] * (entry.type.ndim - 1 if is_mask else 0)]
    return spread


def _write(node: Apply, part: Variable) -> Variable:
    return tt.inc_subtensor(part, node.inputs[1], set_instead_of_inc=node.op.set_instead_of_inc)


@rules.local(_FANCY, "P")
def local_fancy_index_of_slice(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[1:, v] -> x[1:][:, v], and x[v, :] -> x[v]; what is written goes into the slice, and that into x."""
    index = _index(node)
    if index is None or (not any(isinstance(e, slice) and not _is_full(e) for e in index) and not _is_full(index[-1])):
        return None
    x, out = node.inputs[0], node.outputs[0]
    slices = tuple([e if isinstance(e, slice) else slice(None) for e in _spread(index)])
    arrays = [slice(None) if isinstance(e, slice) else e for e in index]
    while arrays and _is_full(arrays[-1]):
        arrays.pop()
    if not arrays:
        return None
    base = x if all(map(_is_full, slices)) else x[slices]
    part = base[tuple(arrays)]
    if not _is_write(node):
        return [keep_type(fgraph, part, out)]
    written = _write(node, part)
    return [keep_type(fgraph, written if base is x else tt.set_subtensor(base, written), out)]


@rules.local(_FANCY, "P")
def local_fancy_index_of_adjacent_dims(fgraph: FunctionGraph, node: Apply) -> Any:
    """x[u, :, v] -> x.dimshuffle(0, 2, 1)[u, v]: NumPy, too, has the dims of arrays that stand apart in front."""
    index = _index(node)
    if index is None or not all(_is_full(e) for e in index if isinstance(e, slice)):
        return None
    places = [k for k, e in enumerate(index) if not isinstance(e, slice)]
    if not places or places[-1] - places[0] == len(places) - 1:
        return None
    x, out = node.inputs[0], node.outputs[0]
    spread = _spread(index)
    front = [axis for axis, e in enumerate(spread) if not isinstance(e, slice)]
    order = [*front, *[axis for axis in range(x.type.ndim) if axis not in front]]
    part = x.dimshuffle(*order)[tuple([index[k] for k in places])]
    if not _is_write(node):
        return [keep_type(fgraph, part, out)]
    written = _write(node, part).dimshuffle(*[order.index(axis) for axis in range(x.type.ndim)])
    return [keep_type(fgraph, written, out)]


@rules.local([AdvancedBooleanIncSubtensor], "P")
def local_write_under_mask(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[mask], c) -> switch(mask, c, x), and inc_subtensor(x[mask], c) -> switch(mask, x + c, x)."""
    x, y, out = *node.inputs[:2], node.outputs[0]
    index = _index(node)
    arrays = [entry for entry in index or () if not isinstance(entry, slice)]
    if index is None or len(arrays) != 1 or not all(map(_is_full, (e for e in index if isinstance(e, slice)))):
        return None
    (mask,) = arrays
    if not all(y.type.broadcastable) or y.type.dtype != x.type.dtype:
        return None
    lead = index.index(mask)
    behind = x.type.ndim - lead - mask.type.ndim
    over = mask.dimshuffle(*["x"] * lead, *range(mask.type.ndim), *["x"] * behind)
    value = y.dimshuffle(*["x"] * x.type.ndim)
    return [keep_type(fgraph, tt.switch(over, value if node.op.set_instead_of_inc else x + value, x), out)]


@rules.local([IncSubtensor, AdvancedIncSubtensor1, *_WRITES], "P")
def local_cast_what_is_written(fgraph: FunctionGraph, node: Apply) -> Any:
    """A value is written in the dtype of the tensor that it is written into."""
    x, y, *index = node.inputs
    if x.type.dtype == y.type.dtype or (y.type.dtype.startswith("complex") and not x.type.dtype.startswith("complex")):
        return None
    return [node.op(x, tt.cast(y, x.type.dtype), *index)]
