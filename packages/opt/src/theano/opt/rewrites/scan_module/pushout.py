"""Work that a loop need not do step by step: before it on whole sequences, after it on whole results."""

from __future__ import annotations

from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, FunctionGraph, Variable, clone_replace, toposort
from theano.graph.traversal import clients_of
from theano.opt.rewrites.scan_module.memory import first_rows, start_of
from theano.opt.rewrites.scan_module.sequences import is_cut
from theano.opt.rewrites.scan_module.vectorize import Stacks
from theano.scan_module.editing import LoopEdit, RowPart, StatePart
from theano.scan_module.lengths import has_rows, is_shortest_length
from theano.scan_module.wiring import safe_new
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.subtensor import Subtensor

__all__ = ["scan_pushout_dot1", "scan_pushout_output", "scan_pushout_seqs"]


def _sequence_stacks(edit: LoopEdit) -> dict[Variable, Any]:
    return {v: s if has_rows(s, edit.steps) else s[: edit.steps] for v, s in edit.sequences}


def _stop_at(edit: LoopEdit) -> set[Variable]:
    return {*edit.moving(), *[v for v, _ in edit.fixed]}


def scan_pushout_seqs(fgraph: FunctionGraph, node: Apply) -> Any:
    """Elementwise work and products on slices of sequences -> the same on whole sequences, before the loop."""
    if node.op.as_while or not node.op.n_seqs:
        return None
    edit = LoopEdit.of(node)
    known = Stacks(_sequence_stacks(edit), dict(edit.fixed))
    tops = edit.tops()
    known.add_all(tops)
    done = _rows_outside(edit, known)
    swap = _cut(edit, known)
    if not done and not swap:
        return None
    edit.drop_unused_inputs()
    found: dict[Any, Any] = dict(done)
    if edit.tops():
        found.update(edit.build())
    return {**found, "remove": [node]}


def _rows_outside(edit: LoopEdit, known: Stacks) -> dict[Any, Any]:
    """Results that need no loop at all."""
    if not is_shortest_length(edit.steps):
        return {}  # the loop tells when a sequence is too short
    ready = [row for row in edit.rows if row.after in known.stacked and row.length is edit.steps]
    edit.rows = [row for row in edit.rows if row not in ready]
    return {row.old: known.stacked[row.after] for row in ready}


def _cut(edit: LoopEdit, known: Stacks) -> dict[Variable, Variable]:
    """Read what was computed outside as further sequences."""
    tops = edit.tops()
    border: dict[Variable, None] = {}
    # Nodes behind a border are not met: the walk starts at the outputs.
    needed = toposort(tops, [*_stop_at(edit), *known.made])
    for inner in needed:
        border.update(dict.fromkeys(v for v in inner.inputs if v in known.made))
    border.update(dict.fromkeys(v for v in tops if v in known.made))
    swap = {v: safe_new(v) for v in border}
    edit.sequences += [(fresh, known.stacked[v]) for v, fresh in swap.items()]
    if swap:
        edit.substitute(dict(swap))
    return swap


def scan_pushout_output(fgraph: FunctionGraph, node: Apply) -> Any:
    """Results computed from stored rows, and products with a fixed matrix -> after the loop, for all steps at once."""
    if node.op.as_while or not node.op.n_nit_sot or not node.op.info["keeps_rows"]:
        return None
    edit = LoopEdit.of(node)
    stand_ins: dict[Any, Any] = {}
    # With a given number of steps it is the loop that tells when a sequence is too short.
    stacked = _sequence_stacks(edit) if is_shortest_length(edit.steps) else {}
    for state in edit.states:
        if state.kind != "mit_mot" and _is_free(state.after[0], edit):
            stacked[state.after[0]] = stand_ins[state] = _stack_type(state.after[0])()
    fixed = dict(edit.fixed)
    moved: dict[Any, Any] = {}
    for row in list(edit.rows):
        if row.length is not edit.steps:
            continue
        known = Stacks(stacked, fixed)
        known.add_all([row.after])
        if row.after in known.stacked:
            moved[row.old] = known.stacked[row.after]
            edit.rows.remove(row)
        else:
            _store_operand(edit, row, fixed, moved, stand_ins)
    if not moved:
        return None
    edit.drop_unused_inputs()
    found: dict[Any, Any] = dict(edit.build()) if edit.tops() else {}
    swap = {v: part.new[part.offset :] if isinstance(part, StatePart) else part.new for part, v in stand_ins.items()
            if part.new is not None}  # fmt: skip
    return {**found, **_finished(moved, swap), "remove": [node]}


