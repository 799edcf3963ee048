"""The dtype rules: every output dtype of the library comes from here, never from NumPy's own result.

Rule U (``upcast``) is NumPy's array-with-array promotion. Rule F (``upgrade_dtypes``) first lifts discrete dtypes
to a float wide enough for small (float32) or large (float64) integers and then applies U.
"""

from __future__ import annotations

import numpy as np

from theano.configuration import config

__all__ = [
    "ALL_DTYPES",
    "COMPLEX_DTYPES",
    "CONTINUOUS_DTYPES",
    "DISCRETE_DTYPES",
    "FLOAT_DTYPES",
    "INT_DTYPES",
    "REAL_OF_COMPLEX",
    "UINT_DTYPES",
    "upcast",
    "upgrade_dtypes",
]

INT_DTYPES = ("int8", "int16", "int32", "int64")
UINT_DTYPES = ("uint8", "uint16", "uint32", "uint64")
FLOAT_DTYPES = ("float16", "float32", "float64")
COMPLEX_DTYPES = ("complex64", "complex128")
DISCRETE_DTYPES = ("bool", *INT_DTYPES, *UINT_DTYPES)
CONTINUOUS_DTYPES = FLOAT_DTYPES + COMPLEX_DTYPES
ALL_DTYPES = DISCRETE_DTYPES + CONTINUOUS_DTYPES
REAL_OF_COMPLEX = {"complex64": "float32", "complex128": "float64"}

_FLOAT_OF_DISCRETE = {
    "bool": "float32", "int8": "float32", "int16": "float32", "uint8": "float32", "uint16": "float32",
    "int32": "float64", "int64": "float64", "uint32": "float64", "uint64": "float64",
}  # fmt: skip

_promotions: dict[tuple[str, ...], str] = {}


def upcast(dtype: str, *dtypes: str) -> str:
    """Common dtype of several dtype names (rule U), capped to floatX under ``cast_policy='numpy+floatX'``.

    Examples
    --------
    >>> upcast("int8", "uint8")
    'int16'
    >>> upcast("int32", "float32")
    'float64'
    """
    key = (dtype, *dtypes)
    result = _promotions.get(key)
    if result is None:
        # promotion is symmetric and repeats do not matter; np.result_type is associative over dtypes
        result = _promotions[key] = np.result_type(*(np.dtype(d) for d in key)).name
    if config.cast_policy == "numpy+floatX":
        return _capped(result, key)
    return result


def _capped(result: str, dtypes: tuple[str, ...]) -> str:
    """Demote a float result that no input asked for to floatX."""
    floatx = config.floatX
    if result == "float64" and floatx == "float32" and "float64" not in dtypes:
        return "float32"
    wide = ("float32", "float64")
    if result in wide and floatx == "float16" and not any(d in wide for d in dtypes):
        return "float16"
    return result


def upgrade_dtypes(dtypes: tuple[str, ...]) -> str:
    """Common dtype after discrete dtypes were lifted to floats (rule F).

    Examples
    --------
    >>> upgrade_dtypes(("int32",))
    'float64'
    >>> upgrade_dtypes(("int8", "float16"))
    'float32'
    """
    return upcast(*(_FLOAT_OF_DISCRETE.get(d, d) for d in dtypes))
