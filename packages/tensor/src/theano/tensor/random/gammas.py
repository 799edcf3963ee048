"""Gamma and beta numbers, by G. Marsaglia and W. W. Tsang (2000).

A group of the stream makes 64 gamma numbers, and nearly all of them at the first attempt; the others go on with the
series of their position. A beta number is made of two gamma numbers of one group.

This is the reference; the native runtime gives the same bits (``runtime/gammas.c``).
"""

from __future__ import annotations

import numpy as np

from theano.tensor.random.chacha import GROUP, Series, stream
from theano.tensor.random.counts import demand, spread
from theano.tensor.random.exact import exp64, log64, turn64

__all__ = ["beta", "gamma"]

_SLOTS = GROUP // 4
"""Gamma numbers of a group."""


def _open(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Numbers in (0, 1]."""
    return (high.astype("float64") + (low.astype("float64") + 0.5) * 2.0**-32) * 2.0**-32


def _words(series: Series, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bits = series.next64(which)
    return (bits >> np.uint64(32)).astype("uint32"), bits.astype("uint32")


def _normal(series: Series, which: np.ndarray) -> np.ndarray:
    radius = np.sqrt(-2.0 * log64(_open(*_words(series, which))))
    return radius * turn64(*_words(series, which))[0]


def _proposals(state: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """A normal and a uniform number for each slot, (groups, _SLOTS)."""
    half = _SLOTS // 2
    words = stream(state, groups).reshape(groups, GROUP // half, half)
    radius = np.sqrt(-2.0 * log64(_open(words[:, 0], words[:, 2])))
    c, s = turn64(words[:, 1], words[:, 3])
    low, high = words[:, 6:].reshape(groups, _SLOTS), words[:, 4:6].reshape(groups, _SLOTS)
    return np.concatenate([radius * c, radius * s], axis=1), _open(high, low)


def _gamma_numbers(x: np.ndarray, u: np.ndarray, a: np.ndarray, series: Series) -> np.ndarray:
    """Gamma numbers of `a`, or of a + 1 where that is below 1; `x` and `u` are what the first attempts take."""
    d = np.where(a < 1.0, a + 1.0, a) - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    out, left = np.empty(a.size), np.arange(a.size)
    while True:
        v = 1.0 + c[left] * x
        v = v * v * v
        square = x * x
        done = (v > 0.0) & (u < 1.0 - 0.0331 * (square * square))
        maybe = np.flatnonzero((v > 0.0) & ~done)
        bound = 0.5 * square[maybe] + d[left[maybe]] * (1.0 - v[maybe] + log64(v[maybe]))
        done[maybe] = log64(u[maybe]) < bound
        out[left[done]] = d[left[done]] * v[done]
        left = left[~done]
        if not left.size:
            return out
        x = _normal(series, left)
        u = _open(*_words(series, left))


def _lifts(state: np.ndarray, at: np.ndarray, number: int) -> np.ndarray:
    """Logarithms of the uniform numbers that lift gamma numbers of a + 1, as number `number` of positions `at`."""
    series, which = Series(state, at), np.arange(at.size)
    for _ in range(number):
        series.next64(which)
    return log64(_open(*_words(series, which)))


def _demand(law: str, value: np.ndarray) -> None:
    good = (value >= 1e-290) & (value <= 1e290)
    demand(f"{law}: parameters above 0, from 1e-290 to 1e290", good, value, "give other parameters")


def gamma(state: np.ndarray, n: int, dtype: str, a: np.ndarray) -> np.ndarray:
    """Gamma numbers of shape `a` (float64) and scale 1."""
    _demand("gamma", a)
    a = spread(a, n)
    x, u = (slots.reshape(-1)[:n] for slots in _proposals(state, -(-n // _SLOTS)))
    out = _gamma_numbers(x, u, a, Series(state, np.arange(n), block=1))
    small = np.flatnonzero(a < 1.0)
    out[small] = exp64(log64(out[small]) + _lifts(state, small, 0) / a[small])
    return out.astype(dtype)


def beta(state: np.ndarray, n: int, dtype: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Beta numbers, from two gamma numbers."""
    _demand("beta", a)
    _demand("beta", b)
    half = _SLOTS // 2
    x, u = _proposals(state, -(-n // half))
    series, either = Series(state, np.arange(n), block=1), np.zeros(n, bool)
    made, logs = [], []
    for number, parameter in enumerate((a, b)):
        part, parameter = slice(number * half, (number + 1) * half), spread(parameter, n)
        numbers = _gamma_numbers(x[:, part].reshape(-1)[:n], u[:, part].reshape(-1)[:n], parameter, series)
        small, logarithm = np.flatnonzero(parameter < 1.0), log64(numbers)
        logarithm[small] = logarithm[small] + _lifts(state, small, number) / parameter[small]
        either[small] = True
        made.append(numbers)
        logs.append(logarithm)
    top = np.where(logs[0] > logs[1], logs[0], logs[1])
    p, q = (np.where(either, exp64(log - top), number) for log, number in zip(logs, made, strict=True))
    return (p / (p + q)).astype(dtype)
