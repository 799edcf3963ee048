"""Memory of dropped results, kept for the next ones (``runtime/recycle.c``)."""

from __future__ import annotations

import functools
import os

from theano.cpu import _runtime
from theano.frozen import dataclass

__all__ = ["Recycling", "recycling", "set_recycling"]

MOST = 512 << 20


@dataclass(frozen=True)
class Recycling:
    """What has happened so far.

    held : int
        Bytes that wait for their next use.
    made, reused : int
        Blocks that were new, and blocks that served again.
    """

    held: int
    made: int
    reused: int


def recycling() -> Recycling:
    """The counts of this process."""
    counts = _runtime.ffi.new("uint64_t[3]")
    _runtime.lib.rt_recycle_counts(counts)
    return Recycling(*counts)


def set_recycling(bound: int) -> None:
    """Keep at most `bound` bytes of dropped memory; -1 stands for a share of the machine's."""
    _runtime.lib.rt_recycle_bound(_default_bound() if bound < 0 else bound)


@functools.cache
def _default_bound() -> int:
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return MOST // 8
    return min(MOST, memory // 16)
