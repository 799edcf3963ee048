"""Loops without what nobody needs: results, inputs, constants, work that is the same in every step, twins."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant, FunctionGraph
from theano.opt.engine import MergeOptimizer
from theano.scan_module.connections import inner_masks
from theano.scan_module.editing import LoopEdit

__all__ = [
    "scan_merge_inner",
    "scan_merge_inouts",
    "scan_pushout_nonseqs",
    "scan_remove_unused",
    "scan_remove_unused_outputs",
]


def scan_remove_unused(fgraph: FunctionGraph, node: Apply) -> Any:
    """Drop inputs that the step does not read, take constants into it, keep one of inputs that are given twice."""
    edit = LoopEdit.of(node)
    before = (len(edit.sequences), len(edit.fixed))
    constants = {v: outer for v, outer in edit.fixed if isinstance(outer, Constant) and v.type == outer.type}
    if constants:
        edit.substitute(dict(constants))
    edit.drop_unused_inputs()
    if (len(edit.sequences), len(edit.fixed)) == before:
        return None
    return {**edit.build(), "remove": [node]}


def scan_remove_unused_outputs(fgraph: FunctionGraph, node: Apply) -> Any:
    """Drop results that nobody reads, and states on which nothing depends any more."""
    edit = LoopEdit.of(node)
    rows = [row for row in edit.rows if fgraph.has_client(row.old)]
    shared, states = _needed(fgraph, edit, rows)
    if (len(rows), len(shared), len(states)) == (len(edit.rows), len(edit.shared), len(edit.states)):
        return None
    if not rows and not shared and not states:
        return None
    edit.rows, edit.shared, edit.states = rows, shared, states
    edit.drop_unused_inputs()
    return {**edit.build(), "remove": [node]}


def _needed(fgraph: FunctionGraph, edit: LoopEdit, rows: list[Any]) -> tuple[list[Any], list[Any]]:
    """Shared parts and states that are read outside, or by something that is needed inside."""
    inputs = edit.moving()
    place = {v: 1 << i for i, v in enumerate(inputs)}
    carried = [*edit.states, *edit.shared]
    kept = [part for part in carried if fgraph.has_client(part.old)]
    fixed = [row.after for row in rows] + ([] if edit.condition is None else [edit.condition])
    # A dependence without derivative counts as well.
    masks = inner_masks(inputs, [*fixed, *[v for part in carried for v in _afters(part)]], all_ways=True)
    reached = 0
    for mask in masks[: len(fixed)]:
        reached |= mask
    of_part, start = {}, len(fixed)
    for part in carried:
        mask = 0
        for _ in _afters(part):
            mask |= masks[start]
            start += 1
        of_part[part] = mask
    for part in kept:
        reached |= of_part[part]
    changed = True
    while changed:
        changed = False
        for part in carried:
            if part not in kept and any(place[v] & reached for v in _befores(part)):
                kept.append(part)
                reached |= of_part[part]
                changed = True
    return [part for part in edit.shared if part in kept], [part for part in edit.states if part in kept]


def _afters(part: Any) -> list[Any]:
    return part.after if isinstance(part.after, list) else [part.after]


def _befores(part: Any) -> list[Any]:
    return part.before if isinstance(part.before, list) else [part.before]


def scan_pushout_nonseqs(fgraph: FunctionGraph, node: Apply) -> Any:
    """Compute before the loop what is the same in every step."""
    edit = LoopEdit.of(node)
    if not edit.move_out_fixed():
        return None
    return {**edit.build(), "remove": [node]}


def scan_merge_inner(fgraph: FunctionGraph, node: Apply) -> Any:
    """Compute once what the step computes twice."""
    op = node.op
    inner = FunctionGraph(op.inputs, op.outputs)
    count = len(inner.apply_nodes)
    MergeOptimizer().optimize(inner)
    if len(inner.apply_nodes) == count:
        return None
    return op.__class__(inner.inputs, inner.outputs, op.info)(*node.inputs, return_list=True)


def scan_merge_inouts(fgraph: FunctionGraph, node: Apply) -> Any:
    """Keep one of several results that are the same computation, and one of states that always have equal values."""
    edit = LoopEdit.of(node)
    swap: dict[Any, Any] = {}
    first: dict[Any, Any] = {}
    kept = []
    for row in edit.rows:
        twin = first.setdefault((row.after, row.length), row)
        if twin is row:
            kept.append(row)
        else:
            swap[row.old] = twin
    if not swap:
        return None
    edit.rows = kept
    found: dict[Any, Any] = dict(edit.build())
    found.update({old: twin.new for old, twin in swap.items()})
    return {**found, "remove": [node]}
