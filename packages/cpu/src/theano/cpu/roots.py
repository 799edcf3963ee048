"""Divisions of a float32 row by a square root, as multiplications by its reciprocal.

A division takes several times as long as a multiplication. The reciprocal of a root, which is the same for a whole row,
is found in float64 and rounded once, so that ``a * (1 / sqrt(v))`` is as close as ``a / sqrt(v)``: two roundings either
way. Roots of float32 are never so small or so large that their reciprocals overflow or lose digits; those of 0,
infinity and NaN give what a division gives.
"""

from __future__ import annotations

from theano.codegen.expr import Expr, call, cast, const, post_order
from theano.codegen.kernel import FinalSweep, Kernel, MapSweep, ReduceSweep, Sweep, sweep_values
from theano.frozen import replace

__all__ = ["with_reciprocal_roots"]


def with_reciprocal_roots(kernel: Kernel, modes: str) -> Kernel:
    """`kernel` without divisions of what changes along a row by roots that do not.

    Parameters
    ----------
    kernel : theano.codegen.Kernel
    modes : str
        As in `theano.cpu.kernels.KernelRequest`.

    Notes
    -----
    Maps stay as they are: they have one version for all rows and one for a row, which must give the same bits, and only
    in the second are there single elements for a row.
    """
    if kernel.is_map:
        return kernel
    return replace(kernel, sweeps=tuple(_with_products(sweep, modes) for sweep in kernel.sweeps))


def _with_products(sweep: Sweep, modes: str) -> Sweep:
    if isinstance(sweep, FinalSweep):
        return sweep
    old = sweep_values(sweep)
    new = _products(old, modes)
    if all(a is b for a, b in zip(new, old, strict=True)):
        return sweep
    return replace(sweep, value=new[0]) if isinstance(sweep, ReduceSweep) else MapSweep(sweep.targets, new)


def _products(values: tuple[Expr, ...], modes: str) -> tuple[Expr, ...]:
    varies: dict[Expr, bool] = {}
    new: dict[Expr, Expr] = {}
    for expr in post_order(values):
        leaf = expr.kind in ("iota", "temp") or (expr.kind == "load" and modes[expr.value] == "V")
        varies[expr] = leaf or any(varies[a] for a in expr.args)
        args = tuple(new[a] for a in expr.args)
        same = all(a is b for a, b in zip(args, expr.args, strict=True))
        new[expr] = expr if same else Expr(expr.kind, args, expr.dtype, expr.value)
        if _is(expr, "true_div") and expr.dtype == "float32" and _is(expr.args[1], "sqrt"):
            above, below = expr.args
            if varies[above] and not varies[below]:
                root = call("sqrt", cast(new[below].args[0], "float64"))
                new[expr] = call("mul", new[above], cast(call("true_div", const(1, "float64"), root), "float32"))
    return tuple(new[v] for v in values)


def _is(expr: Expr, name: str) -> bool:
    return expr.kind == "call" and expr.value == name
