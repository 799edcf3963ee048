"""Random draws: normal, uniform, and dropout."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, WrongResultError, effort, interleaved
from benchmarks.peers import bind, jax, torch


def _stream() -> Any:
    """The stream for new programs."""
    from theano.tensor.random import RandomStream

    return RandomStream(1)


def _moments(name: str, values: Any, mean: float, deviation: float) -> None:
    """Draws have no expected values, but their first two moments are known."""
    values = np.asarray(values)
    error = 6 / values.size**0.5
    if abs(values.mean() - mean) > error or abs(values.std() - deviation) > 2 * error:
        raise WrongResultError(f"{name}: mean {values.mean():.4g}, deviation {values.std():.4g}")


def draws(law: str, dtype: str, bound: float) -> Result:
    """10⁷ draws of one law."""
    import theano

    size = 1_000_000 if effort.quick else 10_000_000
    stream = _stream()
    f = theano.function([], getattr(stream, law)(size=(size,), dtype=dtype))
    generator = np.random.Generator(np.random.SFC64(0))
    draw = generator.random if law == "uniform" else generator.standard_normal
    contestants: Contestants = {"theano": f, "NumPy": lambda: draw(size, dtype=dtype)}
    if jax:
        drawn = jax.jit(lambda key: getattr(jax.random, law)(key, (size,), dtype))
        key = jax.random.key(0, impl="rbg")
        contestants["JAX"] = lambda: drawn(key).block_until_ready()
    if torch:
        make = torch.rand if law == "uniform" else torch.randn
        contestants["torch"] = lambda: make(size, dtype=getattr(torch, dtype))
    for name, call in contestants.items():
        _moments(name, call(), *((0.5, 12**-0.5) if law == "uniform" else (0.0, 1.0)))
    moved = size * np.dtype(dtype).itemsize
    return interleaved(f"{law}, {size:.0e} {dtype} ({type(stream).__name__})", contestants, bound=bound, moved=moved)


def dropout() -> Result:
    """Half of 4096  x  1024 float32 set to zero, the rest doubled."""
    import theano
    from theano import tensor

    x = np.random.default_rng(0).normal(size=(4096, 1024)).astype("float32")
    sx, stream = tensor.fmatrix("x"), _stream()
    mask = stream.binomial(size=sx.shape, p=0.5, dtype="float32")
    generator = np.random.Generator(np.random.SFC64(0))

    def by_numpy(x):
        return x * (generator.random(x.shape, "float32") < np.float32(0.5)) * np.float32(2)

    contestants: Contestants = {"theano": bind(theano.function([sx], sx * mask * np.float32(2)), x)}
    contestants["NumPy"] = bind(by_numpy, x)
    if jax:
        dropped = jax.jit(lambda key, x: jax.numpy.where(jax.random.bernoulli(key, 0.5, x.shape), 2 * x, 0))
        key, held = jax.random.key(0, impl="rbg"), jax.device_put(x)
        contestants["JAX"] = lambda: dropped(key, held).block_until_ready()
    if torch:
        tensor_x = torch.from_numpy(x)
        contestants["torch"] = lambda: torch.nn.functional.dropout(tensor_x, 0.5)
    for name, call in contestants.items():
        _kept_half(name, np.asarray(call()), x)
    return interleaved("dropout 4096 x 1024 float32", contestants, bound=0.4, moved=2 * x.nbytes)


def _kept_half(name: str, y: Any, x: Any) -> None:
    kept = y != 0
    if abs(kept.mean() - 0.5) > 0.01 or not np.array_equal(y[kept], 2 * x[kept]):
        raise WrongResultError(f"{name}: kept {kept.mean():.3f} of the elements, or changed them")


CASES = [
    *(partial(draws, law, dtype, 0.5) for law in ("normal", "uniform") for dtype in ("float64", "float32")),
    dropout,
]
