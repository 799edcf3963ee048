"""A graph between fixed inputs and outputs that can be changed safely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano.errors import explain
from theano.graph.clone import clone_get_equiv
from theano.graph.features.base import Feature
from theano.graph.members import Client, Members
from theano.graph.variable import Constant, Variable

__all__ = ["Client", "FunctionGraph"]


class FunctionGraph(Members):
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
