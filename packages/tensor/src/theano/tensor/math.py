"""Elementwise functions of tensors."""

from __future__ import annotations

import builtins
import warnings
from typing import Any

import theano.scalar as scal
import theano.tensor as tensor_namespace  # looked up at call time: shapes and allocation stand above this module
from theano.configuration import config
from theano.errors import explain
from theano.scalar.dtypes import COMPLEX_DTYPES, DISCRETE_DTYPES
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.elementwise_table import make_ops
from theano.tensor.elemwise import Elemwise

_ops = make_ops()
globals().update(_ops)

# aliases of one op each
where = _ops["switch"]
bitwise_and = _ops["and_"]
bitwise_or = _ops["or_"]
bitwise_xor = _ops["xor"]
bitwise_not = _ops["invert"]
square = _ops["sqr"]
floor_div = _ops["int_div"]
fill = _ops["second"]

__all__ = [
    "allclose",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "cast",
    "ceil_intdiv",
    "div_proxy",
    "divmod",
    "fill",
    "floor_div",
    "int_or_true_div",
    "iround",
    "isclose",
    "isinf",
    "isnan",
    "mod_check",
    "power",
    "round",
    "square",
    "where",
]
__all__ += list(_ops)

_cast_ops: dict[str, Elemwise] = {}


def cast(x: Any, dtype: str) -> Any:
    """`x` converted to a dtype with C semantics (float to int truncates); `x` itself when it has that dtype.

    Parameters
    ----------
    x : tensor
    dtype : str
        A dtype name or ``'floatX'``.

    Raises
    ------
    TypeError
        Complex to real.
    KeyError
        An unknown dtype.

    Examples
    --------
    >>> import theano.tensor as T
    >>> cast(T.ivector(), "float32").type
    TensorType(float32, vector)
    """
    if dtype == "floatX":
        dtype = config.floatX
    x = as_tensor_variable(x)
    if x.type.dtype == dtype:
        return x
    op = _cast_ops.get(dtype)
    if op is None:
        # also accepts numpy dtypes and classes; an unknown string is a KeyError as in the classic function
        name = dtype if isinstance(dtype, builtins.str) else _dtype_name(dtype)
        if name == x.type.dtype:
            return x
        op = _cast_ops.setdefault(name, Elemwise(scal.cast_op(name)))
    if x.type.dtype in COMPLEX_DTYPES and op.scalar_op.o_type.dtype not in COMPLEX_DTYPES:
        raise TypeError(
            explain(
                f"cast {x} to {dtype}",
                f"Casting from complex to real is ambiguous: {x.type}",
                "use real(), imag() or abs_()",
            )
        )
    return op(x)


def _dtype_name(dtype: Any) -> str:
    import numpy as np  # lazy: only this rare path names dtypes by objects

    return np.dtype(dtype).name


def isnan(a: Any) -> Any:
    """Whether elements are NaN; bool. Discrete input gives False everywhere without being read."""
    a = as_tensor_variable(a)
    if a.type.dtype in DISCRETE_DTYPES:
        return tensor_namespace.zeros_like(a, dtype="bool")
    return _ops["isnan_"](a)


def isinf(a: Any) -> Any:
    """Whether elements are infinite; bool. Discrete input gives False everywhere without being read."""
    a = as_tensor_variable(a)
    if a.type.dtype in DISCRETE_DTYPES:
        return tensor_namespace.zeros_like(a, dtype="bool")
    return _ops["isinf_"](a)


def isclose(a: Any, b: Any, rtol: float = 1.0e-5, atol: float = 1.0e-8, equal_nan: bool = False) -> Any:
    """Whether ``|a - b| <= atol + rtol * |b|``; equal infinities are close, NaN only with `equal_nan`.

    Returns
    -------
    bool tensor
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    k = tensor_namespace
    difference = k.abs_(a - b) if (a.type.dtype, b.type.dtype) != ("bool", "bool") else k.xor(a, b)
    close = k.le(difference, atol + rtol * k.abs_(b))
    if a.type.dtype in DISCRETE_DTYPES and b.type.dtype in DISCRETE_DTYPES:
        return close
    finite = k.invert(k.or_(k.or_(isnan(a), isinf(a)), k.or_(isnan(b), isinf(b))))
    result = k.or_(k.and_(close, finite), k.and_(k.and_(isinf(a), isinf(b)), k.eq(a, b)))
    if equal_nan:
        result = k.or_(result, k.and_(isnan(a), isnan(b)))
    return result


def allclose(a: Any, b: Any, rtol: float = 1.0e-5, atol: float = 1.0e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close, see `isclose`; 0-d bool."""
    return tensor_namespace.all(isclose(a, b, rtol, atol, equal_nan))


_ROUNDING = {"half_to_even": "round_half_to_even", "half_away_from_zero": "round_half_away_from_zero"}
_warned_round = False


def round(a: Any, mode: builtins.str | None = None) -> Any:
    """Nearest whole number; dtype kept, floats only.

    Parameters
    ----------
    a : float tensor
    mode : {'half_to_even', 'half_away_from_zero'}, optional
        Where halves go; to the even neighbour by default.
    """
    if mode is None:
        mode = "half_to_even"
        _warn_about_round()
    if mode not in _ROUNDING:
        raise Exception(explain("round", f"round mode {mode!r} is not implemented", f"use one of {sorted(_ROUNDING)}"))
    return _ops[_ROUNDING[mode]](a)


def _warn_about_round() -> None:
    global _warned_round
    if config.warn.round and not _warned_round:
        _warned_round = True
        warnings.warn(
            "theano.tensor.round() rounds halves to even since version 0.9; give mode= or set config.warn.round=False",
            stacklevel=3,
        )


def iround(a: Any, mode: builtins.str | None = None) -> Any:
    """`round` followed by a cast to int64."""
    return cast(round(a, mode), "int64")


def power(x: Any, y: Any) -> Any:
    """x ** y."""
    return _ops["pow"](x, y)


def int_or_true_div(x_discrete: bool, y_discrete: bool) -> Any:
    """The tensor op that Python 2's ``/`` means under ``config.int_division``."""
    return _ops["int_div"] if scal.int_or_true_div(x_discrete, y_discrete) is scal.int_div else _ops["true_div"]


def div_proxy(x: Any, y: Any) -> Any:
    """Division that follows ``config.int_division`` when both operands are discrete."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    return int_or_true_div(x.type.dtype in DISCRETE_DTYPES, y.type.dtype in DISCRETE_DTYPES)(x, y)


def mod_check(x: Any, y: Any) -> Any:
    """x % y; ComplexError for complex operands."""
    return _ops["mod"](x, y)


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """Pair of ``x // y`` and ``x % y``."""
    return floor_div(x, y), mod_check(x, y)


def ceil_intdiv(a: Any, b: Any) -> Any:
    """Integer division rounded up; dtype of the floor division."""
    quotient = _ops["int_div"](a, b)
    return cast(_ops["neq"](_ops["mod"](a, b), 0), quotient.type.dtype) + quotient
