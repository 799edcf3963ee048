"""One call of a plan in which somebody watches every node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.compile.lazy import LazyRunner, make_thunk_of
from theano.compile.runtime_errors import raise_with_op

__all__ = ["Thunk", "run_watched"]


class Thunk:
    """A node with the cells of its values; calling it runs the node."""

    lazy = False

    def __init__(self, node: Any, inputs: list[list[Any]], outputs: list[list[Any]]) -> None:
        self.node = node
        self.inputs = inputs
        self.outputs = outputs

    def __call__(self) -> None:
        values = [cell[0] for cell in self.inputs]
        if getattr(self.node.op, "params_type", None) is not None:
            self.node.op.perform(self.node, values, self.outputs, self.node.run_params())
        else:
            self.node.op.perform(self.node, values, self.outputs)


def run_watched(plan: Any, registers: list[Any], wrapper: Callable[..., Any]) -> list[Any]:
    """Values of the graph's outputs; ``wrapper(i, node, thunk)`` is called in place of each node.

    Parameters
    ----------
    plan : Plan
    registers : list
        Values by slot, those of inputs and constants filled in.
    wrapper : callable
    """
    if any(make_thunk_of(step.node.op) is not None for step in plan.steps):
        return _LazyWatched(plan, registers, wrapper).run()
    cells = [[value] for value in registers]
    for i, step in enumerate(plan.steps):
        thunk = Thunk(step.node, [cells[slot] for slot in step.inputs], [cells[slot] for slot in step.outputs])
        try:
            wrapper(i, step.node, thunk)
        except Exception as error:
            raise_with_op(step.node, error, [cell[0] for cell in thunk.inputs], index=i, fgraph=plan.fgraph)
    return [cells[slot][0] for slot in plan.outputs]


class _Done(Thunk):
    """A lazy node that has run: whoever watches sees its values."""

    def __call__(self) -> None:
        pass


class _LazyWatched(LazyRunner):
    """A call with lazy ops: only nodes that are needed run, and are watched."""

    def __init__(self, plan: Any, registers: list[Any], wrapper: Callable[..., Any]) -> None:
        super().__init__(plan, registers)
        self.wrapper = wrapper

    def _watched(self, node: Any, kind: type[Thunk]) -> Callable[[], Any]:
        thunk = kind(node, [self.cells[v] for v in node.inputs], [self.cells[v] for v in node.outputs])
        return lambda: self.wrapper(self.index[node], node, thunk)

    def _perform_thunk(self, node: Any) -> Callable[[], None]:
        return self._watched(node, Thunk)

    def _call(self, node: Any, thunk: Callable[[], Any]) -> Any:
        needed = super()._call(node, thunk)
        if not needed and make_thunk_of(node.op) is not None:
            super()._call(node, self._watched(node, _Done))
        return needed
