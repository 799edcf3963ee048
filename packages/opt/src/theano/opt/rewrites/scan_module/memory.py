"""Loops that store only what is read of their results."""

from __future__ import annotations

from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, FunctionGraph
from theano.scan_module.editing import LoopEdit
from theano.tensor.alloc import AllocEmpty
from theano.tensor.subtensor import IncSubtensor, Subtensor

__all__ = ["first_rows", "scan_save_mem", "start_of"]


def scan_save_mem(fgraph: FunctionGraph, node: Apply) -> Any:
    """Buffers hold the last rows only, where no earlier ones are read."""
    if not node.op.info["keeps_rows"]:
        return None
    edit = LoopEdit.of(node)
    changed = False
    for state in edit.states:
        count = _rows_read(fgraph, state.old)
        first = first_rows(state.buffer, state.offset)
        if state.kind == "mit_mot" or count is None or first is None:
            continue
        # One row more than the taps reach back, so that a new row need not overwrite one that is still read.
        wanted = max(count, state.offset + 1)
        length = tt.minimum(edit.steps + state.offset, wanted)
        room = AllocEmpty(first.dtype)(length, *state.buffer.owner.inputs[0].owner.inputs[1:])
        state.buffer = tt.set_subtensor(room[: state.offset], first)
        changed = True
    for row in edit.rows:
        count = _rows_read(fgraph, row.old)
        if count is not None and row.length is edit.steps:
            row.length = tt.minimum(edit.steps, count)
            changed = True
    if not changed:
        return None
    edit.info["keeps_rows"] = False
    return {**edit.build(), "remove": [node]}


def _rows_read(fgraph: FunctionGraph, result: Any) -> int | None:
    """How many rows at the end are read; None if that is not known, or all are."""
    pending = [(reader, 0) for reader, _ in fgraph.clients(result)]
    count = 0
    while pending:
        reader, skipped = pending.pop()
        if reader == "output" or not isinstance(reader.op, Subtensor) or not reader.op.idx_list:
            return None
        own = _from_end(reader)
        if own is None:
            # result[k:][-1] reads one row at the end as well, if k rows are left to skip
            start = start_of(reader)
            if start is None:
                return None
            pending += [(r, skipped + start) for r, _ in fgraph.clients(reader.outputs[0])]
            continue
        count = max(count, skipped + own)
    return count or None


def start_of(reader: Any) -> int | None:
    """k for result[k:], constant k >= 0; None for other readers."""
    if reader == "output" or not isinstance(reader.op, Subtensor) or len(reader.op.idx_list) != 1:
        return None
    (entry,) = reader.op.idx_list
    if not isinstance(entry, slice) or entry.stop is not None or entry.step is not None or entry.start is None:
        return None
    start = reader.inputs[1]
    return int(start.data) if isinstance(start, Constant) and int(start.data) >= 0 else None


def _from_end(reader: Any) -> int | None:
    """k for result[-k] and result[-k:], constant k."""
    entry = reader.op.idx_list[0]
    if isinstance(entry, slice) and (entry.start is None or entry.stop is not None or entry.step is not None):
        return None
    if len(reader.inputs) < 2 or not isinstance(reader.inputs[1], Constant):
        return None
    position = int(reader.inputs[1].data)
    return -position if position < 0 else None


def first_rows(buffer: Any, offset: int) -> Any:
    """The first rows, where the buffer is room for them and more; None for buffers of other kinds."""
    writing = buffer.owner
    if writing is None or not isinstance(writing.op, IncSubtensor) or not writing.op.set_instead_of_inc:
        return None
    room, rows, *index = writing.inputs
    if room.owner is None or not isinstance(room.owner.op, AllocEmpty):
        return None
    (entry,) = writing.op.idx_list if len(writing.op.idx_list) == 1 else (None,)
    if isinstance(entry, slice):
        if entry.start is not None or entry.step is not None or len(index) != 1 or not isinstance(index[0], Constant):
            return None
        return rows if int(index[0].data) == offset and rows.ndim == room.ndim else None
    if entry is not None and offset == 1 and len(index) == 1 and isinstance(index[0], Constant):
        return tt.shape_padleft(rows) if int(index[0].data) == 0 and rows.ndim == room.ndim - 1 else None
    return None
