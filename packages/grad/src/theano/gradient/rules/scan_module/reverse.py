"""Reverse mode through loops: a loop that runs back over the stored states.

Going back, each state carries the gradients that are still to arrive at its earlier rows: for taps that reach back
``k`` steps there are ``k`` of them, which move up by one place in every step. Gradients of sequences are stacked, those
of what is the same in every step are summed up on the way.
"""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.backward import pullback
from theano.gradient.disconnected import grad_not_implemented, grad_undefined, is_disconnected, is_null
from theano.gradient.rules.conventions import gradient
from theano.gradient.rules.scan_module.history import History, LoopParts, assemble, is_exact
from theano.gradient.zeros import is_continuous
from theano.graph import Apply, Variable
from theano.scan_module.connections import inner_masks

__all__ = ["scan_gradient"]

_NO_ROWS = "the loop keeps its last state only: give while_loop max_steps, or use scan with until"


@gradient
def scan_gradient(node: Any, gs: list) -> list:
    """Terms for the outer inputs of a loop, None for those that get zeros or nothing."""
    if node.op.n_mit_mot or not node.op.info["keeps_rows"]:
        why = "states that write several rows have no gradient" if node.op.n_mit_mot else _NO_ROWS
        return [grad_not_implemented(node.op, i, x, why) for i, x in enumerate(node.inputs)]
    return _Backward(node, gs).terms()


def _smooth(v: Variable) -> bool:
    return isinstance(v.type, at.TensorType) and is_continuous(v)


