"""Classic features of graphs that `theano.graph.FunctionGraph` has built in, and small ones that it has not."""

from __future__ import annotations

from typing import Any

from theano.errors import InconsistencyError, explain
from theano.graph import Feature

__all__ = [
    "Bookkeeper",
    "History",
    "NoOutputFromInplace",
    "PreserveNames",
    "PreserveVariableAttributes",
    "ReplaceValidate",
    "Validator",
]


class Bookkeeper(Feature):
    """A feature that is told of the nodes that are already there; now every feature is."""


class History(Feature):
    """Marks a graph whose changes can be taken back; now every graph has ``checkpoint`` and ``revert``."""


class Validator(Feature):
    """Marks a graph that checks itself; now every graph has ``validate``."""


class ReplaceValidate(History, Validator):
    """Marks a graph with checked replacements; now every graph has ``replace_validate``."""


class PreserveNames(Feature):
    """The name of a variable passes to the one that replaces it, if that has none."""

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if r.name is not None and new_r.name is None:
            new_r.name = r.name


class PreserveVariableAttributes(PreserveNames):
    """The name and the mark ``nan_guard_mode_check`` of a variable pass to the one that replaces it."""

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        super().on_change_input(fgraph, node, i, r, new_r, reason)
        if getattr(r.tag, "nan_guard_mode_check", True) is False and new_r is not r:
            new_r.tag.nan_guard_mode_check = False


class NoOutputFromInplace(Feature):
    """Refuses graphs in which an operation that overwrites an input computes an output.

    Parameters
    ----------
    first_output_idx, last_output_idx : int
        Which outputs are guarded; all by default.
    """

    def __init__(self, first_output_idx: int = 0, last_output_idx: int | None = None) -> None:
        self.first_idx = first_output_idx
        self.last_idx = last_output_idx

    def validate(self, fgraph: Any) -> None:
        for output in fgraph.outputs[self.first_idx : self.last_idx]:
            node = output.owner
            if node is not None and output.index in (getattr(node.op, "destroy_map", None) or {}):
                do = "copy the output, or do not work in place"
                raise InconsistencyError(explain(f"output {output}", f"{node.op} computes it in place", do))
