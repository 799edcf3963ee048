"""Laws that take a fixed number of words for each element: from a state and a number of elements to a sample.

This is the reference; the native runtime gives the same bits (``runtime/random.c``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from theano.errors import explain
from theano.tensor.random.chacha import GROUP, Series, stream
from theano.tensor.random.counts import demand, spread
from theano.tensor.random.exact import log32, log64, turn32, turn64

__all__ = ["bernoulli", "bits", "exponential", "integers", "normal", "uniform"]

_BATCH = 64
"""Groups that are made together."""

Make = Callable[[np.ndarray], np.ndarray]


def _batches(state: np.ndarray, n: int, words: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first element, words of groups) until there are enough for `n` elements of `words` words."""
    groups = -(-n * words // GROUP)
    for at in range(0, groups, _BATCH):
        here = state.copy()
        here[4] += np.uint64(at)
        yield at * GROUP // words, stream(here, min(_BATCH, groups - at))


def _fill(state: np.ndarray, n: int, dtype: str, words: int, make: Make) -> np.ndarray:
    out = np.empty(n, dtype)
    for at, drawn in _batches(state, n, words):
        made = make(drawn).reshape(-1)[: n - at]
        out[at : at + made.size] = made
    return out


def _signed(word: np.ndarray) -> np.ndarray:
    return word.astype("int32").astype("float64")


def uniform(state: np.ndarray, n: int, dtype: str) -> np.ndarray:
    """Multiples of 2**-24 (float32) or 2**-53 (float64) in [0, 1)."""
    if dtype == "float32":
        return _fill(state, n, dtype, 1, lambda w: (w >> np.uint32(8)).astype("float32") * np.float32(2.0**-24))
    if dtype == "float16":
        return _fill(state, n, dtype, 1, lambda w: (w >> np.uint32(21)).astype("float32") * np.float32(2.0**-11))
    return _fill(
        state, n, dtype, 2,
        lambda w: _signed(w[:, :8] >> np.uint32(5)) * 2.0**-27 + _signed(w[:, 8:] >> np.uint32(6)) * 2.0**-53,
    )  # fmt: skip


def _open32(w: np.ndarray) -> np.ndarray:
    """Numbers in (0, 1] whose small ones are as precise as the others."""
    return (w.astype("float32") + np.float32(0.5)) * np.float32(2.0**-32)


def _open64(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return (high.astype("float64") + (low.astype("float64") + 0.5) * 2.0**-32) * 2.0**-32


def exponential(state: np.ndarray, n: int, dtype: str) -> np.ndarray:
    """Exponential numbers of mean 1."""
    if dtype == "float64":
        return _fill(state, n, dtype, 2, lambda w: 0.0 - log64(_open64(w[:, :8], w[:, 8:])))
    return _fill(state, n, dtype, 1, lambda w: np.float32(0) - log32(_open32(w)))


def _normal32(w: np.ndarray) -> np.ndarray:
    radius = np.sqrt(np.float32(-2) * log32(_open32(w[:, :8])))
    cosine, sine = turn32(w[:, 8:])
    return np.concatenate([radius * cosine, radius * sine], axis=1)


def _normal64(w: np.ndarray) -> np.ndarray:
    radius = np.sqrt(-2.0 * log64(_open64(w[:, :4], w[:, 8:12])))
    cosine, sine = turn64(w[:, 4:8], w[:, 12:])
    return np.concatenate([radius * cosine, radius * sine], axis=1)


def normal(state: np.ndarray, n: int, dtype: str) -> np.ndarray:
    """Standard normal numbers, by G. E. P. Box and M. E. Muller (1958)."""
    if dtype == "float64":
        return _fill(state, n, dtype, 2, _normal64)
    return _fill(state, n, dtype, 1, _normal32)


def bernoulli(state: np.ndarray, n: int, dtype: str, p: np.ndarray) -> np.ndarray:
    """1 with probability `p` (float64), else 0: a word decides unless it lies on the border."""
    demand("bernoulli: probabilities from 0 to 1", (p >= 0) & (p <= 1), p, "rescale p")
    scaled = p * 2.0**32
    border = np.floor(scaled)
    word = _fill(state, n, "uint32", 1, lambda w: w)
    drawn = word < spread(border, n)
    ties = np.flatnonzero(word == spread(border, n))
    if ties.size:
        rest = Series(state, ties).uniform(np.arange(ties.size))
        drawn[ties] = rest < spread(scaled - border, n)[ties]
    return drawn.astype(dtype)


def bits(state: np.ndarray, n: int, dtype: str) -> np.ndarray:
    """64 bits for each element."""
    return _fill(state, n, dtype, 2, lambda w: (w[:, :8].astype("uint64") << np.uint64(32)) | w[:, 8:])


def _upper_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 128 bits of a product of uint64: upper and lower half."""
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    a1, a0, b1, b0 = a >> half, a & mask, b >> half, b & mask
    middle = a1 * b0 + (a0 * b0 >> half)
    other = a0 * b1 + (middle & mask)
    return a1 * b1 + (middle >> half) + (other >> half), a * b


def integers(state: np.ndarray, n: int, dtype: str, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Integers from `low` to `high` (int64), each equally likely, by D. Lemire (2019)."""
    if (low > high).any():
        pairs = np.broadcast_arrays(low, high)
        bottom, top = (pair[low > high][0] for pair in pairs)
        found = f"low {bottom} above high {top}"
        raise ValueError(explain("integers from low to high", found, "give low <= high"))
    first = spread(low, n).astype("uint64")
    span = spread(high, n).astype("uint64") - first + np.uint64(1)  # 0: all 64 bits
    word = bits(state, n, "uint64")
    value, rest = _upper_product(word, span)
    value[span == 0] = word[span == 0]
    _again(state, value, rest, span)
    return (first + value).astype("int64").astype(dtype)


def _again(state: np.ndarray, value: np.ndarray, rest: np.ndarray, span: np.ndarray) -> None:
    """Draw anew where the product fell into the part that would favour some values."""
    at = np.flatnonzero(rest < span)
    excess = (np.uint64(0) - span[at]) % span[at]
    at, excess = at[rest[at] < excess], excess[rest[at] < excess]
    series, left = Series(state, at), np.arange(at.size)
    while left.size:
        value[at[left]], low = _upper_product(series.next64(left), span[at[left]])
        left = left[low < excess[left]]
