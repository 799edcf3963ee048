"""`_asarray`: arrays whose dtype object is exactly the one asked for."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from theano.errors import explain

__all__ = ["_asarray"]


def _asarray(a: Any, dtype: Any, order: Literal["K", "A", "C", "F"] | None = None) -> np.ndarray:
    """Return `a` as an array of `dtype`; "floatX" stands for ``theano.config.floatX``.

    Equal dtypes may differ in their type number on some platforms; then a view with the wanted one is returned.
    """
    if str(dtype) == "floatX":
        from theano.configuration import config  # lazy: rarely asked for

        dtype = config.floatX
    wanted = np.dtype(dtype)
    result = np.asarray(a, dtype=wanted, order=order)
    if result.dtype != wanted:
        raise TypeError(explain(f"array of {wanted}", f"NumPy made one of {result.dtype}", "convert it before"))
    return result if result.dtype.num == wanted.num else result.view(dtype=wanted)
