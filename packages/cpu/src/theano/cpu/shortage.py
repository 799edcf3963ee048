"""Shortage of memory on request, for tests: the n-th allocation of the runtime, or of NumPy for arrays, fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["counted_allocations", "shortage"]


@contextmanager
def shortage(which: int) -> Iterator[None]:
    """Let allocation number `which` (from 1) fail, once; others succeed.

    Counted are blocks of working memory, registers of calls, and arrays that this thread makes; not objects of Python.
    """
    from theano.cpu import _runtime  # lazy: loads the extension

    _runtime.lib.rt_shortage(which)
    try:
        yield
    finally:
        _runtime.lib.rt_shortage(0)


@contextmanager
def counted_allocations() -> Iterator[list[int]]:
    """Count allocations; their number is appended to the list at the end."""
    from theano.cpu import _runtime  # lazy: loads the extension

    found: list[int] = []
    _runtime.lib.rt_shortage(-1)
    try:
        yield found
    finally:
        found.append(int(_runtime.lib.rt_shortage(0)))
