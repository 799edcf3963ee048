"""Sweeps for rows that lie side by side: what is the same for a whole row is computed once, not at every position."""

from __future__ import annotations

from theano.codegen.expr import Expr, post_order
from theano.codegen.kernel import FinalSweep, Kernel, MapSweep, ReduceSweep, Sweep, sweep_values
from theano.codegen.simplify import simplify
from theano.cpu.dialect import c_dialect
from theano.frozen import replace

__all__ = ["lane_sweeps"]

MAX_ACCS = 32
"""Accumulators of a kernel, those of its lanes included; as in runtime/rows.h."""

_WORTH_PS = 150
"""Expressions per row that cost less than this for each element are computed where they are used."""


def lane_sweeps(kernel: Kernel, modes: str) -> tuple[tuple[Sweep, ...], tuple[str, ...]]:
    """Sweeps for lanes that are rows, and the dtypes of their accumulators.

    Parameters
    ----------
    kernel : theano.codegen.Kernel
    modes : str
        One letter for each input: ``S`` for one element per row. See ``KernelRequest.modes``.

    Notes
    -----
    A map sweep whose targets are ``("acc", a)`` is to be run for one position of every row. It computes a number of
    its own for each row, which later sweeps read like any accumulator.
    """
    sweeps: list[Sweep] = []
    accs = list(kernel.accs)
    known: dict[Expr, Expr] = {}
    for sweep in kernel.sweeps:
        if isinstance(sweep, FinalSweep):
            sweeps.append(sweep)
            continue
        values = simplify(sweep_values(sweep))
        new = [e for e in _once_per_row(values, modes) if e not in known][: MAX_ACCS - len(accs)]
        if new:
            sweeps.append(MapSweep(tuple(("acc", len(accs) + j) for j in range(len(new))), tuple(new)))
        for expr in new:
            known[expr] = Expr("acc", (), expr.dtype, len(accs))
            accs.append(expr.dtype)
        values = _substitute(values, known)
        sweeps.append(
            replace(sweep, value=values[0]) if isinstance(sweep, ReduceSweep) else replace(sweep, values=values)
        )
    return tuple(sweeps), tuple(accs)


def _once_per_row(values: tuple[Expr, ...], modes: str) -> list[Expr]:
    """The largest expressions that are the same for a whole row and dear enough."""
    order = list(post_order(values))
    varies: dict[Expr, bool] = {}
    dear: set[Expr] = set()
    for expr in order:
        leaf = expr.kind in ("iota", "temp") or (expr.kind == "load" and modes[expr.value] == "V")
        varies[expr] = leaf or any(varies[a] for a in expr.args)
        if not varies[expr] and (_is_dear(expr) or any(a in dear for a in expr.args)):
            dear.add(expr)
    inner = {a for e in order if not varies[e] for a in e.args}
    outer = {a for e in order if varies[e] for a in e.args} | set(values)
    return [e for e in order if e in dear and (e not in inner or e in outer)]


def _is_dear(expr: Expr) -> bool:
    if expr.kind != "call":
        return False
    row = c_dialect().row(expr.value, expr.args[-1].dtype)
    return row is not None and row.ps >= _WORTH_PS


def _substitute(values: tuple[Expr, ...], known: dict[Expr, Expr]) -> tuple[Expr, ...]:
    new: dict[Expr, Expr] = {}
    for expr in post_order(values):
        args = tuple(new[a] for a in expr.args)
        same = all(a is b for a, b in zip(args, expr.args, strict=True))
        if expr in known:
            new[expr] = known[expr]
        else:
            new[expr] = expr if same else Expr(expr.kind, args, expr.dtype, expr.value)
    return tuple(new[v] for v in values)
