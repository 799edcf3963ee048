"""Which dtype a Python number gets when it meets symbolic variables."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import explain

__all__ = ["NumpyAutocaster", "autocast_float", "autocast_float_as", "autocast_int", "convert"]


class NumpyAutocaster:
    """Choose the dtype of a Python literal among candidates, narrowest first.

    Parameters
    ----------
    dtypes : sequence of str
        Candidate dtype names; the last one is taken when none holds the value exactly.
    """

    def __init__(self, dtypes: tuple[str, ...]) -> None:
        self.dtypes = tuple(dtypes)
        # float16 is a candidate only where somebody asked for it by name
        self.explicit = False

    def __call__(self, x: Any) -> np.ndarray:
        if config.cast_policy != "custom":
            return self._numpy_like(x)
        if isinstance(x, float):
            return np.asarray(x, dtype=self.float_dtype(x))
        for dtype in self.dtypes:
            info = np.iinfo(dtype)
            if info.min <= x <= info.max:
                return np.asarray(x, dtype=dtype)
        return np.asarray(x, dtype="uint64")

    def float_dtype(self, x: float) -> str:
        """dtype of a Python float under the policy 'custom'."""
        if not self.explicit:
            if config.floatX != "float64":
                return config.floatX
            candidates = tuple(d for d in self.dtypes if d != "float16")
        else:
            candidates = self.dtypes
        for dtype in candidates[:-1]:
            # compare as float64: comparing with a float32 scalar would round the Python float first
            with np.errstate(over="ignore"):
                stored = float(np.dtype(dtype).type(x))
            if stored == x or math.isnan(x):
                return dtype
        return candidates[-1]

    def _numpy_like(self, x: Any) -> np.ndarray:
        value = np.asarray(x)
        if not hasattr(x, "dtype") and value.dtype.kind == "f" and config.cast_policy == "numpy+floatX":
            return value.astype(config.floatX)
        return value


autocast_int = NumpyAutocaster(("int8", "int16", "int32", "int64"))
autocast_float = NumpyAutocaster(("float16", "float32", "float64"))


class autocast_float_as:
    """Set the candidate dtypes of Python floats temporarily; needs ``config.cast_policy='custom'``.

    Examples
    --------
    >>> with autocast_float_as("float32"):
    ...     convert(0.1).dtype.name
    'float32'
    """

    def __init__(self, *dtypes: str) -> None:
        if config.cast_policy != "custom":
            raise ValueError(
                explain(
                    "autocast_float_as: set the dtype of float literals",
                    f"config.cast_policy is {config.cast_policy!r}",
                    "use it under cast_policy='custom' only",
                )
            )
        self.dtypes = dtypes

    def __enter__(self) -> None:
        self._saved = autocast_float.dtypes, autocast_float.explicit
        autocast_float.dtypes, autocast_float.explicit = self.dtypes, True

    def __exit__(self, *exc_info: object) -> None:
        autocast_float.dtypes, autocast_float.explicit = self._saved


def convert(x: Any, dtype: str | None = None) -> np.ndarray:
    """Array of a number: its dtype by the autocast rules, or the given one.

    Raises
    ------
    TypeError
        When `x` is no number or array of numbers.
    """
    if dtype is not None:
        return np.asarray(x, dtype=config.floatX if dtype == "floatX" else dtype)
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, np.generic):
        return np.asarray(x)
    if isinstance(x, builtins.bool):
        return np.asarray(x, dtype="bool")
    if isinstance(x, int):
        return autocast_int(x)
    if isinstance(x, float):
        return autocast_float(x)
    if isinstance(x, (builtins.complex, list, tuple)):
        return np.asarray(x)
    raise TypeError(
        explain(
            "convert a value to a number",
            f"{x!r} of type {type(x).__name__}",
            "give a number or a NumPy array",
        )
    )
