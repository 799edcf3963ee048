"""Binomial, Poisson and multinomial counts; the large ones by W. Hörmann (1993).

This is the reference; the native runtime gives the same bits (``runtime/counts.c``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.errors import explain
from theano.tensor.random.chacha import Series
from theano.tensor.random.exact import exp64, log64

__all__ = ["binomial", "multinomial", "poisson"]

_SMALL = 10.0
"""Below this mean, counts are found by adding up probabilities."""

_MOST_STEPS = 150
"""No count of so small a mean is larger, to the precision of a draw."""

LARGEST = 2.0**52
"""Counts above are not exact as floats."""

# What Stirling's formula for log(k!) lacks, where the series in 1 / (k + 1) is not precise enough.
STIRLING = np.array([
    0.08106146679532726, 0.0413406959554093, 0.02767792568499834, 0.020790672103765093, 0.016644691189821193,
    0.013876128823070748, 0.01189670994589177, 0.010411265261972096, 0.009255462182712733, 0.00833056343336287,
])  # fmt: skip


def demand(what: str, good: np.ndarray, value: np.ndarray, do: str) -> None:
    """An error that names the first value that is not good."""
    if not good.all():
        raise ValueError(explain(what, f"got {value[~good][0]}", do))


def spread(parameter: np.ndarray, n: int) -> np.ndarray:
    """One number for each element."""
    return np.broadcast_to(parameter.reshape(-1) if parameter.ndim else parameter, (n,))


def _stirling(k: np.ndarray) -> np.ndarray:
    x = 1.0 / (k + 1.0)
    far = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 * (x * x)) * (x * x)) * x
    return np.where(k < 10.0, STIRLING[np.minimum(k, 9.0).astype("int64")], far)


def _log_factorial(k: np.ndarray) -> np.ndarray:
    return (k + 0.5) * log64(k + 1.0) - (k + 1.0) + 0.9189385332046727 + _stirling(k)


def _walk(u: np.ndarray, chance: np.ndarray, most: Any, ratio: Callable[[int], np.ndarray]) -> np.ndarray:
    """Counts where `u` falls among sums of chances: `chance` is that of 0, ``ratio(k)`` that of k by that of k - 1."""
    total, k = chance.copy(), np.zeros(u.size)
    for step in range(1, _MOST_STEPS):
        up = (u >= total) & (most >= step)
        if not up.any():
            break
        chance = chance * ratio(step)
        k[up] = step
        total = total + chance
    return k


def _poisson_small(series: Series, which: np.ndarray, lam: np.ndarray) -> np.ndarray:
    return _walk(series.uniform(which), exp64(0.0 - lam), LARGEST, lambda k: lam / k)


def _poisson_large(series: Series, which: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """Transformed rejection with a squeeze (PTRS)."""
    root, log_lam = np.sqrt(lam), log64(lam)
    b = 0.931 + 2.53 * root
    a, c = -0.059 + 0.02483 * b, lam + 0.43
    log_alpha, limit = log64(1.1239 + 1.1328 / (b - 3.4)), 0.9277 - 3.6224 / (b - 2.0)
    out, left = np.empty(lam.size), np.arange(lam.size)
    while left.size:
        u, v = series.uniform(which[left]) - 0.5, series.uniform(which[left])
        us = 0.5 - np.abs(u)
        with np.errstate(divide="ignore"):
            k = np.floor((2.0 * a[left] / us + b[left]) * u + c[left])
        done = (us >= 0.07) & (v <= limit[left])
        maybe = np.flatnonzero(~done & (k >= 0.0) & ~((us < 0.013) & (v > us)))
        m, kept, wide = left[maybe], k[maybe], us[maybe]
        low = log64(v[maybe]) + log_alpha[m] - log64(a[m] / (wide * wide) + b[m])
        done[maybe] = low <= kept * log_lam[m] - lam[m] - _log_factorial(kept)
        out[left[done]] = k[done]
        left = left[~done]
    return out


def poisson(state: np.ndarray, n: int, dtype: str, lam: np.ndarray) -> np.ndarray:
    """Poisson counts of mean `lam` (float64)."""
    demand("poisson: means from 0 to 2**52", (lam >= 0) & (lam <= LARGEST), lam, "give other means")
    lam = spread(lam, n)
    series, out = Series.seeded(state, n), np.empty(n)
    for part, count in ((lam < _SMALL, _poisson_small), (lam >= _SMALL, _poisson_large)):
        at = np.flatnonzero(part)
        out[at] = count(series, at, lam[at])
    return out.astype(dtype)


def _log1p(x: np.ndarray) -> np.ndarray:
    """Of small negative numbers."""
    near = x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25)))
    return np.where(x > -1e-4, near, log64(1.0 + x))


def _binomial_small(series: Series, which: np.ndarray, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    ratio = p / (1.0 - p)
    none = exp64(n * _log1p(0.0 - p))
    return _walk(series.uniform(which), none, n, lambda k: (n - (k - 1.0)) / k * ratio)


def _binomial_large(series: Series, which: np.ndarray, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Transformed rejection with a squeeze (BTRS)."""
    deviation = np.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c, limit, ratio = n * p + 0.5, 0.92 - 4.2 / b, p / (1.0 - p)
    alpha, mode = (2.83 + 5.1 / b) * deviation, np.floor((n + 1.0) * p)
    at_mode = (mode + 0.5) * log64((mode + 1.0) / (ratio * (n - mode + 1.0)))
    at_mode = at_mode + _stirling(mode) + _stirling(n - mode)
    out, left = np.empty(n.size), np.arange(n.size)
    while left.size:
        u, v = series.uniform(which[left]) - 0.5, series.uniform(which[left])
        us = 0.5 - np.abs(u)
        with np.errstate(divide="ignore"):
            k = np.floor((2.0 * a[left] / us + b[left]) * u + c[left])
        done = (us >= 0.07) & (v <= limit[left])
        maybe = np.flatnonzero(~done & (k >= 0.0) & (k <= n[left]))
        m, kept, wide = left[maybe], k[maybe], us[maybe]
        low = log64(v[maybe] * alpha[m] / (a[m] / (wide * wide) + b[m]))
        top, rest = mode[m], n[m]
        high = (rest + 1.0) * log64((rest - top + 1.0) / (rest - kept + 1.0))
        high = high + (kept + 0.5) * log64(ratio[m] * (rest - kept + 1.0) / (kept + 1.0))
        high = high + at_mode[m] - _stirling(kept) - _stirling(rest - kept)
        done[maybe] = low <= high
        out[left[done]] = k[done]
        left = left[~done]
    return out


