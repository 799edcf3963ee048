"""The reductions as loops for Numba; the names are those of `benchmarks.reductions`.

`split` loops may be shared by several threads.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.peers import numba

split = numba.prange if numba else range


def squared_distance(x, y):
    """``sum((x - y)²)``."""
    total = x.dtype.type(0)
    for i in split(x.size):
        d = x[i] - y[i]
        total += d * d
    return total


def logsumexp(x):
    """Over each row."""
    out = np.empty(x.shape[0], x.dtype)
    for i in split(x.shape[0]):
        top = x[i, 0]
        for j in range(1, x.shape[1]):
            top = max(top, x[i, j])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += math.exp(x[i, j] - top)
        out[i] = math.log(total) + top
    return out


def softmax(x):
    """Over each row."""
    out = np.empty_like(x)
    for i in split(x.shape[0]):
        top = x[i, 0]
        for j in range(1, x.shape[1]):
            top = max(top, x[i, j])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            e = math.exp(x[i, j] - top)
            out[i, j] = e
            total += e
        for j in range(x.shape[1]):
            out[i, j] /= total
    return out


def layer_norm(x, scale, shift):
    """Over each row."""
    out = np.empty_like(x)
    n = x.dtype.type(x.shape[1])
    small = x.dtype.type(1e-5)
    for i in split(x.shape[0]):
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += x[i, j]
        mean = total / n
        square = x.dtype.type(0)
        for j in range(x.shape[1]):
            d = x[i, j] - mean
            square += d * d
        factor = x.dtype.type(1) / math.sqrt(square / n + small)
        for j in range(x.shape[1]):
            out[i, j] = (x[i, j] - mean) * factor * scale[j] + shift[j]
    return out


def row_argmax(x):
    """Over each row."""
    out = np.empty(x.shape[0], np.int64)
    for i in split(x.shape[0]):
        best = 0
        for j in range(1, x.shape[1]):
            if x[i, j] > x[i, best]:
                best = j
        out[i] = best
    return out


def column_max(x):
    """Over each column."""
    out = x[0].copy()
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            out[j] = max(out[j], x[i, j])
    return out


def column_extent(x):
    """Mean, largest and smallest of each column."""
    total, top, bottom = x[0].copy(), x[0].copy(), x[0].copy()
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            total[j] += x[i, j]
            top[j] = max(top[j], x[i, j])
            bottom[j] = min(bottom[j], x[i, j])
    return total / x.shape[0], top, bottom


def mean_and_variance(x):
    """Of all elements."""
    total = 0.0
    for i in split(x.size):
        total += x[i]
    mean = total / x.size
    square = 0.0
    for i in split(x.size):
        square += (x[i] - mean) ** 2
    return mean, square / x.size
