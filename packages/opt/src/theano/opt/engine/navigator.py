"""One pass of a local rewriter over a graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from theano.graph import Apply, Feature, FunctionGraph

from .local import Dispatch, LocalOptGroup, LocalOptimizer, apply_local, dispatch_keys
from .rewriter import Optimizer

__all__ = ["NavigatorOptimizer", "OpKeyOptimizer", "TopoOptimizer", "in2out", "out2in"]


class _Arrivals(Feature):
    """Feature that notes imported nodes and hands them the trace of what they replace."""

    def __init__(self) -> None:
        self.nodes: list[Apply] = []
        self.trace: list[Any] = []

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any = None) -> None:
        self.nodes.append(node)
        for output in node.outputs:
            if not getattr(output.tag, "trace", None) and self.trace:
                output.tag.trace = list(self.trace)


class NavigatorOptimizer(Optimizer):
    """Base of passes that offer nodes to a local rewriter.

    Parameters
    ----------
    local_opt : LocalOptimizer
    ignore_newtrees : bool or 'auto'
        True: nodes made by the pass itself are not offered.
    failure_callback : callable(error, navigator, pairs, rewriter, node), optional
    """

    def __init__(
        self,
        local_opt: LocalOptimizer,
        ignore_newtrees: Any = "auto",
        failure_callback: Callable[..., Any] | None = None,
    ) -> None:
        self.local_opt = local_opt
        self.ignore_newtrees = True if ignore_newtrees == "auto" else bool(ignore_newtrees)
        self.failure_callback = failure_callback
        self.name = str(local_opt)
        # A group knows better than its own list of tracks: one rule for all nodes hides what the others want.
        self.dispatch = local_opt.dispatch if isinstance(local_opt, LocalOptGroup) else Dispatch([local_opt])

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.local_opt.add_requirements(fgraph)

    def order(self, fgraph: FunctionGraph) -> list[Apply]:
        """The nodes to offer, in order; those that the rewriter does not want are left out later."""
        return self.candidates(fgraph)

    def candidates(self, fgraph: FunctionGraph) -> list[Apply]:
        """The nodes that the rewriter wants to see, in topological order."""
        narrowed = getattr(self.local_opt, "candidates", None)
        return self.dispatch.select(fgraph) if narrowed is None else narrowed(fgraph)

    def process_node(self, fgraph: FunctionGraph, node: Apply, lopt: LocalOptimizer | None = None) -> bool:
        """Offer one node; True when the graph changed."""
        return bool(apply_local(fgraph, node, lopt or self.local_opt, self.failure_callback))

    def apply(self, fgraph: FunctionGraph, start_from: Any = None) -> bool:
        nodes = deque(self.order(fgraph))
        if not nodes:
            return False
        arrivals, changed = _Arrivals(), False
        limit = 100 + 10 * len(nodes)
        fgraph.attach_feature(arrivals)
        try:
            while nodes and limit:
                node = nodes.popleft()
                if node not in fgraph.apply_nodes or not self.dispatch.of(node.op):
                    continue
                arrivals.trace = getattr(node.outputs[0].tag, "trace", None) or []
                if self.process_node(fgraph, node):
                    changed, limit = True, limit - 1
                    if not self.ignore_newtrees:
                        nodes.extendleft(n for n in reversed(arrivals.nodes) if self.dispatch.of(n.op))
                arrivals.nodes.clear()
        finally:
            fgraph.remove_feature(arrivals)
        return changed


class TopoOptimizer(NavigatorOptimizer):
    """One pass in topological order ("in_to_out") or its reverse ("out_to_in")."""

    def __init__(
        self, local_opt: LocalOptimizer, order: str = "in_to_out", ignore_newtrees: Any = False,
        failure_callback: Callable[..., Any] | None = None,
    ) -> None:  # fmt: skip
        if order not in ("in_to_out", "out_to_in"):
            raise ValueError(f"order of a pass: found {order!r}; use 'in_to_out' or 'out_to_in'")
        super().__init__(local_opt, ignore_newtrees, failure_callback)
        self.direction = order

    def order(self, fgraph: FunctionGraph) -> list[Apply]:
        nodes = self.candidates(fgraph)
        return nodes if self.direction == "in_to_out" else nodes[::-1]


class OpKeyOptimizer(NavigatorOptimizer):
    """A pass over the nodes of the ops that a local rewriter tracks (or names by `op_key()`)."""

    def order(self, fgraph: FunctionGraph) -> list[Apply]:
        named = getattr(self.local_opt, "op_key", None)
        keys = named() if callable(named) else self.local_opt.tracks()
        if keys is None:
            return fgraph.toposort()
        wanted = set(keys if isinstance(keys, list | tuple) else [keys])
        return [node for node in fgraph.toposort() if wanted.intersection(dispatch_keys(node.op))]


def _one(local_opts: tuple[LocalOptimizer, ...], name: str | None) -> tuple[LocalOptimizer, str]:
    if len(local_opts) == 1:
        return local_opts[0], name or str(local_opts[0])
    group = LocalOptGroup(*local_opts)
    return group, name or str(group)


def in2out(*local_opts: LocalOptimizer, name: str | None = None, **kwargs: Any) -> TopoOptimizer:
    """One pass of one or several local rewriters from inputs to outputs."""
    local_opt, label = _one(local_opts, name)
    result = TopoOptimizer(local_opt, order="in_to_out", **kwargs)
    result.name = label
    return result


def out2in(*local_opts: LocalOptimizer, name: str | None = None, **kwargs: Any) -> TopoOptimizer:
    """One pass of one or several local rewriters from outputs to inputs."""
    local_opt, label = _one(local_opts, name)
    result = TopoOptimizer(local_opt, order="out_to_in", **kwargs)
    result.name = label
    return result
