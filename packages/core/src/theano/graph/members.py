"""Who is in a graph and who reads what, kept in an order in which everything can be computed.

Topological order is kept incrementally: every node has a rank above the ranks of the nodes it reads. Nodes that are
there from the start get widely spaced ranks; a node that is put in later gets the smallest rank that fits, so a rewrite
rarely moves its neighbours. Sorting by rank (then by age) gives the order.
"""

from __future__ import annotations

from typing import Any

from theano.errors import InconsistencyError, MissingInputError, explain
from theano.graph.apply import Apply
from theano.graph.features.base import Feature
from theano.graph.trace import format_trace
from theano.graph.traversal import toposort
from theano.graph.variable import Constant, Variable

__all__ = ["Client", "Members"]

Client = tuple[Any, int]
_SPACING = 1 << 20


class Members:
    """The nodes between `inputs` and `outputs` and their readers; base of `FunctionGraph`, which changes them."""

    def _setup(self, inputs: list[Variable], outputs: list[Variable], update_mapping: dict[int, int] | None) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.update_mapping = dict(update_mapping or {})
        self.features: list[Feature] = []
        self.apply_nodes: set[Apply] = set()
        self._clients: dict[Variable, dict[Client, None]] = {v: {} for v in inputs}
        self._ranks: dict[Apply, int] = {}
        self._ages: dict[Apply, int] = {}
        self._age = 0
        self._spacing = _SPACING
        self._order: list[Apply] | None = None
        self._kinds: tuple[list[Apply], dict[Any, list[Apply]]] | None = None
        self.edition = 0
        self._history: list[tuple[Any, int, Variable, Any]] | None = None
        self._input_set = set(inputs)
        for variable in inputs:
            if variable.owner is not None:
                raise ValueError(
                    explain(
                        "make a graph", f"input {variable} is computed by {variable.owner.op}", "cut it off with clone"
                    )
                )
        for i, output in enumerate(outputs):
            self._import_variable(output, "init")
            self._clients[output][("output", i)] = None
        self._spacing = 1

    # -- looking ---------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> set[Variable]:
        """All variables of the graph."""
        return set(self._clients)

    def clients(self, variable: Variable) -> list[Client]:
        """The readers of `variable`: ``(node, input position)`` or ``("output", position)``."""
        return list(self._clients.get(variable, ()))

    def client_count(self, variable: Variable) -> int:
        """How often `variable` is read."""
        return len(self._clients.get(variable, ()))

    def has_client(self, variable: Variable) -> bool:
        """Whether anything reads `variable`."""
        return bool(self._clients.get(variable))

    def __contains__(self, thing: Any) -> bool:
        return thing in self.apply_nodes if isinstance(thing, Apply) else thing in self._clients

    def toposort(self) -> list[Apply]:
        """The nodes, each after those it depends on and, where features order them, after those it must follow."""
        if self._order is None:
            extra = self.orderings()
            # By rank, then by age: ages are noted in order, and sorting is stable.
            order = sorted(self._ages, key=self._ranks.__getitem__)
            self._order = _ordered(order, extra) if extra else order
        return list(self._order)

    def kinds(self) -> dict[Any, list[Apply]]:
        """The nodes in topological order by the classes of their ops and of the scalar ops in these.

        Most passes look for a few kinds of nodes and find none, or few, in a graph.
        """
        order = self.toposort() if self._order is None else self._order
        if self._kinds is None or self._kinds[0] is not self._order:
            found: dict[Any, list[Apply]] = {}
            for node in order:
                op = node.op
                kind = (type(op), type(getattr(op, "scalar_op", None)))
                if kind in found:
                    found[kind].append(node)
                else:
                    found[kind] = [node]
            self._kinds = (self._order, found)  # type: ignore[assignment]
        return self._kinds[1]  # type: ignore[index]

    def rank(self, node: Apply) -> int:
        """A number that grows along the order of evaluation."""
        return self._ranks[node]

    def orderings(self) -> dict[Apply, list[Apply]]:
        """What features demand: from a node to the nodes that must be evaluated before it."""
        merged: dict[Apply, list[Apply]] = {}
        for feature in self.features:
            for node, earlier in (feature.orderings(self) or {}).items():
                merged.setdefault(node, []).extend(earlier)
        return merged

    # -- taking in and dropping ------------------------------------------------------------------------------------

    def _tell(self, event: str, *details: Any) -> None:
        for feature in self.features:
            getattr(feature, event)(self, *details)

    def _import_variable(self, variable: Variable, reason: Any, import_missing: bool = False) -> set[Apply]:
        """Take in `variable` and the nodes behind it; return the nodes that are new."""
        if variable in self._clients:
            return set()
        if variable.owner is None:
            self._import_root(variable, None, import_missing)
            return set()
        nodes = [node for node in toposort([variable], self._clients) if node not in self.apply_nodes]
        for node in nodes:
            self._import_node(node, reason, import_missing)
        return set(nodes)

    def _import_root(self, variable: Variable, reader: Apply | None, import_missing: bool) -> None:
        if not isinstance(variable, Constant) and variable not in self._input_set:
            if not import_missing:
                raise MissingInputError(missing_input_text(variable, reader))
            self.inputs.append(variable)
            self._input_set.add(variable)
        self._clients.setdefault(variable, {})

    def _import_node(self, node: Apply, reason: Any, import_missing: bool) -> None:
        rank = 0
        clients = self._clients
        for variable in node.inputs:
            if variable not in clients:
                if variable.owner is None:
                    self._import_root(variable, node, import_missing)
                else:
                    clients[variable] = {}
            if variable.owner is not None and self._ranks[variable.owner] > rank:
                rank = self._ranks[variable.owner]
        for i, variable in enumerate(node.inputs):
            clients[variable][(node, i)] = None
        self.apply_nodes.add(node)
        self._ranks[node] = rank + self._spacing
        self._age += 1
        self._ages[node] = self._age
        self._order = None
        self.edition += 1
        for output in node.outputs:
            clients.setdefault(output, {})
        self._tell("on_import", node, reason)

    def _raise_ranks(self, node: Apply, owner: Apply) -> None:
        """Lift `node` above `owner`, and its readers above it; a lift that reaches `owner` has found a cycle."""
        if self._ranks[node] > self._ranks[owner]:
            return
        lifted: dict[Apply, int] = {node: self._ranks[owner] + 1}
        stack = [node]
        while stack:
            current = stack.pop()
            if current is owner:
                raise InconsistencyError(
                    explain("replace a variable", f"{owner.op} would depend on itself", "break the cycle")
                )
            floor = lifted[current]
            for output in current.outputs:
                for client, _ in self._clients.get(output, ()):
                    if client != "output" and lifted.get(client, self._ranks[client]) <= floor:
                        lifted[client] = floor + 1
                        stack.append(client)
        self._ranks.update(lifted)
        self._order = None

    def _prune_if_unused(self, variable: Variable, reason: Any) -> None:
        stack = [variable]
        while stack:
            v = stack.pop()
            if v not in self._clients or self._clients[v]:
                continue
            node = v.owner
            if node is None:
                if v not in self._input_set:
                    del self._clients[v]
                continue
            if node not in self.apply_nodes or any(self._clients.get(o) for o in node.outputs):
                continue
            self._remove_node(node, reason)
            stack.extend(node.inputs)

    def _remove_node(self, node: Apply, reason: Any) -> None:
        self.apply_nodes.discard(node)
        del self._ranks[node], self._ages[node]
        self._order = None
        self.edition += 1
        self._tell("on_prune", node, reason)
        for output in node.outputs:
            self._clients.pop(output, None)
        for i, variable in enumerate(node.inputs):
            self._clients[variable].pop((node, i), None)


