"""Sequences that need not be made: zeros but for one row, and cheap work on whole sequences that the step can do."""

from __future__ import annotations

from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.graph.traversal import clients_of
from theano.opt.matching import is_constant
from theano.opt.rewrites.scan_module.memory import first_rows, start_of
from theano.scan_module.editing import LoopEdit, StatePart
from theano.tensor.asserts import Assert
from theano.tensor.dot import Dot
from theano.tensor.elemwise import Elemwise
from theano.tensor.subtensor import IncSubtensor, Subtensor

__all__ = ["is_cut", "scan_start_from_row", "scan_take_in_elemwise"]


def scan_start_from_row(fgraph: FunctionGraph, node: Apply) -> Any:
    """A sequence that is zero after its first row, and added to a state -> a state that starts with that row added.

    This is what the gradient of ``result[-1]`` looks like: nothing arrives at the earlier rows.
    """
    if not node.op.n_seqs:
        return None
    edit = LoopEdit.of(node)
    readers: Any = None
    for pair in list(edit.sequences):
        row = _only_row(edit.steps, pair[1])
        if row is None:
            continue
        readers = readers or clients_of(edit.tops(), _stop_at(edit))
        state = _receiver(edit, pair[0], readers)
        if state is None or not _leaves_first_row(fgraph, state.old):
            continue
        (total, _), *_ = readers[pair[0]]
        edit.sequences.remove(pair)
        _add_to_start(state, row)
        rest = [v for v in total.inputs if v is not pair[0]]
        edit.substitute({total.outputs[0]: rest[0] if len(rest) == 1 else total.op(*rest)})
        edit.drop_unused_inputs()
        return {**edit.build(), "remove": [node]}
    return None


def _stop_at(edit: LoopEdit) -> set[Variable]:
    return {*edit.moving(), *[v for v, _ in edit.fixed]}


def _only_row(steps: Any, sequence: Any) -> Any:
    """The first row of ``set_subtensor(zeros[-1], row)[::-1]``; None for other sequences."""
    while is_cut(sequence, (None, "k", None)):
        sequence = sequence.owner.inputs[0]
    if not is_cut(sequence, (None, None, -1)):
        return None
    writing = sequence.owner.inputs[0].owner
    if writing is None or not isinstance(writing.op, IncSubtensor) or len(writing.op.idx_list) != 1:
        return None
    room, row, *index = writing.inputs
    if isinstance(writing.op.idx_list[0], slice) or len(index) != 1 or row.type.ndim != room.type.ndim - 1:
        return None
    if not isinstance(index[0], Constant) or int(index[0].data) != -1 or not is_constant(room, 0):
        return None
    row = tt.cast(row, room.type.dtype)
    if isinstance(steps, Constant) and int(steps.data) > 0:
        return row
    return Assert("the last row of a loop without steps is read")(row, tt.gt(steps, 0))


def is_cut(v: Any, wanted: tuple[Any, Any, Any]) -> bool:
    """Whether `v` is ``x[start:stop:step]``; "k" stands for any number."""
    if v.owner is None or not isinstance(v.owner.op, Subtensor) or len(v.owner.op.idx_list) != 1:
        return False
    (entry,) = v.owner.op.idx_list
    if not isinstance(entry, slice):
        return False
    numbers = iter(v.owner.inputs[1:])
    for part, want in zip((entry.start, entry.stop, entry.step), wanted, strict=True):
        number: Any = None if part is None else next(numbers)
        if (number is None) != (want is None):
            return False
        if isinstance(want, int) and not (isinstance(number, Constant) and int(number.data) == want):
            return False
    return True


def _receiver(edit: LoopEdit, inner: Variable, readers: Any) -> StatePart | None:
    """The state that `inner` is added to, if neither is read by anything else."""
    if len(readers.get(inner, ())) != 1 or any(v is inner for v in edit.tops()):
        return None
    ((total, _),) = readers[inner]
    if not _is_plain_sum(total):
        return None
    for state in edit.states:
        if state.kind != "sit_sot" or state.before[0] not in total.inputs or state.before[0].type != inner.type:
            continue
        once = len(readers[state.before[0]]) == 1 and all(v is not state.before[0] for v in edit.tops())
        return state if once and total.outputs[0].type == inner.type else None
    return None


def _leaves_first_row(fgraph: FunctionGraph, result: Any) -> bool:
    """Whether nobody outside reads the row before the first step."""
    for reader, _ in fgraph.clients(result):
        if reader == "output" or not isinstance(reader.op, Subtensor) or len(reader.inputs) < 2:
            return False
        entry, index = reader.op.idx_list[0], reader.inputs[1]
        if not isinstance(index, Constant) or not (start_of(reader) or not isinstance(entry, slice)):
            return False
        if not isinstance(entry, slice) and int(index.data) == 0:
            return False
        if not isinstance(entry, slice) and int(index.data) < -1:
            return False
    return True


