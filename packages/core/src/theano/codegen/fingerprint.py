"""Canonical text of kernels: equal meaning gives equal text, whatever the graph's names were."""

from __future__ import annotations

from theano.codegen.expr import Expr, post_order
from theano.codegen.kernel import Kernel, MapSweep, ReduceSweep, Sweep


def kernel_text(kernel: Kernel) -> str:
    """The kernel as text, values numbered in order of first use; for golden tests, error messages and keys.

    Examples
    --------
    >>> from theano.codegen.expr import Expr, call
    >>> from theano.codegen.kernel import Kernel, MapSweep, Out
    >>> x = Expr("load", (), "float32", 0)
    >>> print(kernel_text(Kernel(("float32",), (Out("float32"),), (MapSweep((("out", 0),), (call("exp", x) + x,)),))))
    kernel (in0: float32) -> (out0: float32)
      map
        v0 = load in0 : float32
        v1 = exp v0 : float32
        v2 = add v1 v0 : float32
        out0 <- v2
    """
    inputs = ", ".join(f"in{i}: {d}" for i, d in enumerate(kernel.inputs))
    outputs = ", ".join(f"out{j}: {o.dtype}{' reduced' if o.reduced else ''}" for j, o in enumerate(kernel.outputs))
    lines = [f"kernel ({inputs}) -> ({outputs})"]
    for sweep in kernel.sweeps:
        lines.extend(_sweep_lines(sweep))
    return "\n".join(lines)


def _sweep_lines(sweep: Sweep) -> list[str]:
    if isinstance(sweep, ReduceSweep):
        names, lines = _value_lines((sweep.value,))
        return ["  reduce", *lines, f"    acc{sweep.acc} <- {sweep.kind} {names[sweep.value]} : {sweep.acc_dtype}"]
    names, lines = _value_lines(sweep.values)
    if isinstance(sweep, MapSweep):
        stores = [f"    {t[0]}{t[1]} <- {names[v]}" for t, v in zip(sweep.targets, sweep.values, strict=True)]
        return ["  map", *lines, *stores]
    stores = [f"    out{j} <- {names[v]}" for j, v in zip(sweep.outputs, sweep.values, strict=True)]
    return ["  final", *lines, *stores]


def _value_lines(values: tuple[Expr, ...]) -> tuple[dict[Expr, str], list[str]]:
    names: dict[Expr, str] = {}
    lines = []
    for expr in post_order(values):
        names[expr] = f"v{len(names)}"
        lines.append(f"    {names[expr]} = {_right_side(expr, names)} : {expr.dtype}")
    return names, lines


def _right_side(expr: Expr, names: dict[Expr, str]) -> str:
    if expr.kind == "const":
        return f"const {expr.value.item()!r}"
    if expr.kind == "load":
        return f"load in{expr.value}"
    if expr.kind in ("acc", "temp"):
        return f"{expr.kind}{expr.value}"
    if expr.kind == "iota":
        return "iota"
    word = "cast" if expr.kind == "cast" else expr.value
    return " ".join([word, *(names[a] for a in expr.args)])
