"""Rewriting until nothing changes, driven by a work-list.

All nodes are offered once in topological order. After that only what a change has touched comes back: new nodes,
nodes with a new input, their consumers up to the depth that patterns look down (`REACH`), and producers that lost a
client. So the cost is that of the graph plus that of the changes.

The number of applications of one rewriter is bounded by a budget; a rewriter that spends it is looping: it is named
in an error, and the equilibrium stops with a graph that is still right.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from theano.configuration import config
from theano.errors import explain
from theano.graph import Apply, Feature, FunctionGraph, Variable

from .local import Dispatch, LocalOptimizer, accept, report
from .rewriter import Optimizer, failed

__all__ = ["EquilibriumOptimizer"]

#: How many consumers down a change can matter to a pattern.
REACH = 3
#: A change below a node with more consumers than this re-queues only direct consumers.
MAX_FAN_OUT = 64
#: Nodes that every graph gets on top of its own when the budget is set, so that small graphs have room.
BUDGET_FLOOR = 40


class _WorkList(Feature):
    """The queue, as a feature of the graph: it hears about changes and notes what to look at again."""

    def __init__(self, fgraph: FunctionGraph) -> None:
        self.fgraph = fgraph
        self.queue: deque[Apply] = deque()
        self.queued: set[Apply] = set()
        self.changes = 0
        self.rejected: set[tuple[Apply, Any]] = set()
        self.trace: list[Any] = []

    @property
    def changed(self) -> bool:
        """Whether anything changed that was not taken back."""
        return self.changes > 0

    @changed.setter
    def changed(self, value: bool) -> None:
        self.changes = int(value)

    def push(self, node: Apply) -> None:
        if node not in self.queued:
            self.queued.add(node)
            self.queue.append(node)

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any = None) -> None:
        self.push(node)
        for output in node.outputs:
            if not getattr(output.tag, "trace", None) and self.trace:
                output.tag.trace = list(self.trace)

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any = None) -> None:
        for variable in node.inputs:
            self.lost_client(variable)

    def on_change_input(
        self, fgraph: FunctionGraph, node: Any, i: int, old: Variable, new: Variable, reason: Any = None
    ) -> None:
        # A replacement that the graph rejects is taken back change by change, and has changed nothing.
        taken_back = isinstance(reason, tuple) and reason[:1] == ("revert",)
        self.changes += -1 if taken_back else 1
        if node != "output":
            self.push(node)
            self.push_consumers(node, REACH - 1)
        self.lost_client(old)

    def lost_client(self, variable: Variable) -> None:
        """A variable with one client left may now be taken in by that client's patterns."""
        producer = variable.owner
        if producer is not None and self.fgraph.client_count(variable) == 2:  # the lost one still counts
            self.push(producer)
            self.push_consumers(producer, 2)

    def push_consumers(self, node: Apply, depth: int) -> None:
        """Queue the consumers of `node`, down to `depth`."""
        layer = [node]
        for _ in range(depth):
            below: list[Apply] = []
            for producer in layer:
                for output in producer.outputs:
                    clients = self.fgraph.clients(output)
                    if len(clients) > MAX_FAN_OUT and layer[0] is not node:
                        continue
                    for client, _i in clients:
                        if client != "output":
                            self.push(client)
                            below.append(client)
            if len(below) > MAX_FAN_OUT:
                break
            layer = below