def _finished(moved: dict[Any, Any], swap: dict[Any, Any]) -> dict[Any, Any]:
    results = clone_replace(list(moved.values()), swap, strict=False)
    return dict(zip(moved, results, strict=True))


def _is_free(v: Variable, edit: LoopEdit) -> bool:
    return v.owner is not None and not isinstance(v, Constant) and v not in _stop_at(edit)


def _stack_type(v: Any) -> Any:
    return tt.TensorType(v.type.dtype, (False, *v.type.broadcastable))


def _store_operand(edit: LoopEdit, row: RowPart, fixed: Any, moved: Any, stand_ins: Any) -> None:
    """dot(a, M) for a fixed matrix M, needed only as a result: store a, multiply afterwards."""
    inner = row.after.owner
    if inner is None or not isinstance(inner.op, Dot) or row.after in _read_inside(edit):
        return
    for operand in inner.inputs:
        if operand in fixed or isinstance(operand, Constant) or operand in _stop_at(edit):
            continue
        stand_in = _stack_type(operand)()
        known = Stacks({operand: stand_in}, fixed)
        known.add_all([row.after])
        if row.after in known.stacked:
            moved[row.old] = known.stacked[row.after]
            same = next((r for r in edit.rows if r.after is operand and r.length is edit.steps), None)
            if same is None:
                row.after, row.old = operand, None
                stand_ins[row] = stand_in
            else:
                edit.rows.remove(row)
                moved[row.old] = clone_replace(moved[row.old], {stand_in: _stand_in_of(same, stand_ins)})
            return


def _stand_in_of(row: RowPart, stand_ins: Any) -> Any:
    if row not in stand_ins:
        stand_ins[row] = _stack_type(row.after)()
    return stand_ins[row]


def _read_inside(edit: LoopEdit) -> set[Variable]:
    """Variables that the step itself reads, or that become states."""
    read = {v for node in toposort(edit.tops(), _stop_at(edit)) for v in node.inputs}
    read.update(v for state in edit.states for v in state.after)
    return read


def scan_pushout_dot1(fgraph: FunctionGraph, node: Apply) -> Any:
    """A sum over steps, of which only the end is read -> one product or sum of stacked terms after the loop."""
    if node.op.as_while:
        return None
    edit = LoopEdit.of(node)
    readers = clients_of(edit.tops(), _stop_at(edit))
    sequences = _sequence_stacks(edit)
    stand_ins: dict[Any, Any] = {}
    endings: dict[Any, Any] = {}
    for state in list(edit.states):
        term = _summed_term(fgraph, edit, state, readers)
        if term is None:
            continue

        def stack(v: Variable) -> Any:
            if v in sequences:
                return sequences[v]
            same = next((r for r in edit.rows if r.after is v and r.length is edit.steps), None)
            if same is None:
                same = RowPart(v, edit.steps)
                edit.rows.append(same)
            return _stand_in_of(same, stand_ins)

        total = _total(term, stack)
        if total is None:
            continue
        edit.states.remove(state)
        rows = first_rows(state.buffer, 1)
        first = state.buffer[0] if rows is None else rows[0]
        for reader in _last_readers(fgraph, state.old) or ():
            endings[reader.outputs[0]] = first + total
    if not endings:
        return None
    edit.drop_unused_inputs()
    found: dict[Any, Any] = dict(edit.build()) if edit.tops() else {}
    swap = {v: part.new for part, v in stand_ins.items()}
    finished = _finished(endings, swap)
    for old, new in finished.items():
        if new.type != old.type:
            finished[old] = tt.patternbroadcast(new, old.type.broadcastable)
    return {**found, **finished}


