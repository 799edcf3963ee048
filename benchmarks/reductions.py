"""Reductions, and expressions around reductions, of a few million elements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import row_loops
from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import (
    bind,
    jax,
    jax_call,
    numba,
    numba_call,
    pytensor,
    pytensor_call,
    theano_call,
    torch,
    torch_call,
)

EPSILON = 1e-5


def squared_distance(m: Any) -> Callable[..., Any]:
    """``sum((x - y)²)``."""
    return lambda x, y: ((x - y) ** 2).sum()


def logsumexp(m: Any) -> Callable[..., Any]:
    """The stable logarithm of a sum of exponentials over each row."""

    def by_row(x):
        top = m.max(x, axis=1, keepdims=True)
        return m.log(m.sum(m.exp(x - top), axis=1)) + top[:, 0]

    return by_row


def softmax(m: Any) -> Callable[..., Any]:
    """Softmax of each row."""

    def by_row(x):
        e = m.exp(x - m.max(x, axis=1, keepdims=True))
        return e / m.sum(e, axis=1, keepdims=True)

    return by_row


def layer_norm(m: Any) -> Callable[..., Any]:
    """Each row shifted and scaled to mean 0 and variance 1, then scaled and shifted by two vectors."""

    def by_row(x, scale, shift):
        centred = x - m.mean(x, axis=1, keepdims=True)
        variance = m.mean(centred * centred, axis=1, keepdims=True)
        return centred / m.sqrt(variance + np.float32(EPSILON)) * scale + shift

    return by_row


def mean_and_variance(m: Any) -> Callable[..., Any]:
    """Both moments of all elements."""
    return lambda x: [m.mean(x), m.var(x)]


def row_argmax(m: Any) -> Callable[..., Any]:
    """Where the largest element of each row stands."""
    return lambda x: m.argmax(x, axis=1)


def column_max(m: Any) -> Callable[..., Any]:
    """The largest element of each column."""
    return lambda x: m.max(x, axis=0)


def column_extent(m: Any) -> Callable[..., Any]:
    """Mean, largest and smallest element of each column."""
    return lambda x: [m.mean(x, axis=0), m.max(x, axis=0), m.min(x, axis=0)]


def _ours(build: Any) -> Callable[..., Any]:
    from theano import tensor

    return tensor.nnet.softmax if build is softmax else build(tensor)


def _contestants(build: Any, arrays: tuple[Any, ...]) -> Contestants:
    contestants: Contestants = {"theano": theano_call(_ours(build), *arrays), "NumPy": bind(build(np), *arrays)}
    by_hand = getattr(row_loops, build.__name__, None)
    if numba and by_hand:
        contestants["Numba"] = numba_call(by_hand, *arrays, reorder=True)
    if jax:
        contestants["JAX"] = jax_call(build(jax.numpy), *arrays)
    if pytensor:
        import pytensor.tensor as pt

        contestants["PyTensor"] = pytensor_call(build(pt), *arrays)
    return contestants | _torch(build, arrays)


def _torch(build: Any, arrays: tuple[Any, ...]) -> Contestants:
    """torch.compile of torch's own functions."""
    if not torch:
        return {}
    functions: dict[Any, Any] = {
        squared_distance: lambda x, y: ((x - y) ** 2).sum(),
        logsumexp: lambda x: torch.logsumexp(x, 1),
        softmax: lambda x: torch.softmax(x, 1),
        layer_norm: lambda x, a, b: torch.nn.functional.layer_norm(x, x.shape[1:], a, b, EPSILON),
        mean_and_variance: lambda x: (x.mean(), x.var(correction=0)),
        row_argmax: lambda x: torch.argmax(x, 1),
        column_max: lambda x: torch.amax(x, 0),
        column_extent: lambda x: (x.mean(0), torch.amax(x, 0), torch.amin(x, 0)),
    }
    return {"torch.compile": torch_call(functions[build], *arrays)}


def case(name: str, build: Any, shapes: tuple[tuple[int, ...], ...], dtype: str, bound: float) -> Result:
    """One reduction."""
    rng = np.random.default_rng(0)
    arrays = tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)
    expected = build(np)(*arrays)
    moved = sum(a.nbytes for a in arrays) + (0 if isinstance(expected, list) else np.asarray(expected).nbytes)
    return interleaved(
        f"{name}, {'x'.join(map(str, shapes[0]))} {dtype}",
        _contestants(build, arrays),
        bound=bound,
        expected=expected,
        tolerance=1e-5 if dtype == "float32" else 1e-12,
        moved=moved,
    )


def _cases():
    square, tall = (2000, 2000), (2000, 1024)
    rows = (
        ("sum((x-y)²)", squared_distance, ((100_000,),) * 2, "float32", 1.0),
        ("sum((x-y)²)", squared_distance, ((10_000_000,),) * 2, "float64", 1.0),
        ("logsumexp of rows", logsumexp, (square,), "float32", 0.8),
        ("softmax of rows", softmax, (square,), "float32", 0.65),
        ("softmax of short rows", softmax, ((100_000, 10),), "float32", 1.0),
        ("layer norm", layer_norm, (tall, (1024,), (1024,)), "float32", 0.85),
        ("argmax of rows", row_argmax, (tall,), "float32", 1.0),
        ("max over axis 0", column_max, ((2000, 1000),), "float64", 0.9),
        ("mean, max and min over axis 0", column_extent, ((20_000, 300),), "float64", 1.0),
        ("mean and var", mean_and_variance, ((2_000_000,),), "float64", 0.9),
    )
    for row in rows:
        yield partial(case, *row)


CASES = list(_cases())