class EquilibriumOptimizer(Optimizer):
    """Apply rewriters until nothing changes.

    Parameters
    ----------
    optimizers : list of LocalOptimizer or Optimizer
        Local ones are driven by the work-list; whole-graph ones run at the start of each round.
    max_use_ratio : float, optional
        Budget of applications of one rewriter per node; default `config.optdb.max_use_ratio`.
    final_optimizers, cleanup_optimizers : list of Optimizer
        Run when the work-list is empty; what they change is queued again.
    ignore_newtrees, tracks_on_change_inputs
        Accepted for old programs; new nodes and nodes with changed inputs are always looked at.
    """

    def __init__(
        self,
        optimizers: Iterable[Any],
        failure_callback: Callable[..., Any] | None = None,
        ignore_newtrees: bool = True,
        tracks_on_change_inputs: bool = False,
        max_use_ratio: float | None = None,
        final_optimizers: Iterable[Optimizer] | None = None,
        cleanup_optimizers: Iterable[Optimizer] | None = None,
    ) -> None:
        chosen = list(optimizers)
        self.local_optimizers = [o for o in chosen if isinstance(o, LocalOptimizer)]
        self.global_optimizers = [o for o in chosen if not isinstance(o, LocalOptimizer)]
        self.final_optimizers = list(final_optimizers or ())
        self.cleanup_optimizers = list(cleanup_optimizers or ())
        self.failure_callback = failure_callback
        self.max_use_ratio = max_use_ratio
        self.dispatch = Dispatch(self.local_optimizers)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for rewriter in (
            *self.local_optimizers,
            *self.global_optimizers,
            *self.final_optimizers,
            *self.cleanup_optimizers,
        ):
            rewriter.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph, start_from: Iterable[Variable] | None = None) -> bool:
        """Rewrite to equilibrium; True when something changed."""
        ratio = config.optdb.max_use_ratio if self.max_use_ratio is None else self.max_use_ratio
        work = _WorkList(fgraph)
        for node in self.dispatch.select(fgraph):
            work.push(node)
        if not (work.queue or self.global_optimizers or self.final_optimizers or self.cleanup_optimizers):
            return False
        budget = ratio * max(len(fgraph.apply_nodes) + BUDGET_FLOOR, 1)
        fgraph.attach_feature(work)
        try:
            return self._rounds(fgraph, work, budget)
        finally:
            fgraph.remove_feature(work)

    def _rounds(self, fgraph: FunctionGraph, work: _WorkList, budget: float) -> bool:
        used: dict[Any, int] = {}
        changed = False
        while True:
            work.changed = False
            for whole in self.global_optimizers:
                self._run_whole(fgraph, work, whole, used)
            looping = self._drain(fgraph, work, used, budget)
            for whole in (*self.final_optimizers, *self.cleanup_optimizers) if looping is None else ():
                self._run_whole(fgraph, work, whole, used)
            changed = changed or work.changed
            looping = looping or next((w for w, n in used.items() if n > budget), None)
            if looping is not None:
                self._report_loop(looping, budget)
                return changed
            # What is on the list without a change comes from rejected replacements.
            if not work.changed or not (work.queue or self.global_optimizers):
                return changed

    def _drain(self, fgraph: FunctionGraph, work: _WorkList, used: dict[Any, int], budget: float) -> Any:
        """Work until the list is empty; the rewriter that spent its budget, if one did."""
        offers_for, queue, queued = self.dispatch.offers, work.queue, work.queued
        nodes = fgraph.apply_nodes
        while queue:
            node = queue.popleft()
            queued.discard(node)
            if node not in nodes:
                continue
            for ask, rewriter in offers_for(node.op):
                if work.rejected and (node, rewriter) in work.rejected:
                    continue
                try:
                    result = ask(fgraph, node)
                except Exception as error:
                    outcome = report(error, fgraph, node, rewriter, self.failure_callback)
                else:
                    if result is False or result is None:
                        continue
                    work.trace = getattr(node.outputs[0].tag, "trace", None) or []
                    outcome = accept(result, fgraph, node, rewriter, self.failure_callback)
                if outcome is None:
                    # taking it back has put nodes on the list again: without a note this would go on for ever
                    work.rejected.add((node, rewriter))
                if outcome:
                    work.changed = True
                    count = used[rewriter] = used.get(rewriter, 0) + 1
                    if count > budget:
                        return rewriter
                    if node not in nodes:
                        break
        return None

    def _run_whole(self, fgraph: FunctionGraph, work: _WorkList, whole: Optimizer, used: dict[Any, int]) -> None:
        before, work.changed, work.trace = work.changed, False, []
        try:
            whole.apply(fgraph)
        except Exception as error:
            failed(str(whole), error)
        if work.changed:
            used[whole] = used.get(whole, 0) + 1
        work.changed = work.changed or before

    def _report_loop(self, rewriter: Any, budget: float) -> None:
        text = explain(
            f"rewrite to equilibrium ({self.name or 'EquilibriumOptimizer'})",
            f"{rewriter} was applied more than {int(budget)} times: it undoes its own work or grows the graph for ever",
            f"exclude it (optimizer_excluding={rewriter}), mend it, or raise optdb.max_use_ratio",
        )
        error = AssertionError(text)
        if config.on_opt_error == "raise":
            raise error
        failed(f"looping {rewriter}", error)

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth != 0:
            for rewriter in self.local_optimizers:
                print(f"{' ' * (level + 2)}{rewriter}", file=stream)
