"""The training step of logistic regression: the founding example, beside hand-written loops and other compilers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import Call, jax, numba, pytensor

RATE, DECAY = 0.1, 0.01


def _data(batch: int, dtype: str) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, 784)).astype(dtype)
    return x, rng.integers(0, 2, batch).astype(dtype), (0.01 * rng.normal(size=784)).astype(dtype)


def symbolic_step(library: Any, tensor: Any, x: Any, y: Any, start: Any) -> Call:
    """Theano's or PyTensor's step; the cost is the result."""
    r = x.dtype.type
    sx = tensor.TensorType(str(x.dtype), (None, None) if library is pytensor else (False, False))("x")
    sy = tensor.TensorType(str(x.dtype), (None,) if library is pytensor else (False,))("y")
    w, b = library.shared(start.copy()), library.shared(np.asarray(0, x.dtype))
    p = 1 / (1 + tensor.exp(-tensor.dot(sx, w) - b))
    crossentropy = -sy * tensor.log(p) - (1 - sy) * tensor.log(1 - p)
    cost = crossentropy.mean() + r(DECAY) * (w**2).sum()
    gw, gb = tensor.grad(cost, [w, b])
    f = library.function([sx, sy], cost, updates=[(w, w - r(RATE) * gw), (b, b - r(RATE) * gb)])
    return lambda: f(x, y)


def numpy_step(x: Any, y: Any, start: Any, compiled: bool = False) -> Call:
    """The same by hand; `compiled` by Numba."""
    r = x.dtype.type
    rate, decay, one, two, size = r(RATE), r(DECAY), r(1), r(2), r(len(y))

    def forward_and_back(x, y, w, b):
        score = np.dot(x, w) + b[0]
        p = one / (one + np.exp(-score))
        # max(s, 0) - s y + log1p(exp(-|s|)): the crossentropy that does not overflow
        crossentropy = np.maximum(score, score * 0) - score * y + np.log1p(np.exp(-np.abs(score)))
        cost = np.sum(crossentropy) / size + decay * np.sum(w * w)
        g = (p - y) / size
        w -= rate * (np.dot(g, x) + two * decay * w)
        b[0] -= rate * np.sum(g)
        return cost

    step = numba.njit(forward_and_back, error_model="numpy") if compiled else forward_and_back
    w, b = start.copy(), np.zeros(1, x.dtype)
    return lambda: step(x, y, w, b)


def jax_step(x: Any, y: Any, start: Any) -> Call:
    """JAX's step, parameters donated."""
    jnp = jax.numpy
    r = x.dtype.type

    def cost(parameters, x, y):
        w, b = parameters
        score = x @ w + b
        losses = jnp.maximum(score, 0) - score * y + jnp.log1p(jnp.exp(-jnp.abs(score)))
        return losses.mean() + r(DECAY) * (w**2).sum()

    @partial(jax.jit, donate_argnums=0)
    def update(parameters, x, y):
        value, gradients = jax.value_and_grad(cost)(parameters, x, y)
        return value, [p - r(RATE) * g for p, g in zip(parameters, gradients)]

    state: Any = [jnp.array(start), jnp.array(np.asarray(0, x.dtype))]
    dx, dy = jax.device_put((x, y))

    def step() -> object:
        nonlocal state
        value, state = update(state, dx, dy)
        return value.block_until_ready()

    return step


def logistic(batch: int, dtype: str, bound: float) -> Result:
    """One batch size and dtype."""
    import theano
    from theano import tensor

    data = _data(batch, dtype)
    contestants: Contestants = {"theano": symbolic_step(theano, tensor, *data), "NumPy": numpy_step(*data)}
    if numba:
        contestants["Numba"] = numpy_step(*data, compiled=True)
    if jax:
        contestants["JAX"] = jax_step(*data)
    if pytensor:
        import pytensor.tensor as pt

        contestants["PyTensor"] = symbolic_step(pytensor, pt, *data)
    return interleaved(
        f"logistic step {batch} x 784 {dtype}",
        contestants,
        bound=bound,
        expected=numpy_step(*data)(),
        tolerance=1e-5 if dtype == "float32" else 1e-12,
        moved=data[0].nbytes * 2 if batch > 1000 else 0,
    )
