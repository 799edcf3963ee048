"""ChaCha with eight rounds: random words that depend on a key and a position only, and can be made in any order.

A *block* is 16 words of 32 bits, made of a key of 256 bits, a counter and a nonce of 64 bits each. The generator is
D. J. Bernstein's (2008), here as a source of numbers, not of secrets.

The *stream* of a key is cut into groups of 256 words: 16 blocks with consecutive counters side by side, the first word
of each, the second word of each, and so on. Vector code writes them in this order whatever the width of its vectors.
Besides, each position of a stream has a *series* of its own, for laws that need a number of words that is not known
beforehand.
"""

from __future__ import annotations

import operator
import os
from typing import Any

import numpy as np

from theano.errors import explain

__all__ = ["GROUP", "LANES", "STATE_WORDS", "Series", "blocks", "key_words", "new_state", "stream"]

LANES = 16
GROUP = 16 * LANES
"""Words in a group."""

STATE_WORDS = 5
"""A state is a vector of uint64: four for the key, and the number of the group that comes next."""

_CONSTANTS = np.frombuffer(b"expand 32-byte k", "<u4").astype("uint32")
_CHUNK = 1024
"""Blocks that are made together: their words stay in the cache."""

_SERIES = 1 << 63
"""Counters of series start here, far from those of the stream."""

_KEYS = (1 << 64) - 1
"""The nonce of the blocks that keys are made of."""


def _mix(x: np.ndarray, y: np.ndarray, z: np.ndarray, by: int) -> None:
    """``x += y``, then ``z`` is mixed with it and rotated."""
    x += y
    z ^= x
    upper = z << np.uint32(by)
    z >>= np.uint32(32 - by)
    z |= upper


def _round(x: np.ndarray) -> None:
    """Four quarter rounds side by side, on the rows of `x`, (4, 4, blocks)."""
    a, b, c, d = x
    _mix(a, b, d, 16)
    _mix(c, d, b, 12)
    _mix(a, b, d, 8)
    _mix(c, d, b, 7)


def _turn(x: np.ndarray, by: int) -> None:
    """Rotate row i by i * `by` places, so that diagonals become columns or columns diagonals."""
    for i in (1, 2, 3):
        x[i] = np.roll(x[i], -by * i, axis=0)


def blocks(key: np.ndarray, counters: Any, nonces: Any, rounds: int = 8) -> np.ndarray:
    """One block for each counter and nonce.

    Parameters
    ----------
    key : array of uint32, (8,)
    counters, nonces : arrays of uint64 that broadcast to one dimension
    rounds : int
        The stream has 8; published test vectors exist for others too.

    Returns
    -------
    array of uint32, (16, number of blocks)
    """
    counters, nonces = np.broadcast_arrays(np.atleast_1d(counters), np.atleast_1d(nonces))
    out = np.empty((16, counters.size), "uint32")
    for at in range(0, counters.size, _CHUNK):
        counter, nonce = counters[at : at + _CHUNK], nonces[at : at + _CHUNK]
        tail = [part.astype("uint32") for word in (counter, nonce) for part in (word, word >> np.uint64(32))]
        start = np.stack([np.full(counter.size, word, "uint32") for word in (*_CONSTANTS, *key)] + tail)
        x = start.copy().reshape(4, 4, counter.size)
        for _ in range(rounds // 2):
            _round(x)
            _turn(x, 1)
            _round(x)
            _turn(x, -1)
        np.add(x.reshape(16, counter.size), start, out=out[:, at : at + _CHUNK])
    return out


def key_words(state: np.ndarray) -> np.ndarray:
    """The key of a state as eight words."""
    return np.ascontiguousarray(state[:4], "<u8").view("<u4").astype("uint32")


def stream(state: np.ndarray, groups: int) -> np.ndarray:
    """The next `groups` groups of the stream, (groups, 16, LANES); the state stays as it is."""
    first = np.uint64(state[4]) * np.uint64(LANES)
    counters = first + np.arange(groups * LANES, dtype="uint64")
    words = blocks(key_words(state), counters, np.zeros((), "uint64"))
    return words.reshape(16, groups, LANES).transpose(1, 0, 2)


class Series:
    """Words for laws with a loop in them: each position of a stream has its own series of blocks.

    Parameters
    ----------
    state : array of uint64, (STATE_WORDS,)
    positions : array of int
        Counted from the beginning of the draw.
    block : int
        The block to begin with.
    """

    def __init__(self, state: np.ndarray, positions: np.ndarray, block: int = 0) -> None:
        self.key = key_words(state)
        self.nonces = np.uint64(state[4]) * np.uint64(GROUP) + positions.astype("uint64")
        self.counters = np.full(positions.size, _SERIES + block, "uint64")
        self.words = np.empty((16, positions.size), "uint32")
        self.used = np.full(positions.size, 16)

    @classmethod
    def seeded(cls, state: np.ndarray, n: int) -> Series:
        """The series of the first `n` positions behind four words of the stream for each."""
        slots = GROUP // 4
        series = cls(state, np.arange(n))
        words = stream(state, -(-n // slots)).reshape(-1, 4, slots)
        series.words[12:] = words.transpose(1, 0, 2).reshape(4, -1)[:, :n]
        series.used[:] = 12
        return series

    def next64(self, which: np.ndarray) -> np.ndarray:
        """The next 64 bits of the series numbered `which`."""
        empty = which[self.used[which] == 16]
        if empty.size:
            self.words[:, empty] = blocks(self.key, self.counters[empty], self.nonces[empty])
            self.counters[empty] += np.uint64(1)
            self.used[empty] = 0
        at = self.used[which]
        self.used[which] = at + 2
        high, low = self.words[at, which].astype("uint64"), self.words[at + 1, which]
        return (high << np.uint64(32)) | low

    def uniform(self, which: np.ndarray) -> np.ndarray:
        """A multiple of 2**-53 in [0, 1) from each of the series numbered `which`."""
        return (self.next64(which) >> np.uint64(11)).astype("float64") * 2.0**-53


def _master(seed: Any) -> int:
    if seed is None:
        return int.from_bytes(os.urandom(32), "little")
    try:
        number = operator.index(seed)
    except TypeError:
        asked = f"a random stream with seed {seed!r}"
        raise TypeError(
            explain(asked, f"a {type(seed).__name__}", "give an int, or None for a seed of chance")
        ) from None
    if not 0 <= number < 1 << 256:
        raise ValueError(explain(f"a random stream with seed {seed}", "out of range", "give 0 <= seed < 2**256"))
    return number


def new_state(seed: Any, index: int) -> np.ndarray:
    """The state in which variable `index` of a stream with this seed starts; every variable has a key of its own.

    Parameters
    ----------
    seed : int or None
        0 to 2**256 - 1; None takes entropy from the system.
    """
    key = np.frombuffer(_master(seed).to_bytes(32, "little"), "<u4").astype("uint32")
    made = blocks(key, np.uint64(index), np.uint64(_KEYS))[:8, 0]
    state = np.zeros(STATE_WORDS, "uint64")
    state[:4] = np.ascontiguousarray(made, "<u4").view("<u8")
    return state
