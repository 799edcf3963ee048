"""Which rewrites to run: a question put to the rewrite database.

A query lives in the core because modes are made of queries and modes exist without any rewrites installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from theano.frozen import dataclass, replace

__all__ = ["Query"]


def _tags(names: str | Iterable[str] | None) -> tuple[str, ...]:
    """Unique names in the order given; a single string is one name, None is none."""
    if names is None:
        return ()
    if isinstance(names, str):
        return (names,)
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Query:
    """A selection of rewrites: the union of ``include``, cut with each of ``require``, less ``exclude``.

    Parameters
    ----------
    include, require, exclude : iterable of str
        Tags; the name of a rewrite counts as one of its tags.
    subquery : dict of str to Query, optional
        The query to put to a nested database of that name, instead of this one.
    position_cutoff : float
        Global rewrites at or after this position are left out.
    extra_optimizations : tuple of (rewriter, position)
        Unnamed rewriters put into the sequence at a position.

    Examples
    --------
    >>> q = Query(include=["fast_run"]).excluding("fusion")
    >>> q.include, q.exclude
    (('fast_run',), ('fusion',))
    """

    include: tuple[str, ...]
    require: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    subquery: Mapping[str, Query] | None = None
    position_cutoff: float = float("inf")
    extra_optimizations: tuple[tuple[Any, float], ...] = ()

    def __init__(
        self,
        include: str | Iterable[str],
        require: str | Iterable[str] | None = (),
        exclude: str | Iterable[str] | None = (),
        subquery: Mapping[str, Query] | None = None,
        position_cutoff: float = float("inf"),
        extra_optimizations: Iterable[tuple[Any, float]] | None = (),
    ) -> None:
        set_field = object.__setattr__  # the dataclass is frozen
        set_field(self, "include", _tags(include))
        set_field(self, "require", _tags(require))
        set_field(self, "exclude", _tags(exclude))
        set_field(self, "subquery", dict(subquery) if subquery else None)
        set_field(self, "position_cutoff", float(position_cutoff))
        set_field(self, "extra_optimizations", tuple(extra_optimizations or ()))

    def __hash__(self) -> int:  # without subqueries, which are dicts
        return hash((self.include, self.require, self.exclude, self.position_cutoff, self.extra_optimizations))

    def including(self, *tags: str) -> Query:
        """This query with ``tags`` added to ``include``."""
        return replace(self, include=self.include + tags)

    def excluding(self, *tags: str) -> Query:
        """This query with ``tags`` added to ``exclude``."""
        return replace(self, exclude=self.exclude + tags)

    def requiring(self, *tags: str) -> Query:
        """This query with ``tags`` added to ``require``."""
        return replace(self, require=self.require + tags)

    def register(self, *optimizations: tuple[Any, float]) -> Query:
        """This query with ``(rewriter, position)`` pairs added to the sequence."""
        return replace(self, extra_optimizations=self.extra_optimizations + optimizations)