def _is_plain_sum(node: Apply) -> bool:
    return isinstance(node.op, Elemwise) and type(node.op.scalar_op).__name__ == "Add" and not node.op.inplace_pattern


def _add_to_start(state: StatePart, row: Any) -> None:
    rows = first_rows(state.buffer, state.offset)
    if rows is None:
        state.buffer = tt.inc_subtensor(state.buffer[:1], tt.shape_padleft(row))
        return
    room = state.buffer.owner.inputs[0]
    first = tt.shape_padleft(row) if is_constant(rows, 0) else rows + tt.shape_padleft(row)
    state.buffer = tt.set_subtensor(room.owner.op(*room.owner.inputs)[:1], first)


# What costs next to nothing in a step that does elementwise work anyway.
_CHEAP = frozenset(("Add", "Sub", "Mul", "Neg", "Sqr", "Abs", "Identity", "Cast", "Switch", "Maximum", "Minimum",
                    "TrueDiv", "GT", "LT", "GE", "LE", "EQ", "NEQ", "AND", "OR", "XOR", "Invert"))  # fmt: skip


def scan_take_in_elemwise(fgraph: FunctionGraph, node: Apply) -> Any:
    """A sequence made by a cheap elementwise op, read by elementwise work of the step only -> done in the step.

    So it need not be stored: that takes memory for all steps, and time to write and read it.
    """
    if not node.op.n_seqs:
        return None
    edit = LoopEdit.of(node)
    readers = clients_of(edit.tops(), _stop_at(edit))
    for position, (inner, outer) in enumerate(edit.sequences):
        work, views = _work_behind(fgraph, node, outer)
        if work is None or not _only_elementwise(edit, inner, readers):
            continue
        fresh: list[tuple[Any, Any]] = []
        value = work.op(*[_row_of(v, views, edit, fresh) for v in work.inputs])
        if value.type != inner.type:
            continue
        edit.sequences[position : position + 1] = fresh
        edit.substitute({inner: value})
        edit.drop_unused_inputs()
        return {**edit.build(), "remove": [node]}
    return None


def _work_behind(fgraph: FunctionGraph, node: Apply, outer: Any) -> tuple[Any, list[Apply]]:
    """The node that computes the sequence, and the slices between; None if others want the value too."""
    views: list[Apply] = []
    while True:
        if len(fgraph.clients(outer)) != 1 or outer.owner is None:
            return None, []
        if not (is_cut(outer, (None, None, -1)) or is_cut(outer, (None, "k", None))):
            break
        views.insert(0, outer.owner)
        outer = outer.owner.inputs[0]
    work = outer.owner
    cheap = isinstance(work.op, Elemwise) and type(work.op.scalar_op).__name__ in _CHEAP and len(work.outputs) == 1
    if not cheap or not _surely_same_lengths(fgraph, work):
        return None, []
    return work, views


def _surely_same_lengths(fgraph: FunctionGraph, work: Apply) -> bool:
    """Whether the loop need not check that all operands have the same number of rows."""
    moving = [v for v in work.inputs if not v.type.broadcastable[0]]  # type: ignore[attr-defined]
    if len(moving) < 2:
        return len(moving) == 1
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return False
    first = feature.lengths(moving[0])[0]
    return all(feature.same_length(first, feature.lengths(v)[0]) for v in moving[1:])


def _row_of(v: Any, views: list[Apply], edit: LoopEdit, sequences: list[tuple[Any, Any]]) -> Any:
    """A row of `v` in the step; where it comes from is added to `sequences` or to what is the same in every step."""
    if v.type.broadcastable[0] and isinstance(v, Constant):
        return tt.constant(v.data[0], dtype=v.type.dtype)
    row = tt.TensorType(v.type.dtype, v.type.broadcastable[1:])()
    if v.type.broadcastable[0]:
        edit.fixed.append((row, v[0]))
        return row
    rows = v
    for view in views:
        rows = view.op(rows, *view.inputs[1:])
    sequences.append((row, rows))
    return row


def _only_elementwise(edit: LoopEdit, inner: Variable, readers: Any) -> bool:
    """Whether the step reads `inner` in elementwise ops only, none of which may become part of a product."""
    if not readers.get(inner) or any(v is inner for v in edit.tops()):
        return False
    for reader, _ in readers[inner]:
        if not isinstance(reader.op, Elemwise):
            return False
        if any(v.owner is not None and isinstance(v.owner.op, Dot) for v in reader.inputs):
            return False
    return True
