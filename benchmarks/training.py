"""A training step of the demo's models beside NumPy and JAX."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import jax

RATE = np.float32(0.1)


def _data(batch: int, n_in: int = 64, n_out: int = 10):
    rng = np.random.default_rng(0)
    return rng.uniform(size=(batch, n_in)).astype("float32"), rng.integers(0, n_out, batch)


def _weights(sizes):
    rng = np.random.default_rng(1)
    return [(rng.normal(size=s, scale=0.1).astype("float32"), np.zeros(s[1], "float32")) for s in sizes]


def theano_step(sizes, x, y, rate=RATE):
    """Our training step with shared weights."""
    import theano
    from theano import tensor

    sx, sy = tensor.fmatrix("x"), tensor.lvector("y")
    parameters = [(theano.shared(w), theano.shared(b)) for w, b in _weights(sizes)]
    h = sx
    for w, b in parameters[:-1]:
        h = tensor.tanh(tensor.dot(h, w) + b)
    p = tensor.nnet.softmax(tensor.dot(h, parameters[-1][0]) + parameters[-1][1])
    cost = -tensor.mean(tensor.log(p)[tensor.arange(sy.shape[0]), sy])
    flat = [v for pair in parameters for v in pair]
    updates = [(v, v - rate * g) for v, g in zip(flat, theano.grad(cost, flat), strict=True)]
    f = theano.function([sx, sy], cost, updates=updates)
    return lambda: f(x, y)


def numpy_step(sizes, x, y, rate=RATE):
    """The same step by hand in NumPy."""
    parameters = [[w.copy(), b.copy()] for w, b in _weights(sizes)]
    rows = np.arange(len(y))

    def step():
        below = [x]
        for w, b in parameters[:-1]:
            below.append(np.tanh(below[-1] @ w + b))
        scores = below[-1] @ parameters[-1][0] + parameters[-1][1]
        scores -= scores.max(axis=1, keepdims=True)
        g = np.exp(scores)
        g /= g.sum(axis=1, keepdims=True)
        cost = -np.log(g[rows, y]).mean()
        g[rows, y] -= 1
        g /= np.float32(len(y))
        for layer in range(len(parameters) - 1, -1, -1):
            w, b = parameters[layer]
            down = (g @ w.T) * (1 - below[layer] ** 2) if layer else None
            w -= rate * (below[layer].T @ g)
            b -= rate * g.sum(axis=0)
            g = down
        return cost

    return step


def jax_step(sizes, x, y, rate=RATE):
    """The same step by JAX, parameters donated."""
    jnp = jax.numpy
    state = [[jnp.asarray(w), jnp.asarray(b)] for w, b in _weights(sizes)]

    def cost(parameters, x, y):
        h = x
        for w, b in parameters[:-1]:
            h = jnp.tanh(h @ w + b)
        scores = h @ parameters[-1][0] + parameters[-1][1]
        return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(y.shape[0]), y])

    @jax.jit
    def update(parameters, x, y):
        value, gradients = jax.value_and_grad(cost)(parameters, x, y)
        return value, jax.tree.map(lambda p, g: p - rate * g, parameters, gradients)

    held = jax.device_put((x, y))

    def step():
        nonlocal state
        value, state = update(state, *held)
        return value.block_until_ready()

    return step


def step_case(name: str, sizes, batch: int, bound: float) -> Result:
    """One model and batch size."""
    x, y = _data(batch, sizes[0][0], sizes[-1][1])
    contestants: Contestants = {"theano": theano_step(sizes, x, y), "NumPy": numpy_step(sizes, x, y)}
    if jax:
        contestants["JAX"] = jax_step(sizes, x, y)
    expected = numpy_step(sizes, x, y)()
    return interleaved(f"{name}, batch {batch}", contestants, bound=bound, expected=expected, tolerance=1e-5)


def _cases():
    models = {
        "softmax 64-10 step": ([(64, 10)], (1.0, 1.0)),
        "MLP 64-500-10 step": ([(64, 500), (500, 10)], (1.0, 1.0)),
        "softmax 784-10 step": ([(784, 10)], (1.0, 1.0)),
        "MLP 784-500-10 step": ([(784, 500), (500, 10)], (0.8, 0.9)),
    }
    for name, (sizes, bounds) in models.items():
        for batch, bound in zip((60, 600), bounds):
            yield partial(step_case, name, sizes, batch, bound)


CASES = list(_cases())
