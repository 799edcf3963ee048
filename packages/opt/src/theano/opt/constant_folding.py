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


def _fold(fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    for output in node.outputs:
        for reader, i in fgraph.clients(output):
            # A constant may not be overwritten: what an in-place op destroys stays computed.
            if reader != "output" and any(i in destroyed for destroyed in reader.op.destroy_map.values()):
                return None
    return fold(node)


constant_folding = GraphRule(_fold)
constant_folding.name = "constant_folding"
