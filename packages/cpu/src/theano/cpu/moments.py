"""Sums of squared deviations beside the sum of the same elements: one sweep for both.

``sum(x)`` and, later, ``sum((x - m)**2)``, where m is the same for a whole row and may be made of the sum: the CPU
finds the sum and the squared deviations from the true mean in one walk, and corrects for the difference between the
mean and m (``runtime/moments.c``). So m needs not be proved to be the mean.
"""

from __future__ import annotations

from theano.codegen.expr import Expr, cast, post_order
from theano.codegen.kernel import FinalSweep, Kernel, MapSweep, ReduceSweep, Sweep
from theano.codegen.simplify import simplify
from theano.cpu.kernels import ANY_LENGTH
from theano.frozen import dataclass

__all__ = ["Moments", "by_length", "with_moments"]

_MOST_APART = {"float32": 96, "float64": 4096}
"""Of many rows, those up to this length are walked through twice. Short ones may also lie side by side, where squares
cannot wait for the end of their sum, and have one value all the same (96 is RT_MEDIUM of runtime/kernel.h). float64 has
nothing to gain while a row stays in the fastest cache; of float32 the conversions are saved, too."""


@dataclass(frozen=True)
class Moments:
    """Two reductions in float64: the sum of `load`, and that of the squares of ``load - about``.

    sums, squares : int
        Their accumulators.
    about : Expr
        One float64 for a row, made after the sum is known.
    """

    sums: int
    squares: int
    load: Expr
    about: Expr


def with_moments(kernel: Kernel, modes: str) -> tuple[Sweep | Moments, ...]:
    """The sweeps of `kernel`, with `Moments` in place of a sum and of the squared deviations that follow it.

    Parameters
    ----------
    kernel : theano.codegen.Kernel
    modes : str
        As in `theano.cpu.kernels.KernelRequest`.
    """
    sweeps: list[Sweep | Moments] = list(kernel.sweeps)
    known: set[int] = set()
    for n, sweep in enumerate(kernel.sweeps):
        if not isinstance(sweep, ReduceSweep):
            continue
        known.add(sweep.acc)
        x = _summed(sweep)
        if x is None or x.kind != "load" or modes[x.value] != "V":
            continue
        for later in kernel.sweeps[n + 1 :]:
            about = _about(later, x, known, modes)
            if about is not None and isinstance(later, ReduceSweep):
                sweeps[n] = Moments(sweep.acc, later.acc, x, cast(about, "float64"))
                sweeps.remove(later)
                return tuple(sweeps)
    return tuple(sweeps)


def by_length(kernel: Kernel, modes: str) -> tuple[tuple[Sweep | Moments, tuple[int, int]], ...]:
    """The sweeps of a kernel that is for many rows, each with the lengths of rows that it is for.

    Parameters
    ----------
    kernel, modes
        As of `with_moments`.
    """
    joined = next((s for s in with_moments(kernel, modes) if isinstance(s, Moments)), None)
    if joined is None:
        return tuple((sweep, ANY_LENGTH) for sweep in kernel.sweeps)
    most = _MOST_APART[joined.load.dtype]
    found: list[tuple[Sweep | Moments, tuple[int, int]]] = []
    for sweep in kernel.sweeps:
        acc = sweep.acc if isinstance(sweep, ReduceSweep) else -1
        if acc == joined.sums:
            found.append((joined, (most + 1, ANY_LENGTH[1])))
        found.append((sweep, (0, most) if acc in (joined.sums, joined.squares) else ANY_LENGTH))
    return tuple(found)


def _summed(sweep: MapSweep | ReduceSweep | FinalSweep) -> Expr | None:
    """What is added up in float64, before it is widened; None for all other sweeps."""
    if not isinstance(sweep, ReduceSweep) or sweep.kind != "add" or sweep.acc_dtype != "float64":
        return None
    (value,) = simplify((cast(sweep.value, "float64"),))
    value = _narrow(value)
    return value if value.dtype in ("float32", "float64") else None


def _narrow(value: Expr) -> Expr:
    return value.args[0] if value.kind == "cast" and value.args[0].dtype == "float32" else value


def _about(sweep: MapSweep | ReduceSweep | FinalSweep, x: Expr, known: set[int], modes: str) -> Expr | None:
    """m, where `sweep` adds up ``(x - m)²`` or ``(m - x)²`` and m follows from accumulators that are `known`."""
    square = _summed(sweep)
    if square is None or square.kind != "call" or square.value != "mul" or square.args[0] is not square.args[1]:
        return None
    difference = square.args[0]
    if difference.kind != "call" or difference.value != "sub":
        return None
    left, right = difference.args
    about = right if _narrow(left) is x else left if _narrow(right) is x else None
    return about if about is not None and _is_single(about, known, modes) else None


def _is_single(expr: Expr, known: set[int], modes: str) -> bool:
    """Whether `expr` is the same for a whole row, and can be computed from `known` accumulators."""
    for e in post_order((expr,)):
        if e.kind in ("temp", "iota") or (e.kind == "load" and modes[e.value] != "S"):
            return False
        if e.kind == "acc" and e.value not in known:
            return False
    return True
