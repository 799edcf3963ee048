"""Inner graphs as flat records, the form in which loops are pickled.

A pickler writes a graph node by node in order, and cannot begin another graph in the middle of that; so the inner graph
of a loop is no graph for it but plain data, whatever its depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Constant, Variable, toposort

__all__ = ["from_record", "to_record"]


def to_record(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> dict[str, Any]:
    """Types, ops and positions; constants as they are."""
    number = {v: i for i, v in enumerate(inputs)}
    constants: list[Constant] = []
    nodes: list[tuple[Any, list[int], list[Any]]] = []
    count = len(inputs)

    def position(v: Variable) -> int:
        if v not in number:
            assert isinstance(v, Constant)
            constants.append(v)
            number[v] = -len(constants)
        return number[v]

    for node in toposort(outputs, list(number)):
        read = [position(v) for v in node.inputs]
        for v in node.outputs:
            number.setdefault(v, count)
            count += 1
        nodes.append((node.op, read, [_described(v) for v in node.outputs]))
    return {
        "inputs": [_described(v) for v in inputs],
        "nodes": nodes,
        "outputs": [position(v) for v in outputs],
        "constants": constants,
    }


def _described(v: Variable) -> tuple[Any, str | None, Any]:
    return v.type, v.name, getattr(v.tag, "trace", None)


def _made(described: tuple[Any, str | None, Any]) -> Variable:
    type_, name, trace = described
    v: Variable = type_.make_variable(name)
    if trace:
        v.tag.trace = trace
    return v


def from_record(record: dict[str, Any]) -> tuple[list[Variable], list[Variable]]:
    """The inputs and outputs of the graph."""
    inputs = [_made(d) for d in record["inputs"]]
    known = list(inputs)

    def at(position: int) -> Variable:
        return known[position] if position >= 0 else record["constants"][-1 - position]

    for op, read, described in record["nodes"]:
        outputs = [_made(d) for d in described]
        Apply(op, [at(i) for i in read], outputs)
        known += outputs
    return inputs, [at(i) for i in record["outputs"]]
