"""Rounding."""

from __future__ import annotations

from typing import Any

from theano.scalar.base import UnaryScalarOp
from theano.scalar.rules import same_out_float_only, upgrade_to_float_no_complex

__all__ = [
    "Ceil",
    "Floor",
    "RoundHalfAwayFromZero",
    "RoundHalfToEven",
    "Trunc",
    "ceil",
    "floor",
    "round_half_away_from_zero",
    "round_half_to_even",
    "trunc",
]  # fmt: skip


class Ceil(UnaryScalarOp):
    """Smallest integer not below x."""

    nfunc_spec = ("ceil", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.ceil(x)


class Floor(UnaryScalarOp):
    """Largest integer not above x."""

    nfunc_spec = ("floor", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.floor(x)


class Trunc(UnaryScalarOp):
    """x without its fraction."""

    nfunc_spec = ("trunc", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.trunc(x)


class RoundHalfToEven(UnaryScalarOp):
    """Nearest integer, halves to the even one."""

    nfunc_spec = ("around", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.rint(x)


class RoundHalfAwayFromZero(UnaryScalarOp):
    """Nearest integer, halves away from zero."""

    def formula(self, k: Any, x: Any) -> Any:
        # The fraction is exact for floats, while x + 0.5 rounds up for the largest number below 0.5.
        whole = k.trunc(x)
        dtype = str(x.dtype)
        away = k.ge(k.abs(k.sub(x, whole)), k.const(0.5, dtype))
        return k.where(away, k.add(whole, k.sign(x)), whole)


ceil = Ceil(upgrade_to_float_no_complex, name="ceil")
floor = Floor(upgrade_to_float_no_complex, name="floor")
trunc = Trunc(upgrade_to_float_no_complex, name="trunc")
round_half_to_even = RoundHalfToEven(same_out_float_only)
round_half_away_from_zero = RoundHalfAwayFromZero(same_out_float_only)
