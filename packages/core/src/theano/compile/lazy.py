"""Ops that decide while they run which of their inputs they need.

Such an op defines the classic ``make_thunk(node, storage_map, compute_map, no_recycling, impl=None)`` and returns a
thunk with ``lazy = True``. The thunk is called again and again; each time it returns the positions of inputs that it
still needs, and nothing once it is done. Other thunks, and plain ``perform``, get all inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from theano.compile.runtime_errors import check_outputs, outputs_with_values, raise_with_op

__all__ = ["LazyRunner", "make_thunk_of"]


def make_thunk_of(op: Any) -> Callable[..., Any] | None:
    """The op's own ``make_thunk``; None for the many ops that have none."""
    return getattr(op, "make_thunk", None)


class LazyRunner:
    """One call of a plan that holds lazy ops: evaluates from the outputs down, only what is needed.

    Parameters
    ----------
    plan : Plan
    registers : list
        Values by slot, those of inputs and constants filled in.
    """

    def __init__(self, plan: Any, registers: list[Any]) -> None:
        self.plan = plan
        self.cells = {slot.variable: [registers[slot.number]] for slot in plan.slots}
        self.computed = {slot.variable: [slot.kind != "temp"] for slot in plan.slots}
        self.index = {step.node: i for i, step in enumerate(plan.steps)}
        self._thunks: dict[Any, Any] = {}

    def run(self, wanted: Sequence[int] | None = None, profile: Any = None) -> list[Any]:
        """Values of the graph's outputs (None for those that are not wanted)."""
        outputs = self.plan.fgraph.outputs
        chosen = range(len(outputs)) if wanted is None else wanted
        for i in chosen:
            self._evaluate(outputs[i], profile)
        return [self.cells[v][0] if i in set(chosen) else None for i, v in enumerate(outputs)]

    def _evaluate(self, variable: Any, profile: Any) -> None:
        stack = [variable]
        while stack:
            current = stack[-1]
            if self.computed[current][0]:
                stack.pop()
                continue
            node = current.owner
            thunk = self._thunk(node)
            if not getattr(thunk, "lazy", False):
                missing = [v for v in node.inputs if not self.computed[v][0]]
                if missing:
                    stack.extend(reversed(missing))
                    continue
            start = perf_counter()
            needed = self._call(node, thunk)
            if profile is not None:
                profile.add_node(node, perf_counter() - start)
            stack.extend(node.inputs[i] for i in reversed(list(needed or ())))

    def _call(self, node: Any, thunk: Callable[[], Any]) -> Any:
        try:
            needed = thunk()
        except Exception as error:
            inputs = [self.cells[v][0] for v in node.inputs]
            raise_with_op(node, error, inputs, index=self.index[node], fgraph=self.plan.fgraph)
        if not needed:
            for output in node.outputs:
                self.computed[output][0] = True
        return needed if getattr(thunk, "lazy", False) else ()

    def _thunk(self, node: Any) -> Any:
        thunk = self._thunks.get(node)
        if thunk is None:
            make = make_thunk_of(node.op)
            if make is not None:
                thunk = make(node, self.cells, self.computed, [], impl="py")
            else:
                thunk = self._perform_thunk(node)
            self._thunks[node] = thunk
        return thunk

    def _perform_thunk(self, node: Any) -> Callable[[], None]:
        reads = [self.cells[v] for v in node.inputs]
        writes = [self.cells[v] for v in node.outputs]
        extra = (node.run_params(),) if getattr(node.op, "params_type", None) is not None else ()

        def thunk() -> None:
            node.op.perform(node, [cell[0] for cell in reads], writes, *extra)
            check_outputs(node, writes, outputs_with_values(node))

        return thunk
