"""Conversion between dtypes."""

from __future__ import annotations

import builtins
from typing import Any

from theano.configuration import config
from theano.errors import KeyText, explain
from theano.scalar.base import UnaryScalarOp
from theano.scalar.rules import specific_out
from theano.scalar.type import Scalar, all_types, complex_types
from theano.scalar.variable import as_scalar

__all__ = ["Cast", "cast", "cast_op"]
__all__ += [f"convert_to_{t.dtype}" for t in all_types]


class Cast(UnaryScalarOp):
    """Conversion to one dtype with C semantics (float to int truncates).

    Parameters
    ----------
    o_type : Scalar
        Type of the result.
    """

    __props__ = ("o_type",)

    def __init__(self, o_type: Scalar, name: str | None = None) -> None:
        if not isinstance(o_type, Scalar):
            raise TypeError(explain("make a Cast", f"output type {o_type!r}", "give a Scalar type"))
        super().__init__(specific_out(o_type), name)
        self.o_type = o_type

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return None

    def formula(self, k: Any, x: Any) -> Any:
        dtype = self.o_type.dtype
        if dtype == "bool" and str(x.dtype) != "bool":
            # nonzero, NaN included, is True
            return k.neq(x, k.const(0, str(x.dtype)))
        return k.cast(x, dtype)

    def __str__(self) -> str:
        return f"Cast{{{self.o_type.dtype}}}"


_cast_ops = {t.dtype: Cast(t, name=f"convert_to_{t.dtype}") for t in all_types}
globals().update({f"convert_to_{dtype}": op for dtype, op in _cast_ops.items()})


def cast_op(dtype: str) -> Cast:
    """The `Cast` to a dtype name; KeyError for a name that is no dtype."""
    if dtype == "floatX":
        dtype = config.floatX
    if dtype not in _cast_ops:
        raise KeyError(KeyText(explain(f"cast to {dtype!r}", "it is no dtype", f"use one of {', '.join(_cast_ops)}")))
    return _cast_ops[dtype]


def cast(x: Any, dtype: str) -> Any:
    """Scalar variable converted to a dtype; `x` itself when it has it.

    Raises
    ------
    TypeError
        Complex to real.
    """
    if dtype == "floatX":
        dtype = config.floatX
    variable = as_scalar(x)
    if variable.type.dtype == dtype:
        return variable
    if variable.type in complex_types and not builtins.str(dtype).startswith("complex"):
        raise TypeError(explain("cast complex to real", f"{variable.type} to {dtype}", "use real(), imag() or abs_()"))
    return cast_op(dtype)(variable)
