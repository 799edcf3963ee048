"""Gamma and beta numbers from the series of positions, by G. Marsaglia and W. W. Tsang (2000).

This is the reference; the native runtime gives the same bits (``runtime/gammas.c``).
"""

from __future__ import annotations

import numpy as np

from theano.tensor.random.chacha import Series
from theano.tensor.random.counts import demand, spread
from theano.tensor.random.exact import exp64, log64, turn64

__all__ = ["beta", "gamma"]

_LOWEST = -1e300
"""Logarithms of numbers below all numbers stop here, so that they can be compared."""


def _words(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (bits >> np.uint64(32)).astype("uint32"), bits.astype("uint32")


def _open(series: Series, which: np.ndarray) -> np.ndarray:
    """Numbers in (0, 1]."""
    high, low = _words(series.next64(which))
    return (high.astype("float64") + (low.astype("float64") + 0.5) * 2.0**-32) * 2.0**-32


def _normal(series: Series, which: np.ndarray) -> np.ndarray:
    radius = np.sqrt(-2.0 * log64(_open(series, which)))
    return radius * turn64(*_words(series.next64(which)))[0]


def _log_gamma_number(series: Series, a: np.ndarray) -> np.ndarray:
    """Logarithms of gamma numbers of shape `a`, one of each series."""
    d = np.where(a < 1.0, a + 1.0, a) - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    out, left = np.empty(a.size), np.arange(a.size)
    while left.size:
        x = _normal(series, left)
        u = _open(series, left)
        v = 1.0 + c[left] * x
        v = v * v * v
        square = x * x
        done = (v > 0.0) & (u < 1.0 - 0.0331 * (square * square))
        maybe = np.flatnonzero((v > 0.0) & ~done)
        log_v = np.zeros(left.size)
        log_v[v > 0.0] = log64(v[v > 0.0])
        bound = 0.5 * square + d[left] * (1.0 - v + log_v)
        done[maybe] = log64(u[maybe]) < bound[maybe]
        at = left[done]
        out[at] = log64(d[at]) + log_v[done]
        left = left[~done]
    small = np.flatnonzero(a < 1.0)
    lifted = out[small] + log64(_open(series, small)) / a[small]
    out[small] = np.where(lifted < _LOWEST, _LOWEST, lifted)
    return out


def _demand(law: str, value: np.ndarray) -> None:
    good = (value >= 1e-290) & (value <= 1e290)
    demand(f"{law}: parameters above 0, from 1e-290 to 1e290", good, value, "give other parameters")


def gamma(state: np.ndarray, n: int, dtype: str, a: np.ndarray) -> np.ndarray:
    """Gamma numbers of shape `a` (float64) and scale 1."""
    _demand("gamma", a)
    return exp64(_log_gamma_number(Series(state, np.arange(n)), spread(a, n))).astype(dtype)


def beta(state: np.ndarray, n: int, dtype: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Beta numbers, from two gamma numbers."""
    _demand("beta", a)
    _demand("beta", b)
    series = Series(state, np.arange(n))
    x = _log_gamma_number(series, spread(a, n))
    y = _log_gamma_number(series, spread(b, n))
    top = np.where(x > y, x, y)
    p, q = exp64(x - top), exp64(y - top)
    return (p / (p + q)).astype(dtype)
