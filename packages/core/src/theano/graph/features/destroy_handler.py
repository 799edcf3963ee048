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


class DestroyHandler(Feature):
    """Orders every reader of a value before the node that destroys it, and refuses what cannot be ordered."""

    def on_attach(self, fgraph: Any) -> None:
        if any(isinstance(f, DestroyHandler) for f in fgraph.features):
            raise AlreadyThere("DestroyHandler")

    def orderings(self, fgraph: Any) -> dict[Any, list[Any]]:
        destroyers = self._destroyers(fgraph)
        if not destroyers:
            return {}
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

    @staticmethod
    def _destroyers(fgraph: Any) -> dict[Any, tuple[Any, int]]:
        found: dict[Any, tuple[Any, int]] = {}
        for node in fgraph.apply_nodes:
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
        if any(node.op.destroy_map for node in fgraph.apply_nodes):
            fgraph.toposort()


class Supervisor(Feature):
    """Forbids the destruction of protected variables (the inputs that a caller still owns)."""

    def __init__(self, protected: Any) -> None:
        self.protected = list(protected)

    def validate(self, fgraph: Any) -> None:
        protected = set(self.protected)
        for node in fgraph.apply_nodes:
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
