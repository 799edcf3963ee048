"""The columns that `debugprint` adds for a function that was profiled."""

from __future__ import annotations

from typing import Any

__all__ = ["ProfileColumns"]

# The time of all that a node depends on takes memory that grows with the square of the graph.
LARGEST_GRAPH = 10_000


class ProfileColumns:
    """Times of the nodes of a graph.

    Parameters
    ----------
    times : dict
        Seconds by node.
    order : list of Apply
        All nodes, inputs first.
    """

    def __init__(self, times: dict[Any, float], order: list[Any]) -> None:
        self.times = times
        self.all = sum(times.values()) or 1.0
        self.totals = self._totals(order) if len(order) <= LARGEST_GRAPH else {}

    def _totals(self, order: list[Any]) -> dict[Any, float]:
        """Seconds of each node and all that it depends on, each counted once."""
        needs: dict[Any, frozenset[Any]] = {}
        totals = {}
        for node in order:
            before = [needs[v.owner] for v in node.inputs if v.owner is not None and v.owner in needs]
            needs[node] = frozenset([node]).union(*before)
            totals[node] = sum(self.times.get(needed, 0.0) for needed in needs[node])
        return totals

    @classmethod
    def of_function(cls, function: Any) -> ProfileColumns | None:
        """Return the columns, or None if the function was not profiled or never ran."""
        profile = getattr(function, "profile", None)
        found = getattr(profile, "apply_time", None)
        if not found:
            return None
        # Keys are nodes, or pairs of graph and node.
        times = {(key[1] if isinstance(key, tuple) else key): seconds for key, seconds in found.items()}
        return cls(times, function.maker.fgraph.toposort())

    def legend(self) -> str:
        """Return the lines that explain the columns."""
        return (
            "Timing Info\n-----------\n"
            "--> <time> <% time> - <total time> <% total time>'\n\n"
            "<time>         computation time for this node\n"
            "<% time>       fraction of total computation time for this node\n"
            "<total time>   time for this node + total times for this node's ancestors\n"
            "<% total time> total time for this node over total computation time\n"
        )

    def of(self, node: Any) -> str:
        """Return the columns of one node."""
        if node not in self.times:
            return ""
        time, total = self.times[node], self.totals.get(node)
        text = f" --> {time:8.2e}s {100 * time / self.all:4.1f}%"
        return text if total is None else f"{text} {total:8.2e}s {100 * total / self.all:4.1f}%"
