"""The Python executor: runs a plan by calling every node's ``perform``.

Slow, always right, and what all other backends are compared to. Values of one call live in a list made for that call,
so a function may be called from several threads, and from inside itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from theano.compile.lazy import LazyRunner, make_thunk_of
from theano.compile.runtime_errors import check_outputs, outputs_with_values, raise_with_op
from theano.compile.watched import run_watched
from theano.graph import Constant, view_roots

__all__ = ["PythonExecutor", "copies_before_destruction"]

Slots = tuple[int, ...]
Row = tuple[Callable[..., None], Any, Slots, Slots, Slots, Slots, bool, Slots]


class PythonExecutor:
    """Runs a plan step by step.

    Parameters
    ----------
    plan : Plan
        Only the nodes, slots and lifetimes of its steps are used.
    mutable : sequence of bool
        For each graph input, whether it may be overwritten.
    allow_gc : bool
        Forget intermediate results after their last reader; otherwise the values of the last call can be inspected in
        `storage_map`.
    wrapper : callable, optional
        Runs in place of each node; see `theano.compile.linkers.Linker`.
    """

    def __init__(
        self,
        plan: Any,
        mutable: Sequence[bool] = (),
        allow_gc: bool = True,
        wrapper: Callable[..., Any] | None = None,
    ) -> None:
        self.wrapper = wrapper
        self.plan = plan
        self.allow_gc = allow_gc
        self.nodes = [step.node for step in plan.steps]
        self._blank: list[Any] = [slot.data if slot.kind == "constant" else None for slot in plan.slots]
        self._last: list[Any] | None = None
        self._mutable = tuple(mutable)
        self._rows = self._make_rows()
        self._lazy = any(make_thunk_of(node.op) is not None for node in self.nodes)

    def _make_rows(self) -> list[tuple[int, Row]]:
        copied = copies_before_destruction(self.plan, self._mutable)
        rows: list[Row] = []
        kept = set(self.plan.outputs)
        for i, step in enumerate(self.plan.steps):
            node = step.node
            frees = tuple(s for s in step.frees if s not in kept) if self.allow_gc else ()
            wants_params = getattr(node.op, "params_type", None) is not None
            filled = outputs_with_values(node)
            rows.append(
                (node.op.perform, node, step.inputs, step.outputs, frees, copied.get(i, ()), wants_params, filled)
            )
        return list(enumerate(rows))

    def run(self, values: Sequence[Any], wanted: Sequence[int] | None = None, profile: Any = None) -> list[Any]:
        """Values of the graph's outputs, given the values of its inputs.

        Parameters
        ----------
        values : sequence
            One for each graph input.
        wanted : sequence of int, optional
            Positions of the outputs to compute; the others are None.
        profile : ProfileStats, optional
            Receives the time of each node.
        """
        registers = self._blank.copy()
        for slot, value in zip(self.plan.inputs, values, strict=True):
            registers[slot] = value
        if self.wrapper is not None:
            return run_watched(self.plan, registers, self.wrapper)
        if self._lazy:
            return LazyRunner(self.plan, registers).run(wanted, profile)
        rows: Sequence[tuple[int, Row]] = self._rows
        if wanted is not None:
            rows = self._needed(rows, wanted)
        if profile is not None:
            self._loop_timed(rows, registers, profile)
        else:
            self._loop(rows, registers)
        if not self.allow_gc:
            self._last = registers
        return [registers[slot] for slot in self.plan.outputs]

    def _loop(self, rows: Sequence[tuple[int, Row]], registers: list[Any]) -> None:
        for number, (perform, node, reads, writes, frees, copies, wants_params, filled) in rows:
            inputs = [registers[slot] for slot in reads]
            for position in copies:
                inputs[position] = copy.deepcopy(inputs[position])
            cells: list[list[Any]] = [[None] for _ in writes]
            try:
                if wants_params:
                    perform(node, inputs, cells, node.run_params())
                else:
                    perform(node, inputs, cells)
                check_outputs(node, cells, filled)
            except Exception as error:
                raise_with_op(node, error, inputs, index=number, fgraph=self.plan.fgraph)
            for slot, cell in zip(writes, cells, strict=True):
                registers[slot] = cell[0]
            for slot in frees:
                registers[slot] = None

    def _loop_timed(self, rows: Sequence[tuple[int, Row]], registers: list[Any], profile: Any) -> None:
        for row in rows:
            start = perf_counter()
            self._loop((row,), registers)
            profile.add_node(row[1][1], perf_counter() - start)

    def _needed(self, rows: Sequence[tuple[int, Row]], wanted: Sequence[int]) -> list[tuple[int, Row]]:
        needed = {self.plan.outputs[i] for i in wanted}
        kept = []
        for number, row in reversed(rows):
            if not needed.isdisjoint(row[3]):
                needed.update(row[2])
                kept.append((number, row))
        kept.reverse()
        return kept

    @property
    def storage_map(self) -> dict[Any, list[Any]]:
        """From each variable to a one-element list with its value in the last call (if it was kept)."""
        values = self._last if self._last is not None else self._blank
        return {slot.variable: [values[slot.number]] for slot in self.plan.slots}

    def free(self) -> None:
        """Forget the values of the last call."""
        self._last = None


def copies_before_destruction(plan: Any, mutable: Sequence[bool]) -> dict[int, tuple[int, ...]]:
    """For each step, which inputs must be copied before the step destroys them.

    An op may destroy what it declares in ``destroy_map``; the executor lets it, unless somebody still needs the value:
    a later step, the caller (inputs that are not mutable), an output, or a constant.
    """
    destroyers = [i for i, step in enumerate(plan.steps) if step.node.op.destroy_map]
    if not destroyers:
        return {}
    may_overwrite = {v for v, m in zip(plan.fgraph.inputs, mutable, strict=False) if m}
    last_read: dict[Any, int] = {}
    for i, step in enumerate(plan.steps):
        for variable in step.node.inputs:
            for root in view_roots(variable):
                last_read[root] = i
    returned = {root for variable in plan.fgraph.outputs for root in view_roots(variable)}
    found: dict[int, tuple[int, ...]] = {}
    for i in destroyers:
        node = plan.steps[i].node
        positions = {p for sources in node.op.destroy_map.values() for p in sources}
        found[i] = tuple(
            p
            for p in sorted(positions)
            if any(
                last_read[root] > i
                or root in returned
                or isinstance(root, Constant)
                or (root.owner is None and root not in may_overwrite)
                for root in view_roots(node.inputs[p])
            )
        )
    return found


_copies_before_destruction = copies_before_destruction
