"""Nodes whose inputs are all constant become constants, by the op's own `perform`."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable

from .engine import GraphRule, copy_stack_trace

__all__ = ["constant_folding", "fold"]


def fold(node: Apply) -> list[Variable] | None:
    """The outputs of `node` as constants; None when an input is not constant or the op declines.

    An op that raises is left in the graph, so that the error comes when the function is called.
    """
    for variable in node.inputs:
        if not isinstance(variable, Constant):
            return None
    op = node.op
    if not op.do_constant_folding(node) or op.destroy_map:
        return None
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    try:
        op.perform(node, [v.data for v in node.inputs], storage)  # type: ignore[attr-defined]
    except Exception:
        return None
    results = []
    for output, (value,) in zip(node.outputs, storage, strict=True):
        constant = output.type.Constant(output.type, value)
        copy_stack_trace(output, constant)
        results.append(constant)
    return results


class _ConstantFolding(GraphRule):
    """Offered only nodes that depend on constants alone; see `fold`."""

    @staticmethod
    def candidates(fgraph: FunctionGraph) -> list[Apply]:
        """Nodes that depend on constants alone, in topological order."""
        found: list[Apply] = []
        known: set[Variable] = set()
        for node in fgraph.toposort():
            for variable in node.inputs:
                if not (isinstance(variable, Constant) or variable in known):
                    break
            else:
                found.append(node)
                known.update(node.outputs)
        return found


def _fold(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    for variable in node.inputs:
        if not isinstance(variable, Constant):
            return None
    for output in node.outputs:
        for reader, i in fgraph.clients(output):
            # A constant may not be overwritten: what an in-place op destroys stays computed.
            if reader != "output" and any(i in destroyed for destroyed in reader.op.destroy_map.values()):
                return None
    return fold(node)


constant_folding = _ConstantFolding(_fold)
constant_folding.name = "constant_folding"