def _summed_term(fgraph: FunctionGraph, edit: LoopEdit, state: StatePart, readers: Any) -> Any:
    """What a state adds up: it is read in the sum only, and only its last value is read outside."""
    if state.kind != "sit_sot" or not _last_readers(fgraph, state.old):
        return None
    (before,), (after,) = state.before, state.after
    if after.owner is None or readers.get(after) or len(readers.get(before, ())) != 1:
        return None
    others = [v for v in edit.tops() if v is after or v is before]
    if len(others) != 1 or not _is_sum(after.owner) or before not in after.owner.inputs:
        return None
    terms = [v for v in after.owner.inputs if v is not before]
    if len(terms) != 1 or terms[0].type != before.type:
        return None
    return terms[0]


def _is_sum(node: Apply) -> bool:
    return isinstance(node.op, Elemwise) and type(node.op.scalar_op).__name__ == "Add"


def _last_readers(fgraph: FunctionGraph, result: Any) -> list[Apply] | None:
    """The readers of the last value, also behind result[k:]; None if something else is read."""
    found = []
    for reader, _ in fgraph.clients(result):
        if _is_last(reader):
            found.append(reader)
        elif start_of(reader) is not None and all(_is_last(r) for r, _ in fgraph.clients(reader.outputs[0])):
            found += [r for r, _ in fgraph.clients(reader.outputs[0])]
        else:
            return None
    return found


def _is_last(reader: Any) -> bool:
    if reader == "output" or not isinstance(reader.op, Subtensor) or len(reader.inputs) != 2:
        return False
    index = reader.inputs[1]
    entry = reader.op.idx_list[0]
    return not isinstance(entry, slice) and isinstance(index, Constant) and int(index.data) == -1


def _total(term: Variable, stack: Any) -> Any:
    """The sum of `term` over all steps."""
    inner = term.owner
    if inner is not None and isinstance(inner.op, Dot) and all(v.type.ndim == 2 for v in inner.inputs):  # type: ignore[attr-defined]
        x, y = inner.inputs
        turned = x.owner is not None and isinstance(x.owner.op, DimShuffle) and tuple(x.owner.op.new_order) == (1, 0)
        left, right = _in_memory_order(stack(x.owner.inputs[0] if turned else x), stack(y))
        rows = right.shape[0] * right.shape[1]
        flat = right.reshape([rows, right.shape[2]], ndim=2)
        if turned:
            return tt.dot(left.reshape([rows, left.shape[2]], ndim=2).T, flat)
        left = left.dimshuffle(1, 0, 2)
        return tt.dot(left.reshape([left.shape[0], rows], ndim=2), flat)
    pair = _outer_product(inner)
    if pair is not None:
        left, right = _in_memory_order(stack(pair[0]), stack(pair[1]))
        return tt.dot(left.T, right)
    # More than a vector for each step is too much to store.
    if sum(not flag for flag in term.type.broadcastable) <= 1 and inner is not None:  # type: ignore[attr-defined]
        return stack(term).sum(axis=0, acc_dtype=term.type.dtype)  # type: ignore[attr-defined]
    return None


def _in_memory_order(left: Any, right: Any) -> tuple[Any, Any]:
    """Both stacks with their steps in the order in which the first one lies in memory.

    A sum over steps may go either way. Loops that run backwards read sequences from their ends, and a product would
    have to copy each of them.
    """
    whole = _turned(left)
    if whole is None:
        return left, right
    start = whole.shape[0] - left.shape[0]
    return whole if left.owner.inputs[0] is whole else whole[start:], right[::-1]


def _turned(stack: Any) -> Any:
    """x for ``x[::-1]`` and ``x[::-1][:n]``."""
    if is_cut(stack, (None, "k", None)):
        stack = stack.owner.inputs[0]
    return stack.owner.inputs[0] if is_cut(stack, (None, None, -1)) else None


def _outer_product(node: Any) -> Any:
    if node is None or not isinstance(node.op, Elemwise) or type(node.op.scalar_op).__name__ != "Mul":
        return None
    if len(node.inputs) != 2 or not all(v.owner and isinstance(v.owner.op, DimShuffle) for v in node.inputs):
        return None
    a, b = (v.owner for v in node.inputs)
    if tuple(a.op.new_order) == ("x", 0):
        a, b = b, a
    if tuple(a.op.new_order) != (0, "x") or tuple(b.op.new_order) != ("x", 0):
        return None
    x, y = a.inputs[0], b.inputs[0]
    return (x, y) if x.type.dtype == y.type.dtype == node.outputs[0].type.dtype else None
