"""Rewriters whose files are imported when a graph has what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from theano.graph import Apply, FunctionGraph

from .local import LocalOptimizer
from .rewriter import Optimizer

__all__ = ["LateOptimizer", "LateRule"]


class LateRule(LocalOptimizer):
    """Stands for a rule until `Dispatch` meets a node of a class that it tracks.

    Parameters
    ----------
    module, name : str
        Where the rule is: in the list `rules` of that module, or one of its attributes.
    classes : sequence of str
        Names of the classes of ops and scalar ops that it tracks, all of them. A name decides about importing only;
        the rule itself says what it wants to see.
    """

    def __init__(self, module: str, name: str, classes: Sequence[str]) -> None:
        self.module, self.name = module, name
        self.late = tuple(classes)
        self._rule: LocalOptimizer | None = None

    def settled(self) -> LocalOptimizer:
        if self._rule is None:
            module = import_module(self.module)
            listed = (entry.rewriter for entry in getattr(module, "rules", ()) if entry.name == self.name)
            self._rule = next(listed, None) or getattr(module, self.name)
        return self._rule

    def tracks(self) -> Sequence[Any] | None:
        return self.settled().tracks()

    def transform(self, node: Apply) -> Any:
        return self.settled().transform(node)

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        return self.settled().rewrite(fgraph, node)


class LateOptimizer(Optimizer):
    """Stands for a whole-graph rewriter, which is made for the first graph with one of some ops.

    Parameters
    ----------
    module, name : str
        Where to find its class, or a function that makes it.
    label : str
        The name by which it is known.
    ops : sequence of str
        Names of classes: a graph without ops of these classes, or of classes derived from them, stays as it is.
    """

    def __init__(self, module: str, name: str, label: str, ops: Sequence[str]) -> None:
        self.module, self.attribute, self.name = module, name, label
        self.ops = frozenset(ops)
        self._made: Optimizer | None = None

    def apply(self, fgraph: FunctionGraph) -> Any:
        if not any(cls.__name__ in self.ops for op, _ in fgraph.kinds() for cls in op.__mro__):
            return False
        if self._made is None:
            self._made = getattr(import_module(self.module), self.attribute)()
        return self._made.optimize(fgraph)
