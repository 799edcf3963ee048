"""Derivatives of arithmetic on scalars.

Each row is ``row(op, k, xs, out, g) -> terms``, one term per input. None means zero.
"""

from __future__ import annotations

from typing import Any

import theano.scalar as aes
from theano.gradient.disconnected import disconnected_type
from theano.gradient.rules.scalar.namespace import apply, cast, literal, zero_where

__all__ = ["ROWS"]


def _is_complex(x: Any) -> bool:
    return x.type.dtype.startswith("complex")


def add(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g] * len(xs)


def sub(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g, -g]


def neg(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [-g]


def identity(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g]


def mul(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    # no division by the input itself, so zeros are safe
    factors = [k.conj(x) if _is_complex(x) else x for x in xs]
    return [k.mul(g, *factors[:i], *factors[i + 1 :]) if len(xs) > 1 else g for i in range(len(xs))]


def true_div(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    x, y = xs
    return [g / y, -(g * x) / (y * y)]


def mod(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    x, y = xs
    return [g, -(x // y) * g]


def pow_(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    """At base zero the term of the exponent is forced to zero; a negative base leaves NaN there."""
    x, y = xs
    # y - 1 would wrap around in an unsigned dtype
    exponent = cast(k, y, out)
    base_term = g * exponent * apply(k, aes.pow, x, exponent - literal(k, 1, out))
    return [base_term, zero_where(k, k.eq(x, literal(k, 0, x)), g * k.log(x) * out)]


def abs_(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    (x,) = xs
    return [g * x / out] if _is_complex(x) else [g * k.sgn(x)]


def maximum(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return _one_takes_all(k, k.eq(out, xs[0]) if _is_complex(out) else k.ge(xs[0], xs[1]), g)


def minimum(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return _one_takes_all(k, k.eq(out, xs[0]) if _is_complex(out) else k.le(xs[0], xs[1]), g)


def _one_takes_all(k: Any, first: Any, g: Any) -> list:
    """The first argument takes all of a tie; where either is NaN, the second takes g.

    `first` compares the arguments, not one of them with the result: that may be a value of another graph, as what a
    loop stored of its run is, and a rewrite may have computed it with other roundings.
    """
    zero = literal(k, 0, g)
    return [k.switch(first, g, zero), k.switch(first, zero, g)]


def clip(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    """Both bounds belong to the inside."""
    x, low, high = xs
    zero = literal(k, 0, g)
    inside = k.and_(k.ge(x, low), k.le(x, high))
    return [k.switch(inside, g, zero), k.switch(k.lt(x, low), g, zero), k.switch(k.gt(x, high), g, zero)]


def switch(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    zero = literal(k, 0, g)
    return [None, k.switch(xs[0], g, zero), k.switch(xs[0], zero, g)]


def second(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [disconnected_type(), g]


def cast_(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g]


def sqr(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g * xs[0] * literal(k, 2, out)]


def sqrt(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g * literal(k, 0.5, out) / out]


def inv(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [-g / (xs[0] * xs[0])]


def xlogx(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [g * (literal(k, 1, out) + k.log(xs[0]))]


def xlogy0(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    x, y = xs
    return [g * k.log(y), g * x / y]


ROWS = {
    "Add": add, "Sub": sub, "Neg": neg, "Identity": identity, "Mul": mul, "TrueDiv": true_div, "Mod": mod, "Pow": pow_,
    "Abs": abs_, "ScalarMaximum": maximum, "ScalarMinimum": minimum, "Maximum": maximum, "Minimum": minimum,
    "Clip": clip, "Switch": switch, "Second": second, "Cast": cast_, "Sqr": sqr, "Sqrt": sqrt, "Inv": inv,
    "XlogX": xlogx, "XlogY0": xlogy0,
}  # fmt: skip
