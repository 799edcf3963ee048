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


def _laws(size: int) -> dict[str, tuple[Any, Any, float, float]]:
    """Name to our draw of `size` numbers, NumPy's, mean and deviation."""
    stream, generator = _stream(), np.random.Generator(np.random.SFC64(0))
    return {
        "bernoulli 0.3": (
            stream.bernoulli((size,), 0.3), lambda: (generator.random(size) < 0.3).astype("int64"), 0.3, 0.21**0.5,
        ),
        "integers 0 to 9": (
            stream.random_integers((size,), 0, 9), lambda: generator.integers(0, 10, size), 4.5, 8.25**0.5,
        ),
        "Poisson 3": (stream.poisson((size,), 3.0), lambda: generator.poisson(3.0, size), 3.0, 3**0.5),
        "Poisson 50": (stream.poisson((size,), 50.0), lambda: generator.poisson(50.0, size), 50.0, 50**0.5),
        "binomial 100 x 0.3": (
            stream.binomial((size,), 100, 0.3), lambda: generator.binomial(100, 0.3, size), 30.0, 21**0.5,
        ),
        "exponential": (
            stream.exponential((size,), dtype="float64"), lambda: generator.standard_exponential(size), 1.0, 1.0,
        ),
        "gamma 5": (
            stream.gamma((size,), 5.0, dtype="float64"), lambda: generator.standard_gamma(5.0, size), 5.0, 5**0.5,
        ),
        "gamma 0.5": (
            stream.gamma((size,), 0.5, dtype="float64"), lambda: generator.standard_gamma(0.5, size), 0.5, 0.5**0.5,
        ),
        "beta 2 3": (stream.beta((size,), 2.0, 3.0, dtype="float64"), lambda: generator.beta(2.0, 3.0, size), 0.4, 0.2),
        "beta 0.5 0.5": (
            stream.beta((size,), 0.5, 0.5, dtype="float64"), lambda: generator.beta(0.5, 0.5, size), 0.5, 0.125**0.5,
        ),
        "categories 0.1 0.2 0.7": (
            stream.categorical((size,), [0.1, 0.2, 0.7]), lambda: generator.choice(3, size, p=[0.1, 0.2, 0.7]),
            1.6, 0.44**0.5,
        ),
    }  # fmt: skip


LAWS = (
    "bernoulli 0.3", "integers 0 to 9", "Poisson 3", "Poisson 50", "binomial 100 x 0.3", "exponential", "gamma 5",
    "gamma 0.5", "beta 2 3", "beta 0.5 0.5", "categories 0.1 0.2 0.7",
)  # fmt: skip


def other_law(name: str) -> Result:
    """A million numbers of another law."""
    import theano

    size = 100_000 if effort.quick else 1_000_000
    ours, by_numpy, mean, deviation = _laws(size)[name]
    contestants: Contestants = {"theano": theano.function([], ours), "NumPy": by_numpy}
    for contestant, call in contestants.items():
        _moments(contestant, call() / deviation, mean / deviation, 1.0)
    return interleaved(f"{name}, {size:.0e}", contestants, bound=1.0, moved=8 * size)


def classic_uniform() -> Result:
    """The classic stream with many substreams, whose values are fixed."""
    import theano
    from theano.sandbox.rng_mrg import MRG_RandomStreams

    size = 1_000_000 if effort.quick else 10_000_000
    f = theano.function([], MRG_RandomStreams(1).uniform((size,), dtype="float32"))
    generator = np.random.Generator(np.random.SFC64(0))
    contestants: Contestants = {"theano": f, "NumPy": lambda: generator.random(size, dtype="float32")}
    for name, call in contestants.items():
        _moments(name, call(), 0.5, 12**-0.5)
    return interleaved(f"uniform, {size:.0e} float32 (MRG_RandomStreams)", contestants, bound=1.0, moved=4 * size)


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
    classic_uniform,
    *(partial(other_law, name) for name in LAWS),
]
