"""Kernels of the loop IR: what is computed for one row of an index space.

A kernel runs over rows. Each sweep walks the row once: a `MapSweep` computes elements, a `ReduceSweep` folds the row
into one number, a `FinalSweep` computes the outputs that have one value per row. An elementwise operation is one map
sweep, a reduction is a reduce and a final sweep, softmax is four sweeps.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from theano.codegen.expr import Expr
from theano.frozen import dataclass

REDUCTIONS = ("add", "mul", "maximum", "minimum", "and", "or")


@dataclass(frozen=True)
class Out:
    """An output: its dtype, and whether it has one value per row (`reduced`) or one per element.

    Nobody reads an output that is not `wanted`, and no sweep writes it.
    """

    dtype: str
    reduced: bool = False
    wanted: bool = True


@dataclass(frozen=True)
class MapSweep:
    """Compute `values` for every element; each target is ``("out", j)`` or ``("temp", t)``."""

    targets: tuple[tuple[str, int], ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True)
class ReduceSweep:
    """Fold `value` over the row with `kind` into accumulator `acc` of dtype `acc_dtype`."""

    acc: int
    kind: str
    value: Expr
    acc_dtype: str


@dataclass(frozen=True)
class FinalSweep:
    """Compute the reduced outputs `outputs` from accumulators, once per row."""

    outputs: tuple[int, ...]
    values: tuple[Expr, ...]


Sweep = MapSweep | ReduceSweep | FinalSweep


@dataclass(frozen=True)
class Kernel:
    """Inputs (dtypes), outputs and the sweeps over one row; `temps` are the dtypes of row temporaries."""

    inputs: tuple[str, ...]
    outputs: tuple[Out, ...]
    sweeps: tuple[Sweep, ...]
    temps: tuple[str, ...] = ()
    accs: tuple[str, ...] = ()

    def __hash__(self) -> int:
        # Plans of repeated layers look the same few kernels up again and again, and these are deep.
        known = self.__dict__.get("_hash")
        if known is None:
            known = hash((self.inputs, self.outputs, self.sweeps, self.temps, self.accs))
            object.__setattr__(self, "_hash", known)
        return int(known)

    def __getstate__(self) -> dict[str, Any]:
        # Hashes of texts differ from process to process.
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

    @property
    def ntemps(self) -> int:
        """Number of row temporaries."""
        return len(self.temps)

    @property
    def naccs(self) -> int:
        """Number of accumulators."""
        return len(self.accs)

    @cached_property
    def is_map(self) -> bool:
        """Whether the kernel is purely elementwise (no row structure)."""
        return len(self.sweeps) == 1 and isinstance(self.sweeps[0], MapSweep) and not self.uses_iota

    @cached_property
    def uses_iota(self) -> bool:
        """Whether any value depends on the position along the row."""
        from theano.codegen.expr import post_order  # lazy: a property used by few callers

        return any(e.kind == "iota" for s in self.sweeps for e in post_order(sweep_values(s)))


def sweep_values(sweep: Sweep) -> tuple[Expr, ...]:
    """The expressions that a sweep computes."""
    return (sweep.value,) if isinstance(sweep, ReduceSweep) else sweep.values
