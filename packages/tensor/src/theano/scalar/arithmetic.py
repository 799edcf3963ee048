"""Sums, products, quotients, powers, extrema."""

from __future__ import annotations

from typing import Any

from theano.configuration import config
from theano.errors import ComplexError, IntegerDivisionError, explain
from theano.graph.trace import warn_user
from theano.scalar.base import BinaryScalarOp, ScalarOp, UnaryScalarOp
from theano.scalar.rules import (
    same_out,
    same_out_nobool,
    transfer_type,
    upcast_out,
    upcast_out_min8,
    upcast_out_no_complex,
    upcast_out_nobool,
    upgrade_to_float,
)
from theano.scalar.type import complex_types, discrete_types, get_scalar_type
from theano.scalar.variable import as_scalar

__all__ = [
    "Abs",
    "Add",
    "Clip",
    "Identity",
    "IntDiv",
    "Inv",
    "Maximum",
    "Minimum",
    "Mod",
    "Mul",
    "MulWithoutZeros",
    "Neg",
    "Pow",
    "Second",
    "Sgn",
    "Sqr",
    "Sub",
    "TrueDiv",
    "abs_",
    "add",
    "clip",
    "div_proxy",
    "floor_div",
    "identity",
    "int_div",
    "int_or_true_div",
    "inv",
    "maximum",
    "minimum",
    "mod",
    "mod_check",
    "mul",
    "mul_without_zeros",
    "neg",
    "pow",
    "second",
    "sgn",
    "sqr",
    "sub",
    "true_div",
]  # fmt: skip


class Add(ScalarOp):
    """Sum of one or more terms; or of bools."""

    identity = 0
    commutative = True
    associative = True
    nfunc_spec = ("add", 2, 1)

    def formula(self, k: Any, x: Any, *others: Any) -> Any:
        for other in others:
            x = k.add(x, other)
        return x


class Mul(ScalarOp):
    """Product of one or more factors; and of bools."""

    identity = 1
    commutative = True
    associative = True
    nfunc_spec = ("multiply", 2, 1)

    def formula(self, k: Any, x: Any, *others: Any) -> Any:
        for other in others:
            x = k.mul(x, other)
        return x


class MulWithoutZeros(BinaryScalarOp):
    """Product that takes 0 for neutral; reduces to the product of the nonzero elements."""

    identity = 1
    commutative = True
    associative = True

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        zero = k.const(0, str(x.dtype))
        return k.where(k.eq(x, zero), y, k.where(k.eq(y, zero), x, k.mul(x, y)))


