"""Whole-graph rewriters, and the policy for rewriters that fail.

A rewriter changes a `FunctionGraph` in place and never changes what the graph computes. The classic word for it is
*optimizer*; the classes keep these names, because programs subclass them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from theano.configuration import config
from theano.graph import FunctionGraph
from theano.graph.trace import copy_stack_trace
from theano.plugin import registry

__all__ = ["FromFunctionOptimizer", "Optimizer", "copy_stack_trace", "failed", "inplace_optimizer", "optimizer"]

_reported: set[str] = set()


class Optimizer:
    """Base of whole-graph rewriters: override :meth:`apply`."""

    name: str | None = None

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Change `fgraph` in place; the result is free (an equilibrium reports whether something changed)."""

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach the features that :meth:`apply` needs."""

    def optimize(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        """Attach requirements, then apply."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: FunctionGraph) -> Any:
        return self.optimize(fgraph)

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        """Write one line per rewriter, indented by `level`, down to `depth` levels."""
        print(f"{' ' * level}{type(self).__name__} {self.name or ''} id={id(self)}".rstrip(), file=stream)

    def __str__(self) -> str:
        return self.name or type(self).__name__


class FromFunctionOptimizer(Optimizer):
    """A rewriter made from a function of the graph."""

    def __init__(self, fn: Callable[[FunctionGraph], Any], requirements: Iterable[Callable[[], Any]] = ()) -> None:
        self.fn = fn
        self.name = getattr(fn, "__name__", None)
        self.requirements = tuple(requirements)

    def apply(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        return self.fn(fgraph, *args, **kwargs)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for requirement in self.requirements:
            requirement(fgraph)  # type: ignore[call-arg]


def optimizer(fn: Callable[[FunctionGraph], Any]) -> FromFunctionOptimizer:
    """Decorator: a function of the graph becomes a rewriter."""
    return FromFunctionOptimizer(fn)


#: In-place work is decided by the plan, so nothing has to be attached for it.
inplace_optimizer = optimizer


def failed(name: str, error: BaseException, where: Any = None) -> None:
    """Treat the failure of rewriter `name` as `config.on_opt_error` says: warn once per name, raise, pdb, ignore."""
    registry().note_change()  # whoever takes the result of another process would not hear of it
    policy = config.on_opt_error
    if policy == "raise":
        raise error
    if policy == "pdb":
        import pdb  # lazy: only for people who asked for a debugger

        pdb.post_mortem(error.__traceback__)
        return
    if policy == "ignore" or name in _reported:
        return
    _reported.add(name)
    import logging  # lazy: only failures need these two
    import traceback

    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    place = "" if where is None else f"\nnode: {where}"
    logging.getLogger("theano.opt").error(
        "Optimization failure due to: %s (skipped; the result is not affected)%s\n%s", name, place, text
    )
