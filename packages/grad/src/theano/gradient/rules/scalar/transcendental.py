"""Derivatives of the exponential, logarithmic, trigonometric and hyperbolic families.

Rows as in `theano.gradient.rules.scalar.arithmetic`. Where the result itself occurs in the derivative, it is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from theano.gradient.rules.scalar.namespace import literal

__all__ = ["ROWS"]

Row = Callable[[Any, Any, Any, Any, Any], list]


def unary(derivative: Callable[[Any, Any, Any, Callable[[complex], Any]], Any]) -> Row:
    """Make the row of ``g * derivative(k, x, out, number)``; `number` gives constants of the result's dtype."""

    def row(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
        return [g * derivative(k, xs[0], out, lambda value: literal(k, value, out))]

    return row


def over(divisor: Callable[[Any, Any, Any, Callable[[complex], Any]], Any], sign: int = 1) -> Row:
    """Make the row of ``g / divisor(k, x, out, number)``, or of its negative."""

    def row(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
        return [(g if sign > 0 else -g) / divisor(k, xs[0], out, lambda value: literal(k, value, out))]

    return row


def arctan2(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    y, x = xs
    length = x * x + y * y
    return [g * x / length, -g * y / length]


ROWS: dict[str, Row] = {
    "Exp": unary(lambda k, x, out, n: out),
    "Exp2": unary(lambda k, x, out, n: out * n(math.log(2))),
    "Expm1": unary(lambda k, x, out, n: k.exp(x)),
    "Log": over(lambda k, x, out, n: x),
    "Log2": over(lambda k, x, out, n: x * n(math.log(2))),
    "Log10": over(lambda k, x, out, n: x * n(math.log(10))),
    "Log1p": over(lambda k, x, out, n: n(1) + x),
    "Deg2Rad": unary(lambda k, x, out, n: n(math.pi / 180)),
    "Rad2Deg": unary(lambda k, x, out, n: n(180 / math.pi)),
    "Sin": unary(lambda k, x, out, n: k.cos(x)),
    "Cos": unary(lambda k, x, out, n: -k.sin(x)),
    "Tan": over(lambda k, x, out, n: k.sqr(k.cos(x))),
    "ArcSin": over(lambda k, x, out, n: k.sqrt(n(1) - k.sqr(x))),
    "ArcCos": over(lambda k, x, out, n: k.sqrt(n(1) - k.sqr(x)), sign=-1),
    "ArcTan": over(lambda k, x, out, n: n(1) + k.sqr(x)),
    "ArcTan2": arctan2,
    "Sinh": unary(lambda k, x, out, n: k.cosh(x)),
    "Cosh": unary(lambda k, x, out, n: k.sinh(x)),
    "Tanh": unary(lambda k, x, out, n: n(1) - k.sqr(out)),
    "ArcSinh": over(lambda k, x, out, n: k.sqrt(k.sqr(x) + n(1))),
    "ArcCosh": over(lambda k, x, out, n: k.sqrt(k.sqr(x) - n(1))),
    "ArcTanh": over(lambda k, x, out, n: n(1) - k.sqr(x)),
}
