"""The invariants of a function graph, checked."""

from __future__ import annotations

from typing import Any

from theano.errors import InconsistencyError, explain
from theano.graph.traversal import toposort
from theano.graph.variable import Constant


def _fail(found: str) -> None:
    raise InconsistencyError(explain("verify a graph", found, "report the rewrite that made it"))


def verify_graph(graph: Any) -> None:
    """Check that nodes, clients, ranks and order agree with what inputs and outputs say.

    Raises
    ------
    InconsistencyError
        At the first disagreement.
    """
    nodes = toposort(graph.outputs, graph.inputs)
    if set(nodes) != graph.apply_nodes:
        _fail(f"{len(nodes)} nodes are needed, {len(graph.apply_nodes)} are listed")
    expected: dict[Any, set[Any]] = {v: set() for v in graph.inputs}
    for node in nodes:
        for i, variable in enumerate(node.inputs):
            expected.setdefault(variable, set()).add((node, i))
            if variable.owner is None and variable not in graph.inputs and not isinstance(variable, Constant):
                _fail(f"{variable} is neither input nor constant")
            if variable.owner is not None and graph.rank(variable.owner) >= graph.rank(node):
                _fail(f"{node.op} is ranked before its input {variable}")
        for i, output in enumerate(node.outputs):
            expected.setdefault(output, set())
            if output.owner is not node or output.index != i:
                _fail(f"output {i} of {node.op} does not know its owner")
    for i, output in enumerate(graph.outputs):
        expected.setdefault(output, set()).add(("output", i))
    for variable, clients in expected.items():
        if set(graph.clients(variable)) != clients:
            _fail(f"the readers of {variable} are {clients}, listed are {graph.clients(variable)}")
    if set(expected) != graph.variables:
        _fail("variables are listed that nothing needs")
    if dict.fromkeys(graph.toposort()).keys() != graph.apply_nodes:
        _fail("the order lacks nodes")