class _Backward:
    def __init__(self, node: Apply, gs: list) -> None:
        self.node, self.op, self.gs = node, node.op, gs
        self.masks = inner_masks(self.op.inputs, self.op.outputs)
        self.outer_grad = self._outer_gradients()
        self.live = self._live_outputs()
        self.history = History(node)
        self.exact_steps = self.op.truncate_gradient == -1
        self.steps = self.history.steps
        if not self.exact_steps:
            self.steps = at.minimum(self.steps, self.op.truncate_gradient)

    def _outer_gradients(self) -> dict[int, Any]:
        """By inner output, the rows of the gradient that arrives from outside."""
        found = {}
        op = self.op
        for state in op.states:
            g = self.gs[state.outer_output]
            if not is_disconnected(g) and _smooth(op.outputs[state.inner_outputs[0]]):
                found[state.inner_outputs[0]] = g[state.offset :]
        for j in range(op.n_nit_sot):
            g, o = self.gs[len(op.states) + j], op.n_state_outs + j
            if not is_disconnected(g) and _smooth(op.outputs[o]):
                found[o] = g
        return found

    def _live_outputs(self) -> list[int]:
        """Inner outputs at which a gradient arrives in some step."""
        live = set(self.outer_grad)
        changed = True
        while changed:
            changed = False
            reached = 0
            for o in live:
                reached |= self.masks[o]
            for state in self.op.states:
                (o,) = state.inner_outputs
                if o not in live and _smooth(self.op.outputs[o]) and any(reached >> i & 1 for i in state.inner_inputs):
                    live.add(o)
                    changed = True
        return sorted(live)

    def _inner_gradients(self, arriving: list[Variable]) -> dict[Variable, Any]:
        """Gradients of the inner inputs; disconnected ones are left out."""
        reached = 0
        for o in self.live:
            reached |= self.masks[o]
        wrt = [v for i, v in enumerate(self.op.inputs) if reached >> i & 1 and _smooth(v)]
        if not wrt:
            return {}
        found = pullback(
            [self.op.outputs[o] for o in self.live],
            wrt,
            arriving,
            disconnected_inputs="ignore",
            return_disconnected="Disconnected",
            null_gradients="return",
            add_names=False,
        )
        return {v: g for v, g in zip(wrt, found, strict=True) if not is_disconnected(g)}

    def terms(self) -> list[Any]:
        """Gradient terms, in the order of the outer inputs."""
        op = self.op
        self.parts = LoopParts()
        pending: dict[int, list[Variable]] = {}
        arriving = []
        for state in op.states:
            o = state.inner_outputs[0]
            if o in self.live:
                pending[o] = [op.outputs[o].type() for _ in range(state.offset)]
        for o in self.live:
            term = pending[o][0] if o in pending else None
            if o in self.outer_grad:
                row = op.outputs[o].type()
                self.parts.add_sequence(row, self._backwards(self.outer_grad[o]))
                term = row if term is None else term + row
            arriving.append(term)
        self.inner = self._inner_gradients([g for g in arriving if g is not None])
        null = self._null_feedback(pending)
        if null is not None:
            pattern = op.connection_pattern(self.node)
            return [null if any(row) else None for row in pattern]
        return self._outer_terms(pending)

    def _null_feedback(self, pending: dict[int, list[Variable]]) -> Any:
        for state in self.op.states:
            if state.inner_outputs[0] in pending:
                for i in state.inner_inputs:
                    g = self.inner.get(self.op.inputs[i])
                    if g is not None and is_null(g):
                        return g
        return None

    def _backwards(self, rows: Any) -> Any:
        turned = rows[::-1]
        return turned if self.exact_steps else turned[: self.steps]

    def _outer_terms(self, pending: dict[int, list[Variable]]) -> list[Any]:
        op, node, parts = self.op, self.node, self.parts
        for state in op.states:
            if state.inner_outputs[0] in pending:
                self._add_pending(state, pending[state.inner_outputs[0]])
        summed = []
        for inner, outer in self.history.fixed.items():
            g = self.inner.get(inner)
            if g is not None and not is_null(g):
                total = inner.type()
                parts.add_state(total, at.zeros_like(outer), _of_type(total + g, inner))
                summed.append(inner)
        stacked = []
        for v in op.inner_seqs(op.inputs):
            g = self.inner.get(v)
            if g is not None and not is_null(g):
                parts.mapped.append(_of_type(g, v))
                stacked.append(v)
        buffers, rows = self._run() if parts.states or parts.mapped else ([], [])
        last = iter([buffer[-1] for buffer in buffers])
        left = {o: [next(last) for _ in places] for o, places in pending.items()}
        found = {v: next(last) for v in summed}
        found.update(zip(stacked, rows, strict=True))
        terms: list[Any] = [None] * len(node.inputs)
        for k, v in enumerate(op.inner_seqs(op.inputs)):
            terms[1 + k] = self._sequence_term(node.inputs[1 + k], found[v]) if v in found else self._null(v)
        for state in op.states:
            terms[state.outer_input] = self._buffer_term(state, left.get(state.inner_outputs[0]))
        for k in range(op.n_shared_outs):
            i = op.outer_shared_start + k
            terms[i] = grad_undefined(op, i, node.inputs[i], "the states of random streams have no derivative")
        for k, v in enumerate(op.inner_non_seqs(op.inputs)):
            terms[op.outer_fixed_start + k] = found.get(v, self._null(v))
        return terms

    def _null(self, v: Variable) -> Any:
        g = self.inner.get(v)
        return g if g is not None and is_null(g) else None

    def _add_pending(self, state: Any, places: list[Variable]) -> None:
        """What waits for the row ``k`` steps back waits, one step later, for the row ``k - 1`` steps back."""
        by_distance = {-tap: self.inner.get(self.op.inputs[i]) for i, tap in zip(
            state.inner_inputs, state.taps, strict=True)}  # fmt: skip
        row = self.node.outputs[state.outer_output][0]
        for k, place in enumerate(places):
            terms = [places[k + 1]] if k + 1 < len(places) else []
            own = by_distance.get(k + 1)
            terms += [] if own is None else [own]
            after = terms[0] if len(terms) == 1 else terms[0] + terms[1] if terms else at.zeros_like(place)
            self.parts.add_state(place, at.zeros_like(row), _of_type(after, place))

    def _run(self) -> tuple[list[Any], list[Any]]:
        op, parts = self.op, self.parts
        tops = [*[after for *_, after in parts.states], *parts.mapped]
        self.history.store_draws(tops)
        for inner, outer in self.history.rows.items():
            parts.add_sequence(inner, self._backwards(outer))
        for inner, outer in self.history.fixed.items():
            parts.add_fixed(inner, outer)
        info = {key: op.info[key] for key in ("mode", "profile", "allow_gc")}
        return assemble(parts, self.steps, {**info, "name": f"grad_of_{op.name or 'scan_fn'}"})

    # -- from the results of the loop to terms ---------------------------------------------------------------------

    def _sequence_term(self, sequence: Any, rows: Any) -> Any:
        """`rows` came last step first; rows of the sequence that were not used, or cut off, get zeros."""
        turned = rows[::-1]
        if self.exact_steps and is_exact(self.node, sequence):
            return turned
        done = self.history.steps
        return at.set_subtensor(at.zeros_like(sequence)[done - self.steps : done], turned)

    def _buffer_term(self, state: Any, left: list[Any] | None) -> Any:
        """First rows: what arrives at them directly, and what is left of the way back. Other rows are overwritten."""
        g = self.gs[state.outer_output]
        buffer = self.node.inputs[state.outer_input]
        if not _smooth(buffer) or (left is None and is_disconnected(g)):
            return None
        first = at.zeros_like(buffer[: state.offset]) if is_disconnected(g) else g[: state.offset]
        if left is not None:
            # Oldest first. With truncation the way ends `missing` rows after the first ones.
            carried = at.stack(left[::-1]) if len(left) > 1 else at.shape_padleft(left[0])
            if self.exact_steps:
                first = first + at.patternbroadcast(carried, first.broadcastable)
            else:
                missing = at.minimum(self.history.steps - self.steps, state.offset)
                first = at.inc_subtensor(first[missing:], carried[: state.offset - missing])
        return at.set_subtensor(at.zeros_like(buffer)[: state.offset], first)


def _of_type(g: Any, v: Variable) -> Any:
    """`g` with exactly the type of `v`, which states must keep."""
    if g.type == v.type:
        return g
    if g.type.dtype != v.type.dtype:  # type: ignore[attr-defined]
        g = at.cast(g, v.type.dtype)  # type: ignore[attr-defined]
    return g if g.type == v.type else at.patternbroadcast(g, v.type.broadcastable)  # type: ignore[attr-defined]
