"""Walks over graphs. All are iterative and visit each node once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from theano.graph.apply import Apply
from theano.graph.variable import Constant, Variable


def ancestors(variables: Iterable[Variable], blockers: Collection[Variable] = ()) -> Iterator[Variable]:
    """Yield `variables` and everything they depend on, depth first, each once; blockers are yielded but not passed."""
    blocked = set(blockers)
    seen: set[Variable] = set()
    stack = list(reversed(list(variables)))
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        yield variable
        if variable.owner is not None and variable not in blocked:
            stack.extend(reversed(variable.owner.inputs))


def graph_inputs(variables: Iterable[Variable], blockers: Collection[Variable] = ()) -> list[Variable]:
    """Return what `variables` depend on that has no owner (constants and shared ones too), in order of meeting."""
    return [v for v in ancestors(variables, blockers) if v.owner is None]


def toposort(outputs: Iterable[Variable], blockers: Collection[Variable] = ()) -> list[Apply]:
    """Return the nodes needed for `outputs`, each after the nodes it depends on.

    The order is a depth-first post-order from the first output, hence deterministic.

    Parameters
    ----------
    outputs : iterable of Variable
    blockers : collection of Variable
        Variables not to look behind (inputs of the wanted part).
    """
    # Sets and dicts are used as they are: copying a whole graph's variables for each small walk would be quadratic.
    blocked = blockers if isinstance(blockers, set | frozenset | dict) else set(blockers)
    return _post_order([v.owner for v in outputs if v.owner is not None and v not in blocked], blocked)


def _post_order(roots: Iterable[Apply], blocked: Collection[Variable]) -> list[Apply]:
    order: list[Apply] = []
    done: set[Apply] = set()
    for root in roots:
        if root in done:
            continue
        stack: list[tuple[Apply, Iterator[Variable]]] = [(root, iter(root.inputs))]
        opened = {root}
        while stack:
            node, rest = stack[-1]
            for variable in rest:
                parent = variable.owner
                if parent is None or parent in done or variable in blocked or parent in opened:
                    continue
                opened.add(parent)
                stack.append((parent, iter(parent.inputs)))
                break
            else:
                stack.pop()
                done.add(node)
                order.append(node)
    return order


def io_toposort(inputs: Collection[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """Return the nodes between `inputs` and `outputs` in topological order."""
    return toposort(outputs, inputs)


def ancestor_nodes(node: Apply) -> list[Apply]:
    """Return `node` and all nodes it depends on, in topological order, itself last."""
    return _post_order([node], ())


def variables_between(inputs: Collection[Variable], outputs: Iterable[Variable]) -> list[Variable]:
    """Return every variable between `inputs` and `outputs`, both included, that the nodes in between touch."""
    found: dict[Variable, None] = dict.fromkeys(outputs)
    for node in io_toposort(inputs, list(found)):
        found.update(dict.fromkeys(node.inputs))
        found.update(dict.fromkeys(node.outputs))
    return list(found)


def orphans_between(inputs: Collection[Variable], outputs: Iterable[Variable]) -> list[Variable]:
    """Return the variables without owner that lie between `inputs` and `outputs` but are not in `inputs`."""
    given = set(inputs)
    return [v for v in variables_between(given, outputs) if v.owner is None and v not in given]


def nodes_between(inputs: Collection[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """Return the nodes between `inputs` and `outputs` (topological order)."""
    return io_toposort(inputs, outputs)


def depends_on(variables: Variable | Iterable[Variable], targets: Variable | Collection[Variable]) -> bool:
    """Whether any of `variables` depends on (or is) any of `targets`."""
    tops = [variables] if isinstance(variables, Variable) else list(variables)
    wanted = {targets} if isinstance(targets, Variable) else set(targets)
    return any(v in wanted for v in ancestors(tops))


def explicit_inputs(variables: Iterable[Variable], blockers: Collection[Variable] = ()) -> list[Variable]:
    """Return the inputs of a graph that are neither constants nor shared variables."""
    return [
        v
        for v in graph_inputs(variables, blockers)
        if not isinstance(v, Constant) and getattr(v, "container", None) is None
    ]


def view_roots(variable: Variable) -> list[Variable]:
    """Return the variables whose memory `variable` may be a view of, following ``view_map`` up; itself if none."""
    roots: list[Variable] = []
    stack = [variable]
    while stack:
        v = stack.pop()
        sources = v.owner.op.view_map.get(v.index, ()) if v.owner is not None and v.owner.op.view_map else ()
        if sources:
            stack.extend(v.owner.inputs[i] for i in sources)  # type: ignore[union-attr]
        else:
            roots.append(v)
    return roots


def clients_of(
    outputs: Iterable[Variable], blockers: Collection[Variable] = ()
) -> dict[Variable, list[tuple[Any, int]]]:
    """Return for each variable behind `outputs` the ``(node, input position)`` pairs that read it."""
    clients: dict[Variable, list[tuple[Any, int]]] = {}
    for node in toposort(outputs, blockers):
        for i, variable in enumerate(node.inputs):
            clients.setdefault(variable, []).append((node, i))
    return clients
