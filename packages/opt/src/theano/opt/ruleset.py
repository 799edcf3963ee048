"""How files of rewrites list what they offer: rules with their phases and tags, entered on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.frozen import dataclass, field

from .engine import GraphRule, LocalOptimizer

__all__ = ["Entry", "RuleSet"]

#: Letters of phases, as in the documentation of rewrites, and the databases they stand for.
PHASE_LETTERS = {
    "U": "useless", "C": "canonicalize", "S": "stabilize", "P": "specialize", "UC": "uncanonicalize",
    "D": "specialize_device",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One rewriter, the phases it runs in, and its tags."""

    name: str
    rewriter: LocalOptimizer
    phases: tuple[str, ...]
    tags: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


class RuleSet:
    """The rewrites of one file.

    Examples
    --------
    >>> rules = RuleSet()
    >>> @rules.local([], "C P", "fast_compile")
    ... def local_nothing(fgraph, node):
    ...     return None
    >>> [(entry.name, entry.phases, entry.tags) for entry in rules]
    [('local_nothing', ('canonicalize', 'specialize'), ('fast_run', 'fast_compile'))]
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def __iter__(self) -> Any:
        return iter(self.entries)

    def add(
        self, rewriter: LocalOptimizer, phases: str, *tags: str, name: str | None = None, **options: Any
    ) -> LocalOptimizer:
        """List a rewriter; `phases` are letters ("C S P"); tags get "fast_run" unless "only" is among them."""
        label = name or str(rewriter)
        kept = tuple(tag for tag in tags if tag != "only")
        marked = kept if "only" in tags else ("fast_run", *kept)
        self.entries.append(Entry(label, rewriter, tuple(PHASE_LETTERS[p] for p in phases.split()), marked, options))
        return rewriter

    def local(
        self, tracks: Sequence[Any] | None, phases: str, *tags: str, name: str | None = None, **options: Any
    ) -> Callable[[Callable[..., Any]], GraphRule]:
        """Decorator: list a function of (fgraph, node) as a rewriter of nodes that match `tracks`."""

        def decorate(fn: Callable[..., Any]) -> GraphRule:
            rule = GraphRule(fn, tracks)
            rule.name = name or fn.__name__
            self.add(rule, phases, *tags, name=name, **options)
            return rule

        return decorate
