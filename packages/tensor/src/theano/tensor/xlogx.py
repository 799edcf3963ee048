"""x * log(x) and x * log(y) with the limit 0 where x is 0."""

from __future__ import annotations

from typing import Any

from theano.scalar.base import BinaryScalarOp, UnaryScalarOp
from theano.scalar.rules import upgrade_to_float
from theano.tensor.elemwise import Elemwise

__all__ = ["XlogX", "XlogY0", "scalar_xlogx", "scalar_xlogy0", "xlogx", "xlogy0"]


class XlogX(UnaryScalarOp):
    """x * log(x), 0 at 0."""

    def formula(self, k: Any, x: Any) -> Any:
        zero = k.const(0, str(x.dtype))
        return k.where(k.eq(x, zero), zero, k.mul(x, k.log(x)))


class XlogY0(BinaryScalarOp):
    """x * log(y), 0 where x is 0."""

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        zero = k.const(0, str(x.dtype))
        return k.where(k.eq(x, zero), zero, k.mul(x, k.log(y)))


scalar_xlogx = XlogX(upgrade_to_float, name="scalar_xlogx")
scalar_xlogy0 = XlogY0(upgrade_to_float, name="scalar_xlogy0")
xlogx = Elemwise(scalar_xlogx, name="xlogx")
xlogy0 = Elemwise(scalar_xlogy0, name="xlogy0")
