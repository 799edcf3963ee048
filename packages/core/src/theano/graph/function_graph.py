"""A graph between fixed inputs and outputs that can be changed safely.

Topological order is kept incrementally: every node has a rank above the ranks of the nodes it reads. Nodes that are
there from the start get widely spaced ranks; a node that is put in later gets the smallest rank that fits, so a rewrite
rarely moves its neighbours. Sorting by rank (then by age) gives the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano.errors import InconsistencyError, MissingInputError, explain
from theano.graph.apply import Apply
from theano.graph.clone import clone_get_equiv
from theano.graph.features.base import Feature
from theano.graph.trace import format_trace
from theano.graph.traversal import toposort
from theano.graph.variable import Constant, Variable

Client = tuple[Any, int]
_SPACING = 1 << 20


class FunctionGraph:
    """The nodes between `inputs` and `outputs`, who reads what, and a way to replace variables.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    clone : bool
        Whether to work on a copy (the default). Without it the nodes given are changed in place.
    features : iterable of Feature
        Objects that are told of every change (see `Feature`).
    update_mapping : dict, optional
        From the index of an output to the index of the input that it updates.

    Attributes
    ----------
    edition : int
        Grows with every change, so that a pass can tell whether there is anything new since it last looked.
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        clone: bool = True,
        features: Iterable[Feature] = (),
        update_mapping: dict[int, int] | None = None,
    ) -> None:
        if clone:
            memo = clone_get_equiv(inputs, outputs)
            inputs, outputs = [memo[v] for v in inputs], [memo[v] for v in outputs]
        self._setup(list(inputs), list(outputs), update_mapping)
        for feature in features:
            self.attach_feature(feature)

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
            self._order = self._with_orderings(order, extra) if extra else order
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

    def _with_orderings(self, order: list[Apply], extra: dict[Apply, list[Apply]]) -> list[Apply]:
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

    # -- changing --------------------------------------------------------------------------------------------------

    def replace(self, old: Variable, new: Variable, reason: Any = None, import_missing: bool = False) -> None:
        """Let every reader of `old` read `new`.

        A variable that is not (or no longer) in the graph is ignored.

        Raises
        ------
        TypeError
            If the types differ and `new` cannot be converted.
        InconsistencyError
            If `new` depends on a reader of `old` in a way that would close a cycle.
        """
        if old not in self._clients or old is new:
            return
        if new.type != old.type:
            converted = old.type.convert_variable(new)
            if converted is None or converted.type != old.type:
                raise TypeError(
                    explain(
                        f"replace {old} of {old.type}" + (f" ({reason})" if reason else ""),
                        f"{new} of {new.type}",
                        "a replacement must have the type of what it replaces",
                    )
                )
            new = converted
        if old.name is not None and new.name is None and not isinstance(new, Constant) and new not in self._input_set:
            new.name = old.name
        brought = self._import_variable(new, reason, import_missing)
        # Nodes that came with the replacement keep reading what it replaces: x -> f(x).
        readers = [(node, i) for node, i in self._clients[old] if node not in brought and node is not new.owner]
        if new.owner is not None:
            for node, _ in readers:
                if node != "output":
                    self._raise_ranks(node, new.owner)
        for node, i in readers:
            self.change_input(node, i, new, reason, check=False)
        self._prune_if_unused(new, reason)

    def replace_all(self, pairs: Iterable[tuple[Variable, Variable]], reason: Any = None) -> None:
        """Replace several variables, in order."""
        for old, new in pairs:
            self.replace(old, new, reason)

    def replace_validate(self, old: Variable, new: Variable, reason: Any = None) -> None:
        """Replace, then ask the features whether the graph is still right; undo everything if not."""
        self.replace_all_validate([(old, new)], reason)

    def replace_all_validate(self, pairs: Iterable[tuple[Variable, Variable]], reason: Any = None) -> None:
        """Replace several variables and validate; on any error the graph is as before and the error is raised."""
        mark = self.checkpoint()
        try:
            self.replace_all(pairs, reason)
            self.validate()
        except Exception:
            self.revert(mark)
            raise
        finally:
            if mark == 0:
                self._history = None

    def change_input(
        self, node: Any, i: int, new: Variable, reason: Any = None, import_missing: bool = False, check: bool = True
    ) -> None:
        """Let input `i` of `node` (or output `i`, for ``node="output"``) be `new`."""
        old = self.outputs[i] if node == "output" else node.inputs[i]
        if old is new:
            return
        if check and new.type != old.type:
            raise TypeError(
                explain(f"change input {i} of {node}", f"{new.type} instead of {old.type}", "keep the type")
            )
        self._import_variable(new, reason, import_missing)
        if node != "output" and new.owner is not None:
            self._raise_ranks(node, new.owner)
        self._clients[new][(node, i)] = None
        if node == "output":
            self.outputs[i] = new
        else:
            node.inputs[i] = new
        self._order = None
        self.edition += 1
        if self._history is not None:
            self._history.append((node, i, old, reason))
        self._tell("on_change_input", node, i, old, new, reason)
        self._clients[old].pop((node, i), None)
        self._prune_if_unused(old, reason)

    def remove_client(self, variable: Variable, client: Client, reason: Any = None) -> None:
        """Forget that `client` reads `variable`; drop nodes that nobody needs any more."""
        self._clients[variable].pop(client, None)
        self._prune_if_unused(variable, reason)

    def checkpoint(self) -> int:
        """Start (or go on) noting changes; return a mark for `revert`."""
        if self._history is None:
            self._history = []
        return len(self._history)

    def revert(self, mark: int) -> None:
        """Undo every change since `mark`."""
        history = self._history
        if history is None:
            return
        self._history = None
        try:
            while len(history) > mark:
                node, i, old, reason = history.pop()
                self.change_input(node, i, old, ("revert", reason), check=False)
        finally:
            self._history = history

    def validate(self) -> None:
        """Ask every feature whether the graph is right; the first that objects raises."""
        for feature in self.features:
            feature.validate(self)

    # -- features --------------------------------------------------------------------------------------------------

    def attach_feature(self, feature: Feature) -> None:
        """Attach `feature`; one that declines (AlreadyThere) is left out."""
        from theano.errors import AlreadyThere  # lazy: keeps the import list at the top about the graph

        if feature in self.features:
            return
        try:
            feature.on_attach(self)
        except AlreadyThere:
            return
        self.features.append(feature)
        self._forget_order(feature)

    def remove_feature(self, feature: Feature) -> None:
        """Detach `feature`; one that is not attached is ignored."""
        if feature in self.features:
            self.features.remove(feature)
            feature.on_detach(self)
            self._forget_order(feature)

    def _forget_order(self, feature: Any) -> None:
        if getattr(feature.orderings, "__func__", None) is not Feature.orderings:
            self._order = None

    def _tell(self, event: str, *details: Any) -> None:
        for feature in self.features:
            getattr(feature, event)(self, *details)

    # -- bookkeeping -----------------------------------------------------------------------------------------------

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

    # -- copies ----------------------------------------------------------------------------------------------------

    def clone(self) -> FunctionGraph:
        """Return a copy without its features."""
        return self.clone_get_equiv()[0]

    def clone_get_equiv(self) -> tuple[FunctionGraph, dict[Any, Any]]:
        """Return a copy, and the mapping from the old variables and nodes to the new."""
        memo = clone_get_equiv(self.inputs, self.outputs)
        twin = FunctionGraph([memo[v] for v in self.inputs], [memo[v] for v in self.outputs], clone=False)
        twin.update_mapping = dict(self.update_mapping)
        return twin, memo

    def verify(self) -> None:
        """Check every invariant of the graph (see `theano.graph.verify`)."""
        from theano.graph.verify import verify_graph  # lazy: verify imports this class

        verify_graph(self)

    def __str__(self) -> str:
        return f"FunctionGraph({', '.join(str(v) for v in self.outputs)})"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs,
            "nodes": self.toposort(),
            "outputs": self.outputs,
            "update_mapping": self.update_mapping,
            "features": [f for f in self.features if f.is_picklable],
        }

    def __reduce_ex__(self, protocol: Any) -> Any:
        from theano.graph.pickling import reduce_function_graph  # lazy: kept beside the other pickling code

        return reduce_function_graph(self)


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
