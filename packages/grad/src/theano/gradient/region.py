"""Which nodes lie between the variables to differentiate by and the variables whose gradient is given."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from theano.errors import explain
from theano.frozen import dataclass
from theano.gradient.checks import GradientRuleError
from theano.graph import Apply, Variable
from theano.graph.traversal import toposort

__all__ = ["Pattern", "Region", "connection_of", "find_region"]

Pattern = list[list[bool]]


@dataclass(frozen=True)
class Region:
    """A part of a graph to differentiate.

    Attributes
    ----------
    nodes : list of Apply
        Nodes between, in topological order.
    patterns : dict of Apply to list of list of bool
        ``pattern[input][output]`` of the nodes whose op says that some of them are not connected.
    wanted : set of Variable
        Variables that depend on one of the `wrt`, themselves included, by connected paths.
    active : set of Variable
        Variables that influence a target, targets included, by connected paths.
    """

    nodes: list[Apply]
    patterns: dict[Apply, Pattern]
    wanted: set[Variable]
    active: set[Variable]


def connection_of(node: Apply) -> Pattern | None:
    """Return ``pattern[input][output]`` of a node; None if every output depends on every input.

    Raises
    ------
    GradientRuleError
        The op gives something else than one list of bool per input, one entry per output.
    """
    method = getattr(node.op, "connection_pattern", None)
    if method is None:
        return None
    pattern = method(node)
    if pattern == _full(len(node.inputs), len(node.outputs)):
        return None
    if not isinstance(pattern, list | tuple):
        raise _malformed(node, f"{type(pattern).__name__}")
    if len(pattern) != len(node.inputs):
        raise _malformed(node, f"{len(pattern)} rows for {len(node.inputs)} inputs")
    for i, row in enumerate(pattern):
        if not isinstance(row, list | tuple) or len(row) != len(node.outputs):
            raise _malformed(node, f"row {i} is {row!r} for {len(node.outputs)} outputs")
    return [[bool(entry) for entry in row] for row in pattern]


@lru_cache(maxsize=64)
def _full(inputs: int, outputs: int) -> Pattern:
    return [[True] * outputs for _ in range(inputs)]


def _malformed(node: Apply, found: str) -> GradientRuleError:
    return GradientRuleError(
        explain(
            f"connection_pattern of {node.op}",
            found,
            "return a list of bool per input, in it one entry per output",
        )
    )


def find_region(
    targets: Iterable[Variable], wrt: Collection[Variable], blockers: Collection[Variable], given: Collection[Variable]
) -> Region:
    """Find the nodes that `grad` has to visit, in time linear in the graph.

    Parameters
    ----------
    targets : iterable of Variable
        Where differentiation starts.
    wrt : collection of Variable
        Where it ends.
    blockers : collection of Variable
        Variables that count as constants: nothing behind them matters.
    given : collection of Variable
        Variables whose gradient is known, so that their readers do not matter for them.
    """
    blocked = set(blockers)
    order = toposort(list(targets), blocked)
    patterns: dict[Apply, Pattern] = {}
    wanted = set(wrt)
    for node in order:
        pattern = connection_of(node)
        if pattern is not None:
            patterns[node] = pattern
        _spread_down(node, pattern, wanted, blocked, given)
    active = {v for v in targets if v not in blocked}
    nodes = [node for node in reversed(order) if _spread_up(node, patterns.get(node), wanted, active, blocked, given)]
    nodes.reverse()
    return Region(nodes, patterns, wanted, active)


def _spread_down(node: Apply, pattern: Any, wanted: set[Variable], blocked: set[Variable], given: Any) -> None:
    """Mark outputs that depend on a wanted input."""
    rows = [i for i, v in enumerate(node.inputs) if v in wanted and v not in given]
    if not rows:
        return
    for o, output in enumerate(node.outputs):
        if output not in blocked and (pattern is None or any(pattern[i][o] for i in rows)):
            wanted.add(output)


def _spread_up(
    node: Apply, pattern: Any, wanted: set[Variable], active: set[Variable], blocked: set[Variable], given: Any
) -> bool:
    """Mark inputs that influence an active output; tell whether a wanted one is among them."""
    columns = [o for o, v in enumerate(node.outputs) if v in active and v not in blocked]
    if not columns:
        return False
    needed = False
    for i, variable in enumerate(node.inputs):
        if pattern is None or any(pattern[i][o] for o in columns):
            active.add(variable)
            needed = needed or (variable in wanted and variable not in given)
    return needed
