"""MRG31k3p of P. L'Ecuyer and R. Touzin (2000): two recurrences modulo primes near 2**31, with jumps ahead.

A state has six words: three of the first recurrence, newest first, and three of the second.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

__all__ = [
    "M1", "M2", "NORM", "ff_2p72", "ff_2p134", "jumped_states", "matVecModM", "mrg_next_value", "multMatVect",
    "scaled", "uniforms",
]  # fmt: skip

M1 = np.int32(2147483647)
M2 = np.int32(2147462579)
NORM = 4.656612873077392578125e-10
"""2**-31."""

_P1, _P2 = int(M1), int(M2)
_A1 = np.array([[0, 2**22, 2**7 + 1], [1, 0, 0], [0, 1, 0]], dtype=object)
_A2 = np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]], dtype=object)

#: What an integer is multiplied with, by dtype: in float32 the number below 2**-31, so that 2**31 - 1 stays below 1.
SCALES = {"float32": np.float32(2.0**-31 - 2.0**-55), "float64": np.float64(NORM)}
_HALF_SCALE, _HALF_BITS = 3.0458e-05, 0x7FFF


@functools.lru_cache(maxsize=64)
def _power(exponent: int) -> tuple[np.ndarray, np.ndarray]:
    """Both matrices to a power, as uint64."""
    made = []
    for base, prime in ((_A1, _P1), (_A2, _P2)):
        result, left = np.identity(3, dtype=object), exponent
        while left:
            if left & 1:
                result = result.dot(base) % prime
            base, left = base.dot(base) % prime, left >> 1
        made.append(result.astype("uint64"))
    return made[0], made[1]


def _jump(states: np.ndarray, exponent: int) -> np.ndarray:
    """The states `exponent` steps ahead; three products of 62 bits fit into 64."""
    a, b = _power(exponent)
    wide = states.astype("uint64")
    first = (wide[:, None, :3] * a).sum(axis=2) % np.uint64(_P1)
    second = (wide[:, None, 3:] * b).sum(axis=2) % np.uint64(_P2)
    return np.concatenate([first, second], axis=1).astype("int32")


def jumped_states(base: np.ndarray, count: int) -> np.ndarray:
    """`count` states, each 2**72 steps behind the next; the first is `base`."""
    states = np.asarray(base, "int32").reshape(1, 6)
    while len(states) < count:
        states = np.concatenate([states, _jump(states[: count - len(states)], len(states) << 72)])
    return states[:count]


def ff_2p134(rstate: Any) -> np.ndarray:
    """The state 2**134 steps ahead."""
    return _jump(np.asarray(rstate).reshape(1, 6), 1 << 134)[0]


def ff_2p72(rstate: Any) -> np.ndarray:
    """The state 2**72 steps ahead."""
    return _jump(np.asarray(rstate).reshape(1, 6), 1 << 72)[0]


def matVecModM(A: Any, s: Any, m: Any) -> np.ndarray:
    """Product of a matrix and a vector modulo `m`, int32."""
    products = np.asarray(A).astype("int64") * np.asarray(s).astype("int64") % int(m)
    return (products.sum(axis=1) % int(m)).astype("int32")


def multMatVect(v: Any, A: Any, m1: Any, B: Any, m2: Any) -> np.ndarray:
    """The state `v` with its first half multiplied by `A` modulo `m1`, its second half by `B` modulo `m2`."""
    v = np.asarray(v)
    return np.concatenate([matVecModM(A, v[:3], m1), matVecModM(B, v[3:], m2)])


def _step(x: list[np.ndarray]) -> list[np.ndarray]:
    """One step of states given as six columns of int64."""
    y1 = ((x[1] << np.int64(22)) + x[2] * 129) % _P1
    y2 = (x[3] * 32768 + x[5] * 32769) % _P2
    return [y1, x[0], x[1], y2, x[3], x[4]]


def _difference(x: list[np.ndarray]) -> np.ndarray:
    d = x[0] - x[3]
    return np.where(d <= 0, d + _P1, d)


def mrg_next_value(rstate: Any, new_rstate: Any, NORM: Any, mask: int, offset: int) -> Any:
    """One step from `rstate`, written to `new_rstate`: the scaled difference, masked and shifted if asked."""
    x = _step([np.int64(word) for word in rstate])
    new_rstate[...] = [int(word) for word in x]
    value = int(_difference(x))
    return ((value & mask) + offset if mask else value) * NORM


def scaled(value: np.ndarray, dtype: str) -> np.ndarray:
    """Integers from 1 to 2**31 - 1 as floats in the open interval from 0 to 1."""
    if dtype == "float16":
        return (((value & _HALF_BITS) + 1) * _HALF_SCALE).astype("float16")
    return value.astype(dtype) * SCALES[dtype]


def uniforms(states: np.ndarray, n: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """`n` numbers taken from the rows of `states` in turn, and the states behind them."""
    streams, after = len(states), np.array(states, "int32")
    out = np.empty(n, dtype)
    x = [column.astype("int64") for column in states.T]
    for at in range(0, n, streams):
        count = min(streams, n - at)
        x = _step([column[:count] for column in x])
        out[at : at + count] = scaled(_difference(x), dtype)
        if n - at - count < streams:  # the last step of some
            after[:count] = np.stack(x, axis=1)
    return after, out