class Sub(BinaryScalarOp):
    """x - y."""

    nfunc_spec = ("subtract", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.sub(x, y)


class TrueDiv(BinaryScalarOp):
    """x / y; two discrete operands give floatX."""

    nfunc_spec = ("true_divide", 2, 1)

    def output_types(self, types: Any) -> Any:
        if all(t in discrete_types for t in types):
            return (get_scalar_type(config.floatX),)
        return super().output_types(types)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.true_div(x, y)


def _refuse_complex(op: Any, types: Any) -> None:
    if any(t in complex_types for t in types):
        raise ComplexError(explain(f"apply {op}", "complex numbers have no floor division", "divide real parts"))


class IntDiv(BinaryScalarOp):
    """Quotient rounded towards minus infinity; integer division by zero gives 0."""

    nfunc_spec = ("floor_divide", 2, 1)

    def output_types(self, types: Any) -> Any:
        _refuse_complex(self, types)
        return super().output_types(types)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.floor_div(x, y)


class Mod(BinaryScalarOp):
    """Remainder with the sign of the divisor; integer remainder by zero is 0."""

    nfunc_spec = ("mod", 2, 1)

    def output_types(self, types: Any) -> Any:
        _refuse_complex(self, types)
        return super().output_types(types)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.mod(x, y)


class Pow(BinaryScalarOp):
    """x ** y."""

    nfunc_spec = ("power", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.pow(x, y)


class Maximum(BinaryScalarOp):
    """The larger operand; NaN if either is."""

    commutative = True
    associative = True
    nfunc_spec = ("maximum", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.maximum(x, y)


class Minimum(BinaryScalarOp):
    """The smaller operand; NaN if either is."""

    commutative = True
    associative = True
    nfunc_spec = ("minimum", 2, 1)

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return k.minimum(x, y)


class Clip(ScalarOp):
    """x limited to [low, high]; low wins below it when the bounds cross, NaN in x stays."""

    nin = 3

    def formula(self, k: Any, x: Any, low: Any, high: Any) -> Any:
        return k.where(k.lt(x, low), low, k.where(k.gt(x, high), high, x))


class Second(BinaryScalarOp):
    """y, in the place of x (``fill`` of tensors)."""

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[False], [True]]

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return None

    def formula(self, k: Any, x: Any, y: Any) -> Any:
        return y


class Identity(UnaryScalarOp):
    """x."""

    def formula(self, k: Any, x: Any) -> Any:
        return x


class Abs(UnaryScalarOp):
    """|x|; the real dtype for complex x."""

    nfunc_spec = ("abs", 1, 1)

    def output_types(self, types: Any) -> Any:
        if types[0].dtype == "complex64":
            return (get_scalar_type("float32"),)
        if types[0].dtype == "complex128":
            return (get_scalar_type("float64"),)
        return super().output_types(types)

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return None

    def formula(self, k: Any, x: Any) -> Any:
        return x if str(x.dtype) == "bool" else k.abs(x)


class Sgn(UnaryScalarOp):
    """-1, 0 or 1; NaN stays."""

    nfunc_spec = ("sign", 1, 1)

    def output_types(self, types: Any) -> Any:
        if types[0] in complex_types:
            raise TypeError(explain(f"apply {self}", "a complex operand", "divide by abs instead"))
        return super().output_types(types)

    def formula(self, k: Any, x: Any) -> Any:
        return k.sign(x)


class Neg(UnaryScalarOp):
    """-x; wraps for unsigned integers."""

    nfunc_spec = ("negative", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.neg(x)


class Inv(UnaryScalarOp):
    """1 / x."""

    nfunc_spec = ("reciprocal", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.true_div(k.const(1, str(x.dtype)), x)


class Sqr(UnaryScalarOp):
    """x * x."""

    nfunc_spec = ("square", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.mul(x, x)


add = Add(upcast_out, name="add")
mul = Mul(upcast_out, name="mul")
mul_without_zeros = MulWithoutZeros(upcast_out, name="mul_without_zeros")
sub = Sub(upcast_out_nobool, name="sub")
true_div = TrueDiv(upcast_out, name="true_div")
int_div = IntDiv(upcast_out, name="int_div")
floor_div = int_div
mod = Mod(upcast_out, name="mod")
pow = Pow(upcast_out_min8, name="pow")
maximum = Maximum(upcast_out, name="maximum")
minimum = Minimum(upcast_out, name="minimum")
clip = Clip(upcast_out_no_complex, name="clip")
second = Second(transfer_type(1), name="second")
identity = Identity(same_out, name="identity")
abs_ = Abs(same_out)
sgn = Sgn(same_out_nobool, name="sgn")
neg = Neg(same_out_nobool, name="neg")
inv = Inv(upgrade_to_float, name="inv")
sqr = Sqr(same_out, name="sqr")


def int_or_true_div(x_discrete: bool, y_discrete: bool) -> Any:
    """The division op that Python 2's ``/`` means under ``config.int_division``.

    Raises
    ------
    IntegerDivisionError
        Both operands are discrete and the policy is 'raise'.
    """
    if not (x_discrete and y_discrete):
        return true_div
    if config.int_division == "raise":
        raise IntegerDivisionError(
            explain(
                "divide two integers",
                "config.int_division is 'raise'",
                "write x // y, or cast one operand to a float",
            )
        )
    if config.int_division == "int":
        warn_user("division of two integers rounds down here; write x // y", DeprecationWarning)
        return int_div
    return true_div


def div_proxy(x: Any, y: Any) -> Any:
    """Division that follows ``config.int_division`` when both operands are discrete."""
    x, y = as_scalar(x), as_scalar(y)
    return int_or_true_div(x.type in discrete_types, y.type in discrete_types)(x, y)


def mod_check(x: Any, y: Any) -> Any:
    """x % y; ComplexError for complex operands."""
    return mod(as_scalar(x), as_scalar(y))
