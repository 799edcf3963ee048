"""The row program of a `Fused` op: which sweeps it takes, and what is kept from one sweep for the next."""

from __future__ import annotations

import functools
from typing import Any

from theano.codegen import (
    Expr,
    FinalSweep,
    Kernel,
    MapSweep,
    NotLowerable,
    Out,
    ReduceSweep,
    cast,
    const,
    k,
    post_order,
)
from theano.codegen.kernel import Sweep, sweep_values
from theano.errors import explain
from theano.frozen import replace
from theano.graph import Apply, Constant, Variable
from theano.lowering import KernelStep
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.reduction import _BOOL_KINDS, _KERNEL_KINDS

__all__ = ["input_order", "is_cheap", "kernel_kind", "row_program"]

#: Keeping a value costs a store and loads; it must save at least so much arithmetic (an addition counts 1).
KEEP = 10
MAX_KEPT = 4
_LIGHT = frozenset((
    "add", "sub", "mul", "neg", "abs", "minimum", "maximum", "eq", "neq", "lt", "le", "gt", "ge", "and_", "or_", "xor",
    "invert", "where", "isnan", "isinf", "sign", "floor", "ceil", "trunc", "rint",
))  # fmt: skip
_MEDIUM = frozenset(("true_div", "sqrt"))
_MEDIUM_COST = 4


def kernel_kind(op: Any, dtype: str) -> str | None:
    """Name in the loop IR of the reduction `op` of `dtype`; None when it has none."""
    if op.accumulator_dtype(dtype) != "bool":
        return _KERNEL_KINDS.get(type(op.scalar_op))
    # extrema of nothing are errors, which the logical kinds, having a value for nothing, would not notice
    return None if op.scalar_op.identity is None else _BOOL_KINDS.get(type(op.scalar_op))


