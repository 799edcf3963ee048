"""Local simplification of loop expressions: only rules that keep every bit, NaN and signed zero included.

Common sub-expressions need no pass: equal expressions are one object.
"""

from __future__ import annotations

from collections.abc import Callable

from theano.codegen.dtypes import BOOL, is_float
from theano.codegen.expr import Expr, call, cast, const, post_order


def simplify(values: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Rebuild `values` bottom up with the rules of this module.

    Examples
    --------
    >>> from theano.codegen.expr import BOOL, Expr, const
    >>> x = Expr("load", (), "float64", 0)
    >>> simplify(((x * 1.0) ** 2.0,))
    (mul(load0, load0),)
    """
    new: dict[Expr, Expr] = {}
    for expr in post_order(values):
        args = tuple(new[a] for a in expr.args)
        same = all(a is b for a, b in zip(args, expr.args, strict=True))
        rebuilt = expr if same else Expr(expr.kind, args, expr.dtype, expr.value)
        new[expr] = _simpler(rebuilt)
    return tuple(new[v] for v in values)


def _simpler(expr: Expr) -> Expr:
    if expr.kind == "cast":
        return cast(expr.args[0], expr.dtype)
    if expr.kind != "call":
        return expr
    rule = RULES.get(expr.value)
    found = rule(expr) if rule is not None else None
    return expr if found is None else found


def _number(expr: Expr) -> float | int | None:
    return expr.value.item() if expr.kind == "const" else None


def _power(expr: Expr) -> Expr | None:
    """Small whole exponents as products: one rounding for a square, exact for integers."""
    x, n = expr.args[0], _number(expr.args[1])
    if x.dtype == "bool" or n is None:
        return None
    if n == 0:
        return const(1, x.dtype)
    if n == 1:
        return x
    if n == 2:
        return call("mul", x, x)
    if n == -1 and is_float(x.dtype):
        return call("true_div", const(1, x.dtype), x)
    if n == 3 and not is_float(x.dtype):
        return call("mul", call("mul", x, x), x)
    return None


def _times_one(expr: Expr) -> Expr | None:
    a, b = expr.args
    if a.dtype == "bool":
        return None
    return b if _number(a) == 1 else a if _number(b) == 1 else None


def _over_one(expr: Expr) -> Expr | None:
    return expr.args[0] if _number(expr.args[1]) == 1 and is_float(expr.dtype) else None


def _twice(expr: Expr) -> Expr | None:
    inner = expr.args[0]
    return inner.args[0] if inner.kind == "call" and inner.value == expr.value else None


def _choice(expr: Expr) -> Expr | None:
    condition, a, b = expr.args
    if a is b:
        return a
    known = _number(condition)
    return None if known is None else a if known else b


def _integer_test(expr: Expr) -> Expr | None:
    """isnan and isinf of what cannot be either."""
    return None if is_float(expr.args[0].dtype) else const(False, BOOL)


def _with_itself(result: bool) -> Callable[[Expr], Expr | None]:
    def rule(expr: Expr) -> Expr | None:
        a, b = expr.args
        return const(result, BOOL) if a is b and not is_float(a.dtype) else None

    return rule


def _idempotent(expr: Expr) -> Expr | None:
    return expr.args[0] if expr.args[0] is expr.args[1] else None


RULES: dict[str, Callable[[Expr], Expr | None]] = {
    "pow": _power,
    "mul": _times_one,
    "true_div": _over_one,
    "neg": _twice,
    "invert": _twice,
    "where": _choice,
    "isnan": _integer_test,
    "isinf": _integer_test,
    "minimum": _idempotent,
    "maximum": _idempotent,
    "and_": _idempotent,
    "or_": _idempotent,
    **{name: _with_itself(True) for name in ("eq", "le", "ge")},
    **{name: _with_itself(False) for name in ("neq", "lt", "gt")},
}
