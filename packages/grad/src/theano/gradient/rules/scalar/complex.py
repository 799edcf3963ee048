"""Derivatives of the ops that take complex numbers apart and put them together.

Convention: the gradient of a real cost by ``z = a + ib`` is ``d/da + i d/db``.
"""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.scalar.namespace import literal

__all__ = ["COMPLEX_CAPABLE", "ROWS"]

# Rows of other files that hold for complex numbers under this convention.
COMPLEX_CAPABLE = frozenset({
    "Add", "Sub", "Neg", "Identity", "Mul", "Abs", "Second", "Switch", "Cast", "Real", "Imag", "Angle", "Complex",
    "ComplexFromPolar", "EQ", "NEQ", "IsNan", "IsInf",
})  # fmt: skip


def real(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [k.complex(g, literal(k, 0, g))] if xs[0].type.dtype.startswith("complex") else [g]


def imag(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [k.complex(literal(k, 0, g), g)] if xs[0].type.dtype.startswith("complex") else [None]


def angle(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    (z,) = xs
    if not z.type.dtype.startswith("complex"):
        return [None]
    a, b = k.real(z), k.imag(z)
    length = a * a + b * b
    return [k.complex(-g * b / length, g * a / length)]


def complex_(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    return [k.real(g), k.imag(g)]


def complex_from_polar(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    modulus, theta = xs
    a, b = k.real(g), k.imag(g)
    return [a * k.cos(theta) + b * k.sin(theta), modulus * (b * k.cos(theta) - a * k.sin(theta))]


ROWS = {"Real": real, "Imag": imag, "Angle": angle, "Complex": complex_, "ComplexFromPolar": complex_from_polar}
