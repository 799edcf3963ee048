"""Approximate equality of arrays, with tolerances that fit their dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config

__all__ = [
    "check_equal_numpy",
    "float16_atol",
    "float16_rtol",
    "float32_atol",
    "float32_rtol",
    "float64_atol",
    "float64_rtol",
    "values_eq_approx",
    "values_eq_approx_always_true",
    "values_eq_approx_remove_inf",
    "values_eq_approx_remove_inf_nan",
    "values_eq_approx_remove_nan",
]

float16_atol = float16_rtol = 1e-3
float32_atol = float32_rtol = 1e-5
float64_atol, float64_rtol = 1e-8, 1e-5

# (atol, rtol) per storage dtype for config.tensor.cmp_sloppy = 0, 1, 2
_TOLERANCES = {
    "float16": ((1e-3, 1e-3), (5e-3, 5e-3), (1e-2, 1e-2)),
    "float32": ((1e-5, 1e-5), (1e-4, 1e-3), (5e-4, 1e-3)),
    "float64": ((1e-8, 1e-5), (1e-7, 1e-4), (1e-6, 1e-4)),
}
_REAL = {"complex64": "float32", "complex128": "float64"}


def tolerances(*dtypes: str) -> tuple[float, float]:
    """(atol, rtol) for comparing values of these dtypes: those of the narrowest float among them."""
    sloppy = min(int(config.tensor.cmp_sloppy), 2)
    names = [_REAL.get(d, d) for d in dtypes]
    for name in ("float16", "float32"):
        if name in names:
            return _TOLERANCES[name][sloppy]
    return _TOLERANCES["float64"][sloppy]


def values_eq_approx(
    a: Any,
    b: Any,
    allow_remove_inf: bool = False,
    allow_remove_nan: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
) -> bool:
    """Whether two arrays are equal up to rounding; NaN equals NaN, an infinity equals the same infinity.

    Parameters
    ----------
    a, b : ndarray
    allow_remove_inf, allow_remove_nan : bool
        Ignore places where either side is infinite or NaN.
    rtol, atol : float, optional
        Tolerances; by dtype unless given.
    """
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind in "biu" or a.dtype.kind not in "fc":
        return bool(np.all(a == b))
    default_atol, default_rtol = tolerances(a.dtype.name, b.dtype.name)
    keep = np.ones(a.shape, dtype=bool)
    if allow_remove_inf:
        keep &= ~(np.isinf(a) | np.isinf(b))
    if allow_remove_nan:
        keep &= ~(np.isnan(a) | np.isnan(b))
    with np.errstate(all="ignore"):
        close = np.isclose(
            a,
            b,
            rtol=default_rtol if rtol is None else rtol,
            atol=default_atol if atol is None else atol,
            equal_nan=True,
        )
    return bool(np.all(close | ~keep))


def values_eq_approx_remove_inf(a: Any, b: Any) -> bool:
    """`values_eq_approx` that ignores places with an infinity."""
    return values_eq_approx(a, b, True)


def values_eq_approx_remove_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx` that ignores places with NaN."""
    return values_eq_approx(a, b, False, True)


def values_eq_approx_remove_inf_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx` that ignores places with an infinity or NaN."""
    return values_eq_approx(a, b, True, True)


def values_eq_approx_always_true(a: Any, b: Any) -> bool:
    """True; for outputs whose content is arbitrary."""
    return True


def check_equal_numpy(x: Any, y: Any) -> bool:
    """Whether two stored values are the same: arrays to 1e-10, random states by state, anything else by ==."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and bool(np.all(np.abs(x - y) < 1e-10))
    if isinstance(x, np.random.RandomState) and isinstance(y, np.random.RandomState):
        mine, theirs = x.get_state(legacy=True), y.get_state(legacy=True)
        return all(bool(np.all(a == b)) for a, b in zip(mine, theirs, strict=True))
    return bool(x == y)
