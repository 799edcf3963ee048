"""Comparisons, predicates, bit operations and the choice between two values."""

from __future__ import annotations

from typing import Any

from theano.errors import ComplexError, explain
from theano.scalar.base import (
    BinaryBitOp,
    FixedLogicalComparison,
    LogicalComparison,
    ScalarOp,
    UnaryBitOp,
)
from theano.scalar.dtypes import DISCRETE_DTYPES, upcast
from theano.scalar.rules import bool_out, upcast_out
from theano.scalar.type import complex_types

__all__ = [
    "AND",
    "EQ",
    "GE",
    "GT",
    "LE",
    "LT",
    "NEQ",
    "OR",
    "XOR",
    "InRange",
    "Invert",
    "IsInf",
    "IsNan",
    "Switch",
    "and_",
    "eq",
    "ge",
    "gt",
    "inclosedrange",
    "inopenrange",
    "invert",
    "isinf",
    "isnan",
    "le",
    "lt",
    "neq",
    "or_",
    "switch",
    "xor",
]  # fmt: skip


class _Ordering(LogicalComparison):
    """Base of the comparisons that need an order."""

    def output_types(self, types: Any) -> Any:
        if any(t in complex_types for t in types):
            raise ComplexError(explain(f"apply {self}", "complex numbers have no order", "compare abs or real parts"))
        return super().output_types(types)


class LT(_Ordering):
    """x < y."""

    nfunc_spec = ("less", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.lt(x, y)


class GT(_Ordering):
    """x > y."""

    nfunc_spec = ("greater", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.gt(x, y)


class LE(_Ordering):
    """x <= y."""

    nfunc_spec = ("less_equal", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.le(x, y)


class GE(_Ordering):
    """x >= y."""

    nfunc_spec = ("greater_equal", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.ge(x, y)


class EQ(LogicalComparison):
    """x == y."""

    commutative = True
    nfunc_spec = ("equal", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.eq(x, y)


class NEQ(LogicalComparison):
    """x != y."""

    commutative = True
    nfunc_spec = ("not_equal", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.neq(x, y)


class IsNan(FixedLogicalComparison):
    """Whether x is NaN; False for discrete x."""

    nfunc_spec = ("isnan", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.neq(x, x)


class IsInf(FixedLogicalComparison):
    """Whether x is plus or minus infinity; False for discrete x."""

    nfunc_spec = ("isinf", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        if str(x.dtype) in DISCRETE_DTYPES:
            return k.neq(x, x)
        return k.isinf(x)


class InRange(LogicalComparison):
    """Whether low < x < high; each bound is open or closed.

    Parameters
    ----------
    openlow, openhi : bool
        Whether the bound itself is outside.
    """

    nin = 3
    __props__ = ("openlow", "openhi")

    def __init__(self, openlow: bool, openhi: bool) -> None:
        super().__init__(bool_out)
        self.openlow = openlow
        self.openhi = openhi

    def formula(self, k: Any, x: Any, low: Any, high: Any) -> Any:
        above = k.gt(x, low) if self.openlow else k.ge(x, low)
        below = k.lt(x, high) if self.openhi else k.le(x, high)
        return k.and_(above, below)


class Switch(ScalarOp):
    """ift where cond is nonzero, else iff; the result's dtype is that of both branches."""

    nin = 3
    nfunc_spec = ("where", 3, 1)
    __props__ = ()

    def output_types(self, types: Any) -> Any:
        return upcast_out(*types[1:])

    def prepare(self, k: Any, xs: Any, dtypes: tuple[str, ...]) -> Any:
        cond, ift, iff = xs
        if dtypes[0] != "bool":
            cond = k.neq(cond, k.const(0, dtypes[0]))
        branch_dtype = upcast(*dtypes[1:])
        return cond, k.cast(ift, branch_dtype), k.cast(iff, branch_dtype)

    def formula(self, k: Any, cond: Any, ift: Any, iff: Any) -> Any:
        return k.where(cond, ift, iff)


class OR(BinaryBitOp):
    """Bitwise or; logical or of bools."""

    identity = 0
    commutative = True
    associative = True
    nfunc_spec = ("bitwise_or", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.or_(x, y)


class XOR(BinaryBitOp):
    """Bitwise exclusive or."""

    identity = 0
    commutative = True
    associative = True
    nfunc_spec = ("bitwise_xor", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.xor(x, y)


class AND(BinaryBitOp):
    """Bitwise and; logical and of bools."""

    # all bits set: 1 for bool, -1 wraps to the largest number of each integer dtype
    identity = -1
    commutative = True
    associative = True
    nfunc_spec = ("bitwise_and", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.and_(x, y)


class Invert(UnaryBitOp):
    """Bitwise complement; logical not of bools."""

    nfunc_spec = ("invert", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.invert(x)


lt = LT()
gt = GT()
le = LE()
ge = GE()
eq = EQ()
neq = NEQ()
isnan = IsNan()
isinf = IsInf()
inopenrange = InRange(True, True)
inclosedrange = InRange(False, False)
switch = Switch()
or_ = OR()
xor = XOR()
and_ = AND()
invert = Invert()
