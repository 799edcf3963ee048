"""Classic path of variables, nodes, walks over graphs and copies of graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        **{name: f"theano.graph:{name}" for name in ("Apply", "Constant", "Variable")},
        **{name: f"theano.graph.traversal:{name}" for name in ("ancestors", "io_toposort", "view_roots")},
        "clone": "theano.graph.clone:clone",
        "clone_get_equiv": "theano.graph.clone:clone_get_equiv",
        "equal_computations": "theano.graph.equality:equal_computations",
        "inputs": "theano.graph.traversal:graph_inputs",
        "is_same_graph": "theano.graph.equality:is_same_graph",
        "ops": "theano.graph.traversal:nodes_between",
        "orphans": "theano.graph.traversal:orphans_between",
        "variables": "theano.graph.traversal:variables_between",
    },
)
__all__ += [
    "general_toposort",
    "io_connection_pattern",
    "is_in_ancestors",
    "list_of_nodes",
    "variables_and_orphans",
]


def variables_and_orphans(i: Iterable[Any], o: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Return the variables between inputs and outputs, and those among them that no input leads to."""
    from theano.graph.traversal import orphans_between, variables_between  # lazy: as all names of this path

    i, o = list(i), list(o)
    return list(variables_between(i, o)), list(orphans_between(i, o))


def list_of_nodes(inputs: Iterable[Any], outputs: Iterable[Any]) -> list[Any]:
    """Return the nodes between inputs and outputs."""
    from theano.graph.traversal import nodes_between  # lazy: as all names of this path

    return list(nodes_between(list(inputs), list(outputs)))


def is_in_ancestors(l_node: Any, f_node: Any) -> bool:
    """Tell whether a node needs the results of another, or is that other."""
    from theano.graph.traversal import toposort  # lazy: as all names of this path

    return f_node in toposort(l_node.outputs)


def general_toposort(outputs: Iterable[Any], deps: Callable[[Any], Iterable[Any] | None], **_: Any) -> list[Any]:
    """Return all that outputs depend on, each after what it depends on itself.

    Parameters
    ----------
    outputs : iterable
        Where to start.
    deps : callable
        Gives what an item depends on.

    Raises
    ------
    ValueError
        Items depend on each other in a circle.
    """
    order: dict[Any, None] = {}
    open_items: set[Any] = set()
    stack = [(item, False) for item in reversed(list(outputs))]
    while stack:
        item, finished = stack.pop()
        if finished:
            open_items.discard(item)
            order[item] = None
            continue
        if item in order:
            continue
        if item in open_items:
            raise ValueError("graph contains cycles")
        open_items.add(item)
        stack.append((item, True))
        stack.extend((below, False) for below in reversed(list(deps(item) or ())) if below not in order)
    return list(order)


def io_connection_pattern(inputs: Iterable[Any], outputs: Iterable[Any]) -> list[list[bool]]:
    """Tell for each input which outputs are connected to it, as the ``connection_pattern`` of ops says.

    Returns
    -------
    list of list of bool
        Row i belongs to input i, column j to output j.
    """
    from theano.graph.traversal import io_toposort  # lazy: as all names of this path

    inputs, outputs = list(inputs), list(outputs)
    reach = {variable: {i} for i, variable in enumerate(inputs)}
    for node in io_toposort(inputs, outputs):
        declared = getattr(node.op, "connection_pattern", None)
        pattern = declared(node) if declared is not None else [[True] * len(node.outputs)] * len(node.inputs)
        for j, output in enumerate(node.outputs):
            linked = [reach.get(variable, set()) for i, variable in enumerate(node.inputs) if pattern[i][j]]
            reach.setdefault(output, set()).update(*linked)
    return [[i in reach.get(output, ()) for output in outputs] for i in range(len(inputs))]
