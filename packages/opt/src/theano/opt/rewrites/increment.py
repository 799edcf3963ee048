"""Writing under an index: set_subtensor, inc_subtensor."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.engine import GraphRule
from theano.opt.matching import constant_of, elemwise_node, is_constant, keep_type
from theano.opt.ruleset import RuleSet
from theano.opt.shape_feature import lengths_of
from theano.tensor.alloc import Alloc, AllocEmpty
from theano.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
)

from .subtensor import index_of, is_full_slice, known_int

__all__ = ["rules"]

rules = RuleSet()
_WRITES = [IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor]


def _is_zeros(variable: Variable) -> bool:
    return is_constant(variable, 0)


@rules.local([IncSubtensor], "U C P")
def local_useless_inc_subtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[:], y) -> y, and inc_subtensor(zeros[:], y) -> y."""
    x, y = node.inputs[:2]
    out = node.outputs[0]
    feature = getattr(fgraph, "shape_feature", None)
    if not node.op.set_instead_of_inc and not _is_zeros(x):
        return None
    index = index_of(node)
    lengths = feature.lengths(x) if feature is not None else [None] * len(index)
    if not all(is_full_slice(e, n, feature) for e, n in zip(index, lengths, strict=False)):
        return None
    if y.type.broadcastable == out.type.broadcastable:
        # lengths of 1 that the type does not show would stretch, so equal shapes must be certain
        return [keep_type(fgraph, y, out)] if feature is not None and feature.same_shape(x, y) else None
    value = y if y.type.dtype == out.type.dtype else tt.cast(y, out.type.dtype)
    return [keep_type(fgraph, tt.alloc(value, *lengths_of(fgraph, x)), out)]


@rules.local(_WRITES, "U C S P")
def local_useless_inc_subtensor_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """inc_subtensor(x[i], alloc(v)) -> inc_subtensor(x[i], v), which broadcasts, for v without lengths of its own."""
    inner = node.inputs[1].owner
    if inner is None or not isinstance(inner.op, Alloc) or not all(inner.inputs[0].type.broadcastable):
        return None
    if isinstance(node.op, AdvancedIncSubtensor):
        return None  # the rules for crossentropy want to see the alloc
    value = inner.inputs[0]
    return [keep_type(fgraph, node.op(node.inputs[0], value, *node.inputs[2:]), node.outputs[0])]


@rules.local([Subtensor], "C P")
def local_subtensor_before_inc_subtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[m:], y)[:k] -> x[:k] for k <= m: what is read ends before what was written begins."""
    writing = node.inputs[0].owner
    if writing is None or not isinstance(writing.op, IncSubtensor):
        return None
    read, written = index_of(node), index_of(writing)
    if len(read) != 1 or len(written) < 1 or not isinstance(written[0], slice) or written[0].step is not None:
        return None
    start, end = known_int(written[0].start), _end_of(read[0])
    if start is None or end is None or not 0 <= end <= start:
        return None
    return [keep_type(fgraph, node.op(writing.inputs[0], *node.inputs[1:]), node.outputs[0])]


def _end_of(entry: Any) -> int | None:
    """k for the index :k, and for the index k - 1; None for others."""
    if not isinstance(entry, slice):
        position = known_int(entry)
        return None if position is None or position < 0 else position + 1
    return known_int(entry.stop) if entry.start is None and entry.step is None else None


def _own_room(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(room[i], y) for room without contents that others write to as well -> room of its own.

    Otherwise the room would have to be copied, which costs more than all that is written to it.
    """
    room = node.inputs[0]
    if not node.op.set_instead_of_inc or room.owner is None or not isinstance(room.owner.op, AllocEmpty):
        return None
    if len(fgraph.clients(room)) < 2:
        return None
    own = room.owner.clone_with_new_inputs(list(room.owner.inputs)).outputs[0]
    return [node.op(own, *node.inputs[1:])]


local_own_room = GraphRule(_own_room, [IncSubtensor])
local_own_room.name = "local_own_room"


@rules.local([IncSubtensor, AdvancedIncSubtensor1], "C S", "local_incsubtensor_of_allocs")
def local_incsubtensor_of_zeros(fgraph: FunctionGraph, node: Apply) -> Any:
    """inc_subtensor(x[i], 0) -> x."""
    if node.op.set_instead_of_inc or not _is_zeros(node.inputs[1]):
        return None
    return [node.inputs[0]]


@rules.local([IncSubtensor], "C P")
def local_incsubtensor_of_zeros_to_setsubtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """inc_subtensor(zeros[i], y) -> set_subtensor(zeros[i], y)."""
    if node.op.set_instead_of_inc or not _is_zeros(node.inputs[0]):
        return None
    return [IncSubtensor(node.op.idx_list, node.op.inplace, True)(*node.inputs)]


@rules.local(_WRITES, "C S", "local_setsubtensor_of_allocs")
def local_setsubtensor_of_constants(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[i], c) -> x for x that is c everywhere."""
    if not getattr(node.op, "set_instead_of_inc", False):
        return None
    here, value = constant_of(node.inputs[0]), constant_of(node.inputs[1])
    return [node.inputs[0]] if here is not None and value is not None and here == value else None


@rules.local([AdvancedIncSubtensor1], "C")
def local_set_to_inc_subtensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(x[v], x[v] + y) -> inc_subtensor(x[v], y) for constant v without repeats."""
    x, total, rows = node.inputs
    if not node.op.set_instead_of_inc:
        return None
    addition = elemwise_node(total, ts.Add)
    data = getattr(rows, "data", None)
    if addition is None or len(addition.inputs) != 2 or data is None or len(set(data.tolist())) != len(data):
        return None
    if len(data) and data.min() < 0:
        return None
    for i, part in enumerate(addition.inputs):
        old = part.owner
        if old is not None and isinstance(old.op, AdvancedSubtensor1) and old.inputs[0] is x and old.inputs[1] is rows:
            y = addition.inputs[1 - i]
            return [AdvancedIncSubtensor1(False, False)(x, y, rows)] if y.type.dtype == x.type.dtype else None
    return None


@rules.local([AdvancedSubtensor1], "C S")
def local_adv_sub1_adv_inc_sub1(fgraph: FunctionGraph, node: Apply) -> Any:
    """set_subtensor(zeros[v], y)[v] -> y for constant v without repeats (others may differ by the order of writes)."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, AdvancedIncSubtensor1) or inner.inputs[2] is not node.inputs[1]:
        return None
    data = getattr(node.inputs[1], "data", None)
    if not inner.op.set_instead_of_inc or data is None or len(set(data.tolist())) != len(data):
        return None
    if len(data) and data.min() < 0:
        return None
    y, out = inner.inputs[1], node.outputs[0]
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None or y.type.broadcastable != out.type.broadcastable or not feature.same_shape(y, out):
        return None  # writing stretches a length of 1, reading would not
    return [keep_type(fgraph, y, out)]
