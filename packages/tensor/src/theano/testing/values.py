"""Comparing values: how close is equal, and what is said when they are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain

__all__ = ["TOLERANCES", "ContractError", "assert_same"]

# Relative and absolute tolerance by dtype: a few units in the last place for a chain of two or three operations.
TOLERANCES: dict[str, tuple[float, float]] = {
    "float16": (4e-3, 1e-4),
    "float32": (1e-5, 1e-6),
    "float64": (1e-11, 1e-13),
    "complex64": (1e-5, 1e-6),
    "complex128": (1e-11, 1e-13),
}


class ContractError(AssertionError):
    """An op does not keep what the contract of ops promises."""


def assert_same(found: Any, expected: Any, subject: str, tolerance: tuple[float, float] | None = None) -> None:
    """Check that two values agree: same shape, equal infinities, NaN at the same places, numbers close.

    Parameters
    ----------
    found, expected : array_like
        Discrete values must be equal. The dtype of `expected` does not matter.
    subject : str
        What is compared; the first line of the error.
    tolerance : (relative, absolute), optional
        Default: that of the dtype of `found`, see `TOLERANCES`.

    Raises
    ------
    ContractError

    Examples
    --------
    >>> import numpy as np
    >>> assert_same(np.array([1.0, np.nan]), [1.0, np.nan], "a value")
    """
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ContractError(explain(subject, f"shape {found.shape}, not {expected.shape}", "compare the shapes"))
    relative, absolute = TOLERANCES.get(str(found.dtype), (0.0, 0.0)) if tolerance is None else tolerance
    with np.errstate(all="ignore"):
        good = _close(found, expected, relative, absolute)
    if good.all():
        return
    worst = tuple(int(i) for i in np.argwhere(~good)[0])
    raise ContractError(
        explain(
            subject,
            f"{int((~good).sum())} of {good.size} elements differ; the first at {worst}: "
            f"{found[worst]!r}, not {expected[worst]!r}",
            "find out which of the two is wrong",
        )
    )


def _close(found: np.ndarray, expected: np.ndarray, relative: float, absolute: float) -> np.ndarray:
    equal = np.asarray(found == expected)
    if found.dtype.kind not in "fc" and expected.dtype.kind not in "fc":
        return equal
    distance = np.abs(found.astype("complex128") - expected)
    near = distance <= absolute + relative * np.abs(expected)
    finite = np.isfinite(found) & np.isfinite(expected)
    both_nan = np.isnan(found) & np.isnan(expected)
    return np.asarray(equal | both_nan | (finite & near))
