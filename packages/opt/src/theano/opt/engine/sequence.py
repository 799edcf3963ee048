"""Rewriters one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from theano.graph import FunctionGraph

from .rewriter import Optimizer, failed

__all__ = ["SeqOptimizer"]


class SeqOptimizer(Optimizer, list):  # type: ignore[type-arg]
    """A list of rewriters that are applied in order; one that fails is reported and skipped.

    Parameters
    ----------
    *opts : Optimizer
        The rewriters, or one list of them.
    failure_callback : callable(error, sequence, rewriter), optional
        Called when a rewriter raises; by default `config.on_opt_error` decides.
    """

    def __init__(self, *opts: Any, failure_callback: Callable[..., Any] | None = None) -> None:
        if len(opts) == 1 and isinstance(opts[0], list | tuple):
            opts = tuple(opts[0])
        list.__init__(self, opts)
        self.failure_callback = failure_callback

    def apply(self, fgraph: FunctionGraph) -> None:
        for rewriter in list(self):
            try:
                rewriter.optimize(fgraph)
            except AssertionError:
                raise  # a broken invariant, or a looping rewriter under on_opt_error=raise
            except Exception as error:
                if self.failure_callback is None:
                    failed(str(rewriter), error)
                else:
                    self.failure_callback(error, self, rewriter)

    @staticmethod
    def warn(error: BaseException, sequence: Any, rewriter: Any) -> None:
        """The default callback."""
        failed(str(rewriter), error)

    def walk(self) -> Iterator[Optimizer]:
        """All rewriters, nested sequences opened."""
        stack = list(reversed(self))
        while stack:
            rewriter = stack.pop()
            if isinstance(rewriter, SeqOptimizer):
                stack.extend(reversed(rewriter))
            else:
                yield rewriter

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth != 0:
            for rewriter in self:
                rewriter.print_summary(stream, level + 2, depth - 1)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"SeqOptimizer({', '.join(map(str, self))})"

    def __str__(self) -> str:
        return self.name or repr(self)
