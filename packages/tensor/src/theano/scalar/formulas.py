"""The NumPy namespace of scalar formulas.

A scalar op says what it computes by ``formula(k, *xs)``. With ``k = numpy_k`` the formula runs on arrays; this is the
reference to which every compiled backend is compared. The loop IR offers the same names for what it can compile; names
that exist here only keep an op in Python.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.scalar.dtypes import ALL_DTYPES

__all__ = ["NumpyNamespace", "numpy_k"]

_NUMPY_NAMES = {
    "add": "add", "sub": "subtract", "mul": "multiply", "true_div": "true_divide", "floor_div": "floor_divide",
    "mod": "remainder", "neg": "negative", "abs": "absolute", "sign": "sign", "minimum": "minimum",
    "maximum": "maximum", "eq": "equal", "neq": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "and_": "bitwise_and", "or_": "bitwise_or", "xor": "bitwise_xor", "invert": "invert",
    "where": "where", "rint": "rint", "real": "real", "imag": "imag", "angle": "angle",
    "conj": "conjugate",
    **{name: name for name in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
        "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "sqrt", "floor", "ceil", "trunc",
        "isnan", "isinf",
    )},
}  # fmt: skip

_SCIPY_NAMES = {
    "erf": "erf", "erfc": "erfc", "erfcx": "erfcx", "erfinv": "erfinv", "erfcinv": "erfcinv", "gamma": "gamma",
    "gammaln": "gammaln", "psi": "psi", "gammainc": "gammainc", "gammaincc": "gammaincc", "jv": "jv", "j0": "j0",
    "j1": "j1", "iv": "iv", "i0": "i0", "i1": "i1", "sigmoid": "expit",
}  # fmt: skip

_DTYPES = {name: np.dtype(name) for name in ALL_DTYPES}


class NumpyNamespace:
    """Functions of arrays under the names of the loop IR's primitives."""

    def __init__(self) -> None:
        for name, function in _NUMPY_NAMES.items():
            setattr(self, name, getattr(np, function))

    def __getattr__(self, name: str) -> Any:
        if name not in _SCIPY_NAMES:
            raise AttributeError(f"the NumPy namespace of scalar formulas has no {name!r}")
        from scipy import special  # lazy: scipy loads slowly and few programs need it

        function = getattr(special, _SCIPY_NAMES[name])
        setattr(self, name, function)
        return function

    @staticmethod
    def cast(x: Any, dtype: str) -> np.ndarray:
        """`x` as an array of a dtype, itself when it has that dtype."""
        wanted = _DTYPES[dtype]
        # NumPy keeps one object per native dtype, so identity settles almost all cases quickly
        if type(x) is np.ndarray and x.dtype is wanted:
            return x
        x = np.asarray(x)
        return x if x.dtype == wanted else x.astype(wanted)

    @staticmethod
    def const(value: Any, dtype: str) -> np.ndarray:
        """0-d array."""
        return np.asarray(value, dtype=dtype)

    @staticmethod
    def pow(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Power; of whole numbers to negative ones the truncated quotient ``1 / x**-y``, and 0 for x = 0."""
        negative = np.less(y, 0) if np.asarray(y).dtype.kind == "i" and np.asarray(x).dtype.kind in "biu" else False
        if not np.any(negative):
            return np.power(x, y)
        units = np.where(np.equal(x, -1), 1 - 2 * np.bitwise_and(y, 1), np.equal(x, 1))
        whole = np.power(x, np.where(negative, 0, y).astype(np.asarray(y).dtype))
        return np.where(negative, units, whole).astype(whole.dtype)

    @staticmethod
    def softplus(x: np.ndarray) -> np.ndarray:
        """log(1 + exp(x)) without overflow."""
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def tri_gamma(x: np.ndarray) -> np.ndarray:
        """Second derivative of the log of gamma."""
        from scipy import special  # lazy: see __getattr__

        return special.polygamma(1, x)

    @staticmethod
    def chi2sf(x: np.ndarray, degrees: np.ndarray) -> np.ndarray:
        """Survival function of the chi-square distribution."""
        from scipy import special  # lazy: see __getattr__

        return special.chdtrc(degrees, x)

    @staticmethod
    def complex(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
        """Complex array of two real ones; built by parts, since ``1j * inf`` would make a NaN."""
        out = np.empty(np.broadcast_shapes(np.shape(real), np.shape(imag)), np.result_type(real, "complex64"))
        out.real, out.imag = real, imag
        return out

    @staticmethod
    def complex_from_polar(modulus: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Complex array of moduli and angles; a negative modulus is a ValueError."""
        if np.any(np.less(modulus, 0)):
            raise ValueError("complex_from_polar: a modulus is negative; give moduli of zero or more")
        return NumpyNamespace.complex(modulus * np.cos(angle), modulus * np.sin(angle))

    @staticmethod
    def python(
        function: Callable[..., Any], nout: int, nfunc_spec: tuple[str, int, int] | None = None
    ) -> Callable[..., Any]:
        """Evaluation by a Python function of one element, or by the vectorised function that `nfunc_spec` names."""

        def apply(*xs: np.ndarray) -> Any:
            if nfunc_spec is not None and nfunc_spec[1:] == (len(xs), nout):
                return _named_function(nfunc_spec[0])(*xs)
            return np.frompyfunc(function, len(xs), nout)(*xs)

        return apply


def _named_function(name: str) -> Callable[..., Any]:
    """The function called ``numpy.<name>``, or ``scipy.special.xyz`` where the name says so."""
    if name.startswith("scipy."):
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    return getattr(np, name)


numpy_k = NumpyNamespace()
