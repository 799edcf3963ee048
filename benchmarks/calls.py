"""What a call costs: small vectors, scalars, a counter."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Result, interleaved
from benchmarks.peers import jax, numba, pytensor


def small_vectors() -> Result:
    """``f(x, y) = x * y + x`` on two vectors of 10 float64, checked arguments, a fresh result."""
    import theano
    from theano import tensor

    a, b = np.random.default_rng(0).normal(size=(2, 10))
    x, y = tensor.dvectors("xy")
    contestants = {"theano": _bind(theano.function([x, y], x * y + x), a, b), "NumPy": lambda: a * b + a}
    if pytensor:
        import pytensor.tensor as pt

        u, v = pt.dvectors("uv")
        contestants["PyTensor"] = _bind(pytensor.function([u, v], u * v + u), a, b)
    if jax:
        compiled = jax.jit(lambda p, q: p * q + p)
        p, q = jax.numpy.asarray(a), jax.numpy.asarray(b)
        contestants["JAX"] = lambda: compiled(p, q).block_until_ready()
    if numba:
        contestants["Numba"] = _bind(numba.njit(lambda p, q: p * q + p), a, b)
    return interleaved("f(x, y), 10 elements", contestants, "<= 0.3 µs; <= 1/10 of PyTensor and JAX")


def scalars() -> Result:
    """The founding example: ``f(1.5, 2.5)`` on Python floats."""
    import theano
    from theano import tensor

    a, b = tensor.dscalars("ab")
    f = theano.function([a, b], a + b)
    contestants = {"theano": lambda: f(1.5, 2.5), "NumPy": lambda: np.add(1.5, 2.5)}
    if pytensor:
        import pytensor.tensor as pt

        u, v = pt.dscalars("uv")
        g = pytensor.function([u, v], u + v)
        contestants["PyTensor"] = lambda: g(1.5, 2.5)
    return interleaved("f(a, b) = a + b, Python floats", contestants)


def counter() -> Result:
    """A shared variable that grows by one at each call."""
    import theano

    state = theano.shared(0.0, name="state")
    f = theano.function([], state, updates={state: state + 1})
    contestants = {"theano": f}
    if pytensor:
        other = pytensor.shared(0.0)
        contestants["PyTensor"] = pytensor.function([], other, updates={other: other + 1})
    return interleaved("shared counter step", contestants, "<= 0.5 µs")


def _bind(function, *arguments):
    return lambda: function(*arguments)


CASES = [small_vectors, scalars, counter]
