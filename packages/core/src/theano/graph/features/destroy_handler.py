"""Keeps in-place operations honest: who may overwrite what, and in which order.

The plan decides in-place work of Theano's own ops later, below this level. This feature is for ops that declare a
``destroy_map`` themselves.
"""

from __future__ import annotations

from typing import Any

from theano.errors import AlreadyThere, InconsistencyError, explain
from theano.graph.features.base import Feature
from theano.graph.traversal import view_roots
from theano.graph.variable import Constant


def destroyed_inputs(node: Any) -> list[int]:
    """Positions of the inputs that `node` overwrites."""
    return [i for indices in (node.op.destroy_map or {}).values() for i in indices]


class _WatchesDestroyers(Feature):
    """Knows which nodes overwrite an input, so that graphs without such nodes (most) cost nothing."""

    def __init__(self) -> None:
        self.destroyers: dict[Any, None] = {}

    def on_attach(self, fgraph: Any) -> None:
        self.destroyers = dict.fromkeys(node for node in fgraph.toposort() if node.op.destroy_map)

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        if node.op.destroy_map:
            self.destroyers[node] = None

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        self.destroyers.pop(node, None)


class DestroyHandler(_WatchesDestroyers):
    """Orders every reader of a value before the node that destroys it, and refuses what cannot be ordered."""

    def on_attach(self, fgraph: Any) -> None:
        if any(isinstance(f, DestroyHandler) for f in fgraph.features):
            raise AlreadyThere("DestroyHandler")
        super().on_attach(fgraph)

    def orderings(self, fgraph: Any) -> dict[Any, list[Any]]:
        if not self.destroyers:
            return {}
        destroyers = self._destroyed_roots()
        readers = self._readers_by_root(fgraph, set(destroyers))
        orders: dict[Any, list[Any]] = {}
        for root, (destroyer, position) in destroyers.items():
            if isinstance(root, Constant) or getattr(root.tag, "indestructible", False):
                raise InconsistencyError(
                    explain(f"overwrite {root}", f"{destroyer.op} destroys it", "constants and protected values stay")
                )
            tolerated = {j for d, j in getattr(destroyer.op, "destroyhandler_tolerate_same", ()) if d == position}
            tolerated |= {j for d, j in getattr(destroyer.op, "destroyhandler_tolerate_aliased", ()) if d == position}
            for reader, i in readers.get(root, ()):
                if reader is destroyer:
                    if i != position and i not in tolerated:
                        raise InconsistencyError(
                            explain(f"run {destroyer.op} in place", "it also reads what it destroys", "copy one input")
                        )
                elif reader != "output":
                    orders.setdefault(destroyer, []).append(reader)
        return orders

    def _destroyed_roots(self) -> dict[Any, tuple[Any, int]]:
        found: dict[Any, tuple[Any, int]] = {}
        for node in self.destroyers:
            for position in destroyed_inputs(node):
                for root in view_roots(node.inputs[position]):
                    if root in found and found[root][0] is not node:
                        raise InconsistencyError(
                            explain(
                                f"overwrite {root}",
                                f"both {found[root][0].op} and {node.op} destroy it",
                                "copy it for one",
                            )
                        )
                    found[root] = (node, position)
        return found

    @staticmethod
    def _readers_by_root(fgraph: Any, roots: set[Any]) -> dict[Any, list[tuple[Any, int]]]:
        readers: dict[Any, list[tuple[Any, int]]] = {}
        for node in fgraph.apply_nodes:
            for i, variable in enumerate(node.inputs):
                for root in view_roots(variable):
                    if root in roots:
                        readers.setdefault(root, []).append((node, i))
        return readers

    def validate(self, fgraph: Any) -> None:
        if self.destroyers:
            fgraph.toposort()


class Supervisor(_WatchesDestroyers):
    """Forbids the destruction of protected variables (the inputs that a caller still owns)."""

    def __init__(self, protected: Any) -> None:
        super().__init__()
        self.protected = list(protected)

    def validate(self, fgraph: Any) -> None:
        if not self.destroyers:
            return
        protected = set(self.protected)
        for node in self.destroyers:
            for position in destroyed_inputs(node):
                for root in view_roots(node.inputs[position]):
                    if root in protected:
                        raise InconsistencyError(
                            explain(
                                f"overwrite {root}",
                                f"{node.op} destroys it, but it belongs to the caller",
                                "declare it In(..., mutable=True), or use the op that does not work in place",
                            )
                        )