def _binomial(series: Series, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Counts of all series, as floats."""
    flip = p > 0.5
    q = np.where(flip, 1.0 - p, p)
    small, out = n * q < _SMALL, np.empty(n.size)
    for part, count in ((small, _binomial_small), (~small, _binomial_large)):
        at = np.flatnonzero(part)
        out[at] = count(series, at, n[at], q[at])
    return np.where(flip, n - out, out)


def _trials(what: str, n: np.ndarray) -> None:
    demand(f"{what}: trials from 0 to 2**52", (n >= 0) & (n <= LARGEST), n, "give another n")


def binomial(state: np.ndarray, n: int, dtype: str, trials: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Successes in `trials` (int64) trials of probability `p` (float64)."""
    _trials("binomial", trials)
    demand("binomial: probabilities from 0 to 1", (p >= 0) & (p <= 1), p, "rescale p")
    series = Series.seeded(state, n)
    return _binomial(series, spread(trials, n).astype("float64"), spread(p, n)).astype(dtype)


def multinomial(state: np.ndarray, n: int, dtype: str, trials: np.ndarray, pvals: np.ndarray) -> np.ndarray:
    """`n` counts per category of `trials` (int64) draws with the probabilities `pvals` (float64) of each row."""
    _trials("multinomial", trials)
    categories = pvals.shape[-1]
    if not categories:
        raise ValueError(explain("multinomial draws", "no category", "give at least one probability for each row"))
    n //= categories
    pvals = pvals.reshape(-1, categories)
    demand("multinomial: probabilities of 0 or more", pvals >= 0, pvals, "rescale pvals")
    # what is left for a category and those behind it, added up from the last one
    tails = np.cumsum(pvals[:, ::-1], axis=1)[:, ::-1]
    whole = tails[:, 0]
    demand("multinomial: rows of probabilities that add up to 1", np.abs(whole - 1.0) <= 1e-4, whole, "rescale pvals")
    series, left = Series(state, np.arange(n)), spread(trials, n).astype("float64")
    out = np.zeros((n, categories), dtype)
    for j in range(categories - 1):
        tail = tails[:, j]
        p = np.divide(pvals[:, j], tail, out=np.zeros(len(tail)), where=tail > 0.0)
        drawn = _binomial(series, left, np.broadcast_to(np.minimum(p, 1.0), (n,)))
        out[:, j] = drawn
        left = left - drawn
    out[:, -1] = left
    return out
