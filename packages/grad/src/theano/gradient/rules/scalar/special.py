"""Derivatives of special functions and of the activation functions of `theano.tensor.nnet`.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964: 6.3 (gamma, psi), 7.1.19 (erf),
9.1.27-28 (Bessel functions of the first kind), 9.6.26-27 (modified Bessel functions).
"""

from __future__ import annotations

import math
from typing import Any

import theano.scalar as aes
from theano.gradient.disconnected import grad_not_implemented
from theano.gradient.rules.scalar.namespace import apply, cast, literal
from theano.gradient.rules.scalar.transcendental import Row, over, unary

__all__ = ["ROWS"]

_ERF = 2 / math.sqrt(math.pi)
_ERFINV = math.sqrt(math.pi) / 2


def _sigmoid() -> Any:
    from theano.tensor.nnet import scalar_sigmoid  # lazy: programs without softplus do without

    return scalar_sigmoid


def _neighbours(function: Any, sign: int) -> Row:
    """Half the difference or sum of the functions of neighbouring orders; the order itself has no derivative here."""

    def row(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
        order, x = xs
        order = cast(k, order, out)  # order - 1 would wrap around in an unsigned dtype
        one = literal(k, 1, out)
        below, above = apply(k, function, order - one, x), apply(k, function, order + one, x)
        term = g * (below - above if sign < 0 else below + above) * literal(k, 0.5, out)
        return [grad_not_implemented(op, 0, xs[0], "use a constant order"), term]

    return row


def _order_two(k: Any, function: Any, x: Any, number: Any) -> Any:
    return apply(k, function, number(2), x)


ROWS: dict[str, Row] = {
    "Erf": unary(lambda k, x, out, n: n(_ERF) * k.exp(-k.sqr(x))),
    "Erfc": unary(lambda k, x, out, n: n(-_ERF) * k.exp(-k.sqr(x))),
    "Erfcx": unary(lambda k, x, out, n: n(2) * x * out - n(_ERF)),
    "Erfinv": unary(lambda k, x, out, n: n(_ERFINV) * k.exp(k.sqr(out))),
    "Erfcinv": unary(lambda k, x, out, n: n(-_ERFINV) * k.exp(k.sqr(out))),
    "Gamma": unary(lambda k, x, out, n: out * apply(k, aes.psi, x)),
    "GammaLn": unary(lambda k, x, out, n: apply(k, aes.psi, x)),
    "Psi": unary(lambda k, x, out, n: apply(k, aes.tri_gamma, x)),
    "Jv": _neighbours(aes.jv, -1),
    "Iv": _neighbours(aes.iv, 1),
    "J0": unary(lambda k, x, out, n: -apply(k, aes.j1, x)),
    "J1": unary(lambda k, x, out, n: n(0.5) * (apply(k, aes.j0, x) - _order_two(k, aes.jv, x, n))),
    "I0": unary(lambda k, x, out, n: apply(k, aes.i1, x)),
    "I1": unary(lambda k, x, out, n: n(0.5) * (apply(k, aes.i0, x) + _order_two(k, aes.iv, x, n))),
    "ScalarSigmoid": unary(lambda k, x, out, n: out * (n(1) - out)),
    "ScalarSoftplus": unary(lambda k, x, out, n: apply(k, _sigmoid(), x)),
    "ScalarSoftsign": over(lambda k, x, out, n: k.sqr(n(1) + abs(x))),
}