def input_order(ndim: int, axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Which dim of an input of that rank each axis of the index space follows."""
    if rank == ndim:
        return tuple(range(ndim))
    kept = [a for a in range(ndim) if a not in axes]
    if rank != len(kept):
        raise NotLowerable(explain("state the loops of a Fused op", f"an input of rank {rank}", "run it in Python"))
    return tuple([-1 if a in axes else kept.index(a) for a in range(ndim)])


def row_program(op: Any, node: Apply) -> KernelStep:
    """The step that computes `node`."""
    orders = tuple([input_order(op.ndim, op.axes, v.type.ndim) for v in op.inputs])
    return KernelStep(node=node, kernel=_kernel(op), ndim=op.ndim, reduced_axes=op.axes, input_orders=orders)


@functools.lru_cache(maxsize=512)
def _kernel(op: Any) -> Kernel:
    """Reductions in order, then all outputs with an element per position in one sweep, then those with one per row."""
    loads = [Expr("load", (), v.type.dtype, i) for i, v in enumerate(op.inputs)]
    value, sweeps, accs = _expressions(op, loads)
    outs = tuple([Out(v.type.dtype, v.type.ndim < op.ndim) for v in op.outputs])
    full = [j for j, out in enumerate(outs) if not out.reduced]
    thin = [j for j, out in enumerate(outs) if out.reduced]
    if full:
        sweeps.append(MapSweep(tuple([("out", j) for j in full]), tuple([value(op.outputs[j]) for j in full])))
    sweeps, temps = _keep(sweeps, _singles(op))
    if thin:
        sweeps.append(FinalSweep(tuple(thin), tuple([value(op.outputs[j]) for j in thin])))
    return Kernel(tuple([e.dtype for e in loads]), outs, tuple(sweeps), tuple(temps), tuple(accs))


def _expressions(op: Any, loads: list[Expr]) -> tuple[Any, list[Sweep], list[str]]:
    """How each variable of the inner graph is computed, the sweeps of its reductions, and their dtypes."""
    known: dict[Variable, Expr] = dict(zip(op.inputs, loads, strict=True))
    sweeps: list[Sweep] = []
    accs: list[str] = []

    def value(v: Variable) -> Expr:
        if isinstance(v, Constant):
            return const(v.data.reshape(-1)[0], v.type.dtype)
        return known[v]

    for node in op.nodes:
        inner, out = node.op, node.outputs[0]
        if isinstance(inner, DimShuffle):
            known[out] = value(node.inputs[0])
        elif isinstance(inner, Elemwise):
            results = inner.scalar_op.lower_exprs(k, [value(v) for v in node.inputs])
            known.update(zip(node.outputs, results, strict=True))
        else:
            x = node.inputs[0]
            dtype, kind = inner.accumulator_dtype(x.type.dtype), kernel_kind(inner, x.type.dtype)
            if kind is None:
                raise NotLowerable(explain(f"lower {inner}", "the loop IR has no such reduction", "run it in Python"))
            sweeps.append(ReduceSweep(len(accs), kind, k.cast(value(x), dtype), dtype))
            known[out] = cast(Expr("acc", (), dtype, len(accs)), out.type.dtype)
            accs.append(dtype)
    return value, sweeps, accs


def _singles(op: Any) -> frozenset[int]:
    """Inputs that are one element for a whole row."""
    found = []
    for i, v in enumerate(op.inputs):
        order, flags = input_order(op.ndim, op.axes, v.type.ndim), v.type.broadcastable
        if all(order[a] < 0 or flags[order[a]] for a in op.axes):
            found.append(i)
    return frozenset(found)


def _keep(sweeps: list[Sweep], singles: frozenset[int]) -> tuple[list[Sweep], list[str]]:
    """Let what is dear and needed by several sweeps be computed once and kept."""
    temps: list[str] = []
    while len(temps) < MAX_KEPT:
        found = _dearest(sweeps, singles)
        if found is None:
            break
        expr, first = found
        temp = Expr("temp", (), expr.dtype, len(temps))
        sweeps = [_with(sweep, expr, temp) for sweep in sweeps]
        sweeps.insert(first, MapSweep((("temp", len(temps)),), (expr,)))
        temps.append(expr.dtype)
    return sweeps, temps


def _dearest(sweeps: list[Sweep], singles: frozenset[int]) -> tuple[Expr, int] | None:
    """The expression whose keeping saves most, and the first sweep that needs it; None when nothing pays."""
    users: dict[Expr, list[int]] = {}
    for n, sweep in enumerate(sweeps):
        for expr in post_order(sweep_values(sweep)):
            users.setdefault(expr, []).append(n)
    cost = _costs(users, singles)
    shared = [e for e, where in users.items() if e.kind == "call" and len(where) > 1 and cost[e] > 0]
    if not shared:
        return None
    best = max(shared, key=lambda e: ((len(users[e]) - 1) * cost[e], cost[e]))
    saved = (len(users[best]) - 1) * cost[best]
    return (best, users[best][0]) if saved >= KEEP else None


def _costs(users: dict[Expr, list[int]], singles: frozenset[int]) -> dict[Expr, int]:
    """Arithmetic behind each expression for every element; 0 for what does not change along the row."""
    own: dict[Expr, int] = {}
    behind: dict[Expr, frozenset[Expr]] = {}
    for expr in users:  # arguments stand before what is made of them
        if not expr.args:
            moves = expr.kind in ("temp", "iota") or (expr.kind == "load" and expr.value not in singles)
            behind[expr] = frozenset((expr,)) if moves else frozenset()
            own[expr] = 0
            continue
        below = frozenset().union(*[behind[a] for a in expr.args])
        behind[expr] = below | {expr} if below else below
        own[expr] = _own_cost(expr)
    return {expr: sum(own[e] for e in below) for expr, below in behind.items()}


def _own_cost(expr: Expr) -> int:
    if expr.kind == "cast" or expr.value in _LIGHT:
        return 1
    return _MEDIUM_COST if expr.value in _MEDIUM else 30


def is_cheap(expr: Expr) -> bool:
    """Whether computing `expr` again, from its arguments, costs no more than a few additions."""
    return not expr.args or _own_cost(expr) <= _MEDIUM_COST


def _with(sweep: Sweep, old: Expr, new: Expr) -> Sweep:
    """`sweep` with `new` in the place of `old`."""
    made: dict[Expr, Expr] = {}
    for expr in post_order(sweep_values(sweep)):
        args = tuple([made[a] for a in expr.args])
        made[expr] = (
            new if expr is old else expr if args == expr.args else Expr(expr.kind, args, expr.dtype, expr.value)
        )
    if isinstance(sweep, ReduceSweep):
        return replace(sweep, value=made[sweep.value])
    return replace(sweep, values=tuple([made[v] for v in sweep.values]))
