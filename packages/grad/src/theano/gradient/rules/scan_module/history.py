"""What a loop has stored of its run: for inner variables, the sequences of their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import theano.tensor as at
from theano.graph import Apply, Constant, Variable
from theano.graph.traversal import toposort
from theano.scan_module.assembly import state_buffer
from theano.scan_module.editing import LoopEdit, RowPart, StatePart
from theano.scan_module.lengths import has_rows
from theano.scan_module.scan_op import Scan

__all__ = ["History", "LoopParts", "assemble"]


class History:
    """Values of inner variables over the steps that a loop did.

    Parameters
    ----------
    node : Apply
        Of the loop op, all states stored in full.

    Attributes
    ----------
    steps : Variable, ()
        The number of steps that were done.
    rows : dict
        From inner variables to tensors whose row ``t`` is the value in step ``t``.
    fixed : dict
        From inner variables that are the same in every step to outer variables.
    """

    def __init__(self, node: Apply) -> None:
        op = node.op
        self.node, self.op = node, op
        self.steps = _executed(node)
        self.rows: dict[Variable, Any] = {}
        self.fixed = dict(zip(op.inner_non_seqs(op.inputs), op.outer_non_seqs(node), strict=True))
        inside = set(op.inputs)
        for inner, outer in zip(op.inner_seqs(op.inputs), op.outer_seqs(node), strict=True):
            self.rows[inner] = outer if is_exact(node, outer) else outer[: self.steps]
        for state in op.states:
            buffer = node.outputs[state.outer_output]
            for i, tap in zip(state.inner_inputs, state.taps, strict=True):
                start = state.offset + tap
                self.rows[op.inputs[i]] = buffer[start : start - state.offset or None]
            for i, tap in zip(state.inner_outputs, state.out_taps, strict=True):
                if tap == 0 and state.kind != "mit_mot":
                    self._add_output(op.outputs[i], buffer[state.offset :], inside)
        for inner, outer in zip(op.inner_nitsot_outs(op.outputs), op.outer_nitsot_outs(node), strict=True):
            self._add_output(inner, outer, inside)

    def _add_output(self, inner: Variable, outer: Any, inside: set[Variable]) -> None:
        if inner not in inside and not isinstance(inner, Constant):
            self.rows.setdefault(inner, outer)

    def store_draws(self, tops: Iterable[Variable]) -> None:
        """Make sure that what `tops` need of shared states, such as random draws, is stored too.

        The states themselves are not stored; so the loop is done with the tensors computed from them as outputs too.
        """
        shared = set(self.op.inner_shared(self.op.inputs))
        if not shared:
            return
        carried = set(shared)
        draws: dict[Variable, None] = {}
        for node in toposort(tops, self.rows):
            if any(v in carried for v in node.inputs):
                carried.update(v for v in node.outputs if not isinstance(v.type, at.TensorType))
                draws.update(dict.fromkeys(v for v in node.outputs if isinstance(v.type, at.TensorType)))
        if draws:
            stored = _with_outputs(self.node, self.op, list(draws), self.node.inputs[0])
            for inner, outer in zip(draws, stored, strict=True):
                self.rows[inner] = outer


def _executed(node: Apply) -> Any:
    op = node.op
    if not op.as_while:
        return node.inputs[0]
    for state in op.states:
        return node.outputs[state.outer_output].shape[0] - state.offset
    return node.outputs[0].shape[0]


def is_exact(node: Apply, sequence: Any) -> bool:
    """Whether the graph shows that `sequence` has as many rows as the loop did steps."""
    return not node.op.as_while and has_rows(sequence, node.inputs[0])


def _with_outputs(node: Apply, op: Scan, extra: list[Variable], length: Any) -> list[Any]:
    """Results for further inner variables as outputs of the loop that is stored row by row."""
    at_inner, at_outer = op.n_state_outs + op.n_nit_sot, op.outer_fixed_start
    outputs = [*op.outputs[:at_inner], *extra, *op.outputs[at_inner:]]
    inputs = [*node.inputs[:at_outer], *[length] * len(extra), *node.inputs[at_outer:]]
    new = Scan(op.inputs, outputs, {**op.info, "n_nit_sot": op.n_nit_sot + len(extra)})
    first = len(op.states) + op.n_nit_sot
    return list(new(*inputs, return_list=True)[first : first + len(extra)])


class LoopParts:
    """Inner and outer parts of a loop to build.

    `sequences` and `fixed` are offers: what the step does not use is left out.
    """

    def __init__(self) -> None:
        self.sequences: list[tuple[Variable, Any]] = []
        self.fixed: list[tuple[Variable, Any]] = []
        self.states: list[tuple[list[Variable], list[int], Any, Variable]] = []
        self.mapped: list[Variable] = []

    def add_sequence(self, inner: Variable, outer: Any) -> None:
        """Offer a sequence."""
        self.sequences.append((inner, outer))

    def add_fixed(self, inner: Variable, outer: Any) -> None:
        """Offer what is the same in every step."""
        self.fixed.append((inner, outer))

    def add_state(self, before: Variable, initial: Any, after: Variable) -> None:
        """Add a state that looks one step back; `initial` is its first value."""
        self.states.append(([before], [-1], at.shape_padleft(initial), after))

    def add_state_with_taps(self, before: list[Variable], taps: list[int], initial: Any, after: Variable) -> None:
        """Add a state that looks several steps back; `initial` are its first rows."""
        self.states.append((before, taps, initial, after))


def assemble(parts: LoopParts, steps: Any, info: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Build the loop; return the buffers of the states and the stacked `mapped`, in the order of `parts`."""
    edit = LoopEdit(steps, info)
    edit.sequences, edit.fixed = parts.sequences, parts.fixed
    for before, taps, initial, after in parts.states:
        kind = "sit_sot" if taps == [-1] else "mit_sot"
        buffer = state_buffer(initial, max(-tap for tap in taps), steps)
        edit.states.append(StatePart(kind, taps, [0], before, [after], buffer))
    edit.rows = [RowPart(after, steps) for after in parts.mapped]
    states = list(edit.states)
    # First of all: some sequences stand for expressions of the forward step, which must be cut off there.
    inner = [*edit.moving(), *[v for v, _ in edit.fixed]]
    fresh = {v: v.type.make_variable(v.name) for v in inner}
    edit.substitute(dict(fresh))
    edit.sequences = [(fresh[v], outer) for v, outer in edit.sequences]
    edit.fixed = [(fresh[v], outer) for v, outer in edit.fixed]
    for state in states:
        state.before = [fresh[v] for v in state.before]
    edit.drop_unused_inputs()
    edit.move_out_fixed()
    edit.build()
    return [state.new for state in states], [row.new for row in edit.rows]
