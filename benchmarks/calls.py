"""What a call costs: small vectors, scalars, a counter, many arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import bind, jax, jax_call, numba, numba_call, pytensor, pytensor_call, theano_call


def _everywhere(function: Any, *arrays: Any) -> Contestants:
    """All contestants of a `function` that uses operators only."""
    contestants: Contestants = {"theano": theano_call(function, *arrays), "NumPy": bind(function, *arrays)}
    if numba:
        contestants["Numba"] = numba_call(function, *arrays)
    if pytensor:
        contestants["PyTensor"] = pytensor_call(function, *arrays)
    if jax:
        contestants["JAX"] = jax_call(function, *arrays)
    return contestants


def small_vectors() -> Result:
    """``f(x, y) = x * y + x`` on two vectors of 10 float64, checked arguments, a fresh result."""

    def expression(x, y):
        return x * y + x

    a, b = np.random.default_rng(0).normal(size=(2, 10))
    return interleaved("f(x, y), 10 elements", _everywhere(expression, a, b), limit=0.3e-6, expected=expression(a, b))


def three_vectors() -> Result:
    """One fused expression of three vectors of 10 elements."""

    def expression(x, y, z):
        return x * y + z * x - y

    arrays = tuple(np.random.default_rng(0).normal(size=(3, 10)))
    contestants = _everywhere(expression, *arrays)
    return interleaved("x*y + z*x - y, 10 elements", contestants, bound=0.25, expected=expression(*arrays))


def many_arguments() -> Result:
    """10 inputs, 5 outputs, vectors of 10 elements."""

    def expression(a, b, c, d, e, f, g, h, i, j):
        return (a + b, c * d, e - f, g + h * a, i * j)

    arrays = tuple(np.random.default_rng(0).normal(size=(10, 10)))
    contestants = _everywhere(expression, *arrays)
    if pytensor:
        contestants["PyTensor"] = pytensor_call(lambda *v: list(expression(*v)), *arrays)
    contestants["theano"] = theano_call(lambda *v: list(expression(*v)), *arrays)
    return interleaved("10 inputs, 5 outputs", contestants, bound=0.25, expected=expression(*arrays))


def scalars(name: str, a: Any, b: Any) -> Result:
    """The founding example: ``f(1.5, 2.5)``."""
    import theano
    from theano import tensor

    p, q = tensor.dscalars("pq")
    f = theano.function([p, q], p + q)
    contestants: Contestants = {"theano": lambda: f(a, b), "NumPy": lambda: np.add(a, b)}
    if numba:
        contestants["Numba"] = numba_call(lambda p, q: p + q, a, b)
    if pytensor:
        import pytensor.tensor as pt

        u, v = pt.dscalars("uv")
        g = pytensor.function([u, v], u + v)
        contestants["PyTensor"] = lambda: g(a, b)
    return interleaved(f"f(a, b) = a + b, {name}", contestants, limit=0.15e-6, expected=np.float64(4.0))


def counter() -> Result:
    """A shared variable that grows by one at each call."""
    import theano

    state = theano.shared(0.0, name="state")
    f = theano.function([], state, updates={state: state + 1})
    contestants: Contestants = {"theano": f}
    if numba:
        held = np.zeros(())

        def step(held):
            old = held[()]
            held[()] = old + 1
            return old

        contestants["Numba"] = numba_call(step, held)
    if pytensor:
        other = pytensor.shared(0.0)
        contestants["PyTensor"] = pytensor.function([], other, updates={other: other + 1})
    return interleaved("shared counter step", contestants, limit=0.2e-6, expected=np.float64(0.0))


def python_scalars() -> Result:
    """Python floats."""
    return scalars("Python floats", 1.5, 2.5)


def numpy_scalars() -> Result:
    """NumPy float64 scalars."""
    return scalars("NumPy float64", np.float64(1.5), np.float64(2.5))


CASES = [python_scalars, numpy_scalars, small_vectors, three_vectors, many_arguments, counter]
