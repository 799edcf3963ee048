"""Draws that RandomState does not offer in one call: run-time functions (state, parameters, size) -> array."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain

__all__ = ["choice_helper", "multinomial_helper", "permutation_helper", "random_integers_helper"]


def _shape(size: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in size)


def random_integers_helper(random_state: np.random.RandomState, low: Any, high: Any, size: Any) -> np.ndarray:
    """Integers from `low` to `high` inclusive, drawn element by element where the bounds are arrays.

    Parameters
    ----------
    low, high : int or array
        Broadcast to `size`.
    size : sequence of int
    """
    shape = _shape(size)
    low, high = np.asarray(low), np.asarray(high)
    if low.size == 1 and high.size == 1:
        # one call draws the same numbers as one call per element
        return np.asarray(random_state.randint(int(low.flat[0]), int(high.flat[0]) + 1, size=shape))
    lows, highs = _broadcast("random_integers", shape, low, high)
    out = np.empty(shape, dtype="int64")
    for at in np.ndindex(*shape):
        out[at] = random_state.randint(int(lows[at]), int(highs[at]) + 1)
    return out


def _broadcast(what: str, shape: tuple[int, ...], *arrays: np.ndarray) -> list[np.ndarray]:
    try:
        return [np.broadcast_to(array, shape) for array in arrays]
    except ValueError:
        raise ValueError(
            explain(
                f"{what} of size {shape}",
                f"parameters of shapes {[a.shape for a in arrays]}",
                "make them broadcast",
            )
        ) from None


def permutation_helper(random_state: np.random.RandomState, n: Any, shape: Any) -> np.ndarray:
    """An array of `shape` permutations of ``range(n)``, in a new last dimension."""
    n = int(n)
    lead = _shape(shape)
    out = np.empty((*lead, n), dtype="int64")
    for at in np.ndindex(*lead):
        out[at] = random_state.permutation(n)
    return out


def multinomial_helper(random_state: np.random.RandomState, n: Any, pvals: Any, size: Any) -> np.ndarray:
    """Counts per category, row by row; rows of `pvals` that sum to just above 1 are scaled down.

    Parameters
    ----------
    n : int or array
    pvals : array, (..., categories)
    size : sequence of int
    """
    shape = _shape(size)
    pvals = np.asarray(pvals, dtype="float64")
    categories = pvals.shape[-1]
    trials = _broadcast("multinomial", shape, np.asarray(n))[0]
    rows = _broadcast("multinomial", (*shape, categories), pvals)[0]
    out = np.empty((*shape, categories), dtype="int64")
    for at in np.ndindex(*shape):
        row = rows[at]
        total = row.sum()
        if 1.0 < total <= 1.0 + 5e-5:
            row = row / total
        out[at] = random_state.multinomial(int(trials[at]), row)
    return out


def choice_helper(random_state: np.random.RandomState, a: Any, replace: Any, p: Any, size: Any) -> np.ndarray:
    """Elements of the vector `a`, or of ``range(a)``."""
    a = np.asarray(a)
    if a.ndim > 1:
        raise ValueError(explain("choice: a scalar or vector to draw from", f"{a.ndim} dimensions", "flatten it"))
    pool = int(a) if a.ndim == 0 else a
    return np.asarray(random_state.choice(pool, _shape(size), bool(replace), p))
