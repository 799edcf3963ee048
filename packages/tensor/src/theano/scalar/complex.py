"""Parts and construction of complex numbers."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.scalar.base import BinaryScalarOp, UnaryScalarOp
from theano.scalar.dtypes import COMPLEX_DTYPES, upcast
from theano.scalar.rules import real_out, same_out_min8, specific_out
from theano.scalar.type import complex64, complex128, complex_types, float64

__all__ = [
    "Angle",
    "Complex",
    "ComplexFromPolar",
    "Conj",
    "Imag",
    "Real",
    "angle",
    "complex",
    "complex_from_polar",
    "conj",
    "imag",
    "real",
]  # fmt: skip


class _Part(UnaryScalarOp):
    """Base of ops that read a part of a complex number."""

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return None


class Real(_Part):
    """Real part; x itself when real."""

    nfunc_spec = ("real", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.real(x) if str(x.dtype) in COMPLEX_DTYPES else x


class Imag(_Part):
    """Imaginary part; 0 for real x."""

    nfunc_spec = ("imag", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.imag(x) if str(x.dtype) in COMPLEX_DTYPES else k.const(0, str(x.dtype))


class Angle(_Part):
    """Argument in (-pi, pi]; 0 or pi for real x."""

    nfunc_spec = ("angle", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        if str(x.dtype) in COMPLEX_DTYPES:
            return k.angle(x)
        return k.arctan2(k.const(0, "float64"), k.cast(x, "float64"))


class Conj(UnaryScalarOp):
    """Complex conjugate; x itself when real."""

    nfunc_spec = ("conj", 1, 1)

    def formula(self, k: Any, x: Any) -> Any:
        return k.conj(x) if str(x.dtype) in COMPLEX_DTYPES else x


class _Assembled(BinaryScalarOp):
    """Base of ops that make a complex number of two real ones."""

    def output_types(self, types: Any) -> Any:
        if any(t in complex_types for t in types):
            raise TypeError(explain(f"apply {self}", "a complex operand", "give two real operands"))
        wide = upcast(*(t.dtype for t in types)) in ("float64", "int32", "int64", "uint32", "uint64")
        return (complex128,) if wide else (complex64,)

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return "float64" if self.output_dtype(*in_dtypes) == "complex128" else "float32"


class Complex(_Assembled):
    """real + 1j * imag."""

    def formula(self, k: Any, real: Any, imag: Any) -> Any:
        return k.complex(real, imag)


class ComplexFromPolar(_Assembled):
    """Complex number of a modulus (not negative) and an angle."""

    def formula(self, k: Any, modulus: Any, angle: Any) -> Any:
        return k.complex_from_polar(modulus, angle)


real = Real(real_out, name="real")
imag = Imag(real_out, name="imag")
angle = Angle(specific_out(float64), name="angle")
complex = Complex(name="complex")
conj = Conj(same_out_min8, name="conj")
complex_from_polar = ComplexFromPolar(name="complex_from_polar")
