"""Loops of a few steps, written out."""

from __future__ import annotations

from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, FunctionGraph, toposort
from theano.graph.clone import rebuild_graph
from theano.opt.rewrites.scan_module.memory import first_rows, start_of
from theano.scan_module.editing import LoopEdit, StatePart
from theano.scan_module.scan_op import Scan
from theano.tensor.subtensor import Subtensor

__all__ = ["scan_unroll"]

MAX_STEPS = 4
MAX_NODES = 48
"""Nodes of all steps together: more would be slow to compile, and gain little."""


def scan_unroll(fgraph: FunctionGraph, node: Apply) -> Any:
    """A loop over a few steps, whose number is constant -> these steps one after the other.

    Elementwise work of all steps then becomes one kernel. Loops over sequences stay: they say when one is too short.
    """
    op = node.op
    if op.as_while or op.n_seqs or op.n_shared_outs or op.n_mit_mot or op.profile:
        return None
    lengths = [node.inputs[0], *op.outer_nitsot(node)]
    if not all(isinstance(v, Constant) and v.data == lengths[0].data for v in lengths):
        return None
    steps = int(node.inputs[0].data)
    if not 1 <= steps <= MAX_STEPS:
        return None
    edit = LoopEdit.of(node)
    inner = toposort(edit.tops(), [*edit.moving(), *[v for v, _ in edit.fixed]])
    if not edit.states or len(inner) * steps > MAX_NODES or any(isinstance(n.op, Scan) for n in inner):
        return None
    if any(v.type != outer.type for v, outer in edit.fixed):
        return None
    history: dict[Any, list[Any]] = {}
    for state in edit.states:
        rows = _given_rows(state)
        if rows is None:
            return None
        history[state] = rows
    _do_steps(edit, steps, history)
    found: dict[Any, Any] = {}
    for part, rows in history.items():
        found.update(_results(fgraph, part.old, rows))
    return {**found, "remove": [node]}


def _given_rows(state: StatePart) -> list[Any] | None:
    """The rows from before the first step; None where they might be stretched to the length of others."""
    rows = first_rows(state.buffer, state.offset)
    if rows is None or rows.type.broadcastable[1:] != state.before[0].type.broadcastable:  # type: ignore[attr-defined]
        return None
    return [tt.cast(rows[i], state.before[0].type.dtype) for i in range(state.offset)]  # type: ignore[attr-defined]


def _do_steps(edit: LoopEdit, steps: int, history: dict[Any, list[Any]]) -> None:
    """Append to `history` what each step makes of the rows before."""
    history.update((row, []) for row in edit.rows)
    for k in range(steps):
        swap: dict[Any, Any] = dict(edit.fixed)
        for state in edit.states:
            for v, tap in zip(state.before, state.taps, strict=True):
                swap[v] = history[state][k + state.offset + tap]
        new = iter(rebuild_graph(edit.tops(), swap)[0])
        made = [next(new) for part in (*edit.states, *edit.rows)]
        for part, value in zip((*edit.states, *edit.rows), made, strict=True):
            history[part].append(value)


def _results(fgraph: FunctionGraph, old: Any, rows: list[Any]) -> dict[Any, Any]:
    """The stack of all rows in place of `old`, and single rows where these are read."""
    stacked = tt.stack(rows)
    found = {old: tt.patternbroadcast(stacked, old.type.broadcastable)}
    pending = [(reader, 0) for reader, _ in fgraph.clients(old)]
    while pending:
        reader, start = pending.pop()
        skipped = start_of(reader)
        if skipped is not None:
            pending += [(r, start + skipped) for r, _ in fgraph.clients(reader.outputs[0])]
            continue
        row = _row_read(reader, rows[start:])
        if row is not None:
            found[reader.outputs[0]] = row
    return found


def _row_read(reader: Any, rows: list[Any]) -> Any:
    """The row that ``rows[k]`` reads, for constant k."""
    if not isinstance(reader, Apply) or not isinstance(reader.op, Subtensor) or len(reader.inputs) != 2:
        return None
    index = reader.inputs[1]
    if len(reader.op.idx_list) != 1 or isinstance(reader.op.idx_list[0], slice) or not isinstance(index, Constant):
        return None
    place = int(index.data)
    row = rows[place] if -len(rows) <= place < len(rows) else None
    return row if row is not None and row.type == reader.outputs[0].type else None
