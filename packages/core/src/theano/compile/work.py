"""The part of a profile that says how near native steps come to the limits of the machine."""

from __future__ import annotations

from typing import Any, TextIO

from theano.frozen import dataclass

__all__ = ["Limits", "Work", "print_work"]


@dataclass(frozen=True)
class Limits:
    """What one core of the machine can do.

    bandwidth : float
        Bytes per second of a large copy, reading and writing counted.
    flops : float
        Floating-point operations per second on float64; float32 is taken to be twice as fast.
    """

    bandwidth: float
    flops: float


@dataclass(frozen=True)
class Work:
    """What one node has done in all its runs.

    moved : float or None
        Bytes of operands read and written; None where they say nothing about the memory that was touched.
    flops : float or None
        Arithmetic operations; a function such as `exp` counts as one.
    is_product : bool
        Whether arithmetic, not memory, is what limits it.
    """

    moved: float | None
    flops: float | None
    is_product: bool = False

    def __add__(self, other: Work) -> Work:
        return Work(_sum(self.moved, other.moved), _sum(self.flops, other.flops), self.is_product)


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _share(work: Work, seconds: float, dtype: str, limits: Limits) -> float:
    """The fraction of the machine's limit, by memory or by arithmetic: the larger."""
    peak = limits.flops * (2 if dtype == "float32" else 1)
    arithmetic = (work.flops or 0) / seconds / peak if work.is_product else 0.0
    return max((work.moved or 0) / seconds / limits.bandwidth, arithmetic)


def print_work(stats: Any, file: TextIO, limit: int | None = None) -> None:
    """Print a line for each native step of the profile `stats` that is not a view."""
    rows = sorted(stats.apply_work.items(), key=lambda item: -stats.apply_time.get(item[0], 0.0))
    if not rows:
        return
    limits = stats.limits() if stats.limits is not None else None
    print("Native steps\n---", file=file)
    if limits is not None:
        print(
            f"One core copies {limits.bandwidth / 1e9:.1f} GB/s and computes {limits.flops / 1e9:.0f} GFLOP/s "
            f"in float64, {2 * limits.flops / 1e9:.0f} in float32.",
            file=file,
        )
    print("<% time> <#call> <time per call> <GB/s> <GFLOP/s> <% of limit> <name>", file=file)
    whole = sum(stats.apply_time.values()) or 1.0
    for node, work in rows[:limit]:
        seconds, calls = stats.apply_time.get(node, 0.0), stats.apply_callcount.get(node, 0) or 1
        print(_line(node, work, seconds, calls, 100 * seconds / whole, limits), file=file)
    rest = len(rows) - len(rows[:limit])
    print(f"   ... (remaining {rest} native steps)\n" if rest else "", file=file)


def _line(node: Any, work: Work, seconds: float, calls: int, percent: float, limits: Limits | None) -> str:
    time = max(seconds, 1e-12)
    speed = "" if work.moved is None else f"{work.moved / time / 1e9:.1f}"
    flops = "" if not work.flops else f"{work.flops / time / 1e9:.1f}"
    share = ""
    if limits is not None and (speed or flops):
        share = f"{100 * _share(work, time, getattr(node.outputs[0].type, 'dtype', ''), limits):.0f}%"
    per_call = f"{seconds / calls:.2e}s"
    return f" {percent:5.1f}% {calls:7d} {per_call:>13} {speed:>7} {flops:>9} {share:>7}   {node}"