def _ordered(order: list[Apply], extra: dict[Apply, list[Apply]]) -> list[Apply]:
    """`order`, changed so that the nodes of `extra` follow those which they must."""
    position = {node: i for i, node in enumerate(order)}
    before: dict[Apply, set[Apply]] = {}
    after: dict[Apply, list[Apply]] = {}
    for node in order:
        parents = {v.owner for v in node.inputs if v.owner is not None and v.owner in position}
        parents.update(n for n in extra.get(node, ()) if n is not node)
        before[node] = parents
        for parent in parents:
            after.setdefault(parent, []).append(node)
    import heapq  # lazy: only graphs with in-place ops come here

    ready = [position[node] for node in order if not before[node]]
    heapq.heapify(ready)
    result: list[Apply] = []
    while ready:
        node = order[heapq.heappop(ready)]
        result.append(node)
        for follower in after.get(node, ()):
            before[follower].discard(node)
            if not before[follower]:
                heapq.heappush(ready, position[follower])
    if len(result) != len(order):
        raise InconsistencyError(
            explain("order the nodes", "in-place operations demand a cycle", "use fewer in-place operations")
        )
    return result


def missing_input_text(variable: Variable, reader: Apply | None) -> str:
    """The error text for a variable that a graph needs but is not given."""
    where = ""
    if reader is not None:
        where = f", which is input {reader.inputs.index(variable)} of {reader}"
    trace = format_trace(variable)
    created = f"\nThe variable was created at:\n{trace}" if trace else ""
    return explain(
        "make a graph from inputs to outputs",
        f"the outputs depend on {variable} of {variable.type}{where}, which is not among the inputs{created}",
        f"add {variable} to the inputs, give it a value with givens, or make it a shared variable"
        " (config.exception_verbosity='high' tells more)",
    )
