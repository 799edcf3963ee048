"""What a feature of a function graph may listen to."""

from __future__ import annotations

from typing import Any


class Feature:
    """Base of the objects that are told of every change of a `FunctionGraph`.

    A feature that finds itself attached already raises ``AlreadyThere`` in `on_attach`, and is then left out.
    """

    is_picklable = True

    def on_attach(self, fgraph: Any) -> None:
        """The feature is attached; nodes that are there already are not announced."""

    def on_detach(self, fgraph: Any) -> None:
        """The feature is taken off."""

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        """`node` has come into the graph."""

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        """`node` has left the graph."""

    def on_change_input(self, fgraph: Any, node: Any, i: int, old: Any, new: Any, reason: Any) -> None:
        """Input `i` of `node` (output `i` for ``node == "output"``) has changed from `old` to `new`."""

    def orderings(self, fgraph: Any) -> dict[Any, list[Any]]:
        """Return from nodes to the nodes that must be evaluated before them."""
        return {}

    def validate(self, fgraph: Any) -> None:
        """Raise InconsistencyError if the graph is not right."""
