"""Dtypes that generated code can handle, and their facts."""

from __future__ import annotations

import numpy as np

BOOL = "bool"
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")
DTYPES = (BOOL, *SIGNED, *UNSIGNED, *FLOATS)

ITEMSIZE = {dtype: np.dtype(dtype).itemsize for dtype in DTYPES}


def is_float(dtype: str) -> bool:
    """Whether `dtype` is float32 or float64.

    Examples
    --------
    >>> is_float("float32"), is_float("int64")
    (True, False)
    """
    return dtype in FLOATS


def can_lower(dtype: str) -> bool:
    """Whether generated code can hold values of `dtype` (float16 and complex it cannot)."""
    return dtype in ITEMSIZE
