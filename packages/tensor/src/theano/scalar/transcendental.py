"""Exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any

from theano.scalar.base import BinaryScalarOp, UnaryScalarOp
from theano.scalar.rules import upgrade_to_float, upgrade_to_float_no_complex

__all__ = [
    "ArcCos",
    "ArcCosh",
    "ArcSin",
    "ArcSinh",
    "ArcTan",
    "ArcTan2",
    "ArcTanh",
    "Cos",
    "Cosh",
    "Deg2Rad",
    "Exp",
    "Exp2",
    "Expm1",
    "Log",
    "Log1p",
    "Log2",
    "Log10",
    "Rad2Deg",
    "Sin",
    "Sinh",
    "Sqrt",
    "Tan",
    "Tanh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "rad2deg",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]  # fmt: skip


class Exp(UnaryScalarOp):
    """e ** x."""

    nfunc_spec = ("exp", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.exp(x)


class Exp2(UnaryScalarOp):
    """2 ** x."""

    nfunc_spec = ("exp2", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.exp2(x)


class Expm1(UnaryScalarOp):
    """exp(x) - 1, accurate near 0."""

    nfunc_spec = ("expm1", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.expm1(x)


class Log(UnaryScalarOp):
    """Natural logarithm; -inf at 0, NaN below."""

    nfunc_spec = ("log", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.log(x)


class Log2(UnaryScalarOp):
    """Logarithm to base 2."""

    nfunc_spec = ("log2", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.log2(x)


class Log10(UnaryScalarOp):
    """Logarithm to base 10."""

    nfunc_spec = ("log10", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.log10(x)


class Log1p(UnaryScalarOp):
    """log(1 + x), accurate near 0."""

    nfunc_spec = ("log1p", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.log1p(x)


class Sqrt(UnaryScalarOp):
    """Square root; NaN below 0."""

    nfunc_spec = ("sqrt", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.sqrt(x)


class Deg2Rad(UnaryScalarOp):
    """Degrees to radians."""

    nfunc_spec = ("deg2rad", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.mul(x, k.const(math.pi / 180, str(x.dtype)))


class Rad2Deg(UnaryScalarOp):
    """Radians to degrees."""

    nfunc_spec = ("rad2deg", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.mul(x, k.const(180 / math.pi, str(x.dtype)))


class Cos(UnaryScalarOp):
    """Cosine."""

    nfunc_spec = ("cos", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.cos(x)


class ArcCos(UnaryScalarOp):
    """Inverse cosine; NaN outside [-1, 1]."""

    nfunc_spec = ("arccos", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arccos(x)


class Sin(UnaryScalarOp):
    """Sine."""

    nfunc_spec = ("sin", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.sin(x)


class ArcSin(UnaryScalarOp):
    """Inverse sine; NaN outside [-1, 1]."""

    nfunc_spec = ("arcsin", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arcsin(x)


class Tan(UnaryScalarOp):
    """Tangent."""

    nfunc_spec = ("tan", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.tan(x)


class ArcTan(UnaryScalarOp):
    """Inverse tangent."""

    nfunc_spec = ("arctan", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arctan(x)


class ArcTan2(BinaryScalarOp):
    """Angle of the point (x, y), where y is the first operand."""

    nfunc_spec = ("arctan2", 2, 1)

    def formula(self, k: Any, y: Any, x: Any) -> Any:
        return k.arctan2(y, x)


class Cosh(UnaryScalarOp):
    """Hyperbolic cosine."""

    nfunc_spec = ("cosh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.cosh(x)


class ArcCosh(UnaryScalarOp):
    """Inverse hyperbolic cosine; NaN below 1."""

    nfunc_spec = ("arccosh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arccosh(x)


class Sinh(UnaryScalarOp):
    """Hyperbolic sine."""

    nfunc_spec = ("sinh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.sinh(x)


class ArcSinh(UnaryScalarOp):
    """Inverse hyperbolic sine."""

    nfunc_spec = ("arcsinh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arcsinh(x)


class Tanh(UnaryScalarOp):
    """Hyperbolic tangent."""

    nfunc_spec = ("tanh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.tanh(x)


class ArcTanh(UnaryScalarOp):
    """Inverse hyperbolic tangent; NaN outside [-1, 1]."""

    nfunc_spec = ("arctanh", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.arctanh(x)


exp = Exp(upgrade_to_float, name="exp")
exp2 = Exp2(upgrade_to_float, name="exp2")
expm1 = Expm1(upgrade_to_float, name="expm1")
log = Log(upgrade_to_float, name="log")
log2 = Log2(upgrade_to_float, name="log2")
log10 = Log10(upgrade_to_float, name="log10")
log1p = Log1p(upgrade_to_float, name="log1p")
sqrt = Sqrt(upgrade_to_float, name="sqrt")
deg2rad = Deg2Rad(upgrade_to_float, name="deg2rad")
rad2deg = Rad2Deg(upgrade_to_float, name="rad2deg")
cos = Cos(upgrade_to_float, name="cos")
arccos = ArcCos(upgrade_to_float, name="arccos")
sin = Sin(upgrade_to_float, name="sin")
arcsin = ArcSin(upgrade_to_float, name="arcsin")
tan = Tan(upgrade_to_float, name="tan")
arctan = ArcTan(upgrade_to_float, name="arctan")
arctan2 = ArcTan2(upgrade_to_float_no_complex, name="arctan2")
cosh = Cosh(upgrade_to_float, name="cosh")
arccosh = ArcCosh(upgrade_to_float, name="arccosh")
sinh = Sinh(upgrade_to_float, name="sinh")
arcsinh = ArcSinh(upgrade_to_float, name="arcsinh")
tanh = Tanh(upgrade_to_float, name="tanh")
arctanh = ArcTanh(upgrade_to_float, name="arctanh")
