"""Loops with short vectors as states: an explicit method for a differential equation, written as a scan.

Numba's code is by hand, with a loop over the elements inside the loop over steps. No aims were set for these.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import jax, jax_call, numba, numba_call, theano_call

DT = 0.01


def _scans(theano: Any, step: Any, states: list[Any], steps: int, fixed: Any = None) -> Any:
    return theano.scan(step, outputs_info=states, non_sequences=fixed, n_steps=steps)[0]


def _by_jax(step: Any, states: tuple[Any, ...], steps: int) -> Any:
    def whole(carry, _):
        new = step(*carry)
        return new, new

    return jax.lax.scan(whole, states, None, length=steps)[1]


def _interleaved(
    name: str, ours: Any, by_jax: Any, by_hand: Any, arrays: tuple[Any, ...], hand: str = "Numba"
) -> Result:
    contestants: Contestants = {"theano": theano_call(ours, *arrays)}
    if jax:
        contestants["JAX"] = jax_call(by_jax, *arrays)
    if numba:
        contestants[hand] = numba_call(by_hand, *arrays)
    return interleaved(name, contestants, expected=by_hand(*arrays), tolerance=1e-6)


def pendulums(width: int, steps: int) -> Result:
    """Leapfrog steps for independent pendulums; both states of all steps."""

    def step(sin: Any, q: Any, p: Any) -> Any:
        half = p - 0.5 * DT * sin(q)
        new = q + DT * half
        return new, half - 0.5 * DT * sin(new)

    def ours(q: Any, p: Any) -> Any:
        import theano

        return _scans(theano, lambda q, p: list(step(theano.tensor.sin, q, p)), [q, p], steps)

    def by_hand(q, p):
        qs, ps = np.empty((steps, len(q))), np.empty((steps, len(q)))
        for t in range(steps):
            for j in range(len(q)):
                old_q, old_p = (q[j], p[j]) if t == 0 else (qs[t - 1, j], ps[t - 1, j])
                half = old_p - 0.5 * DT * np.sin(old_q)
                qs[t, j] = old_q + DT * half
                ps[t, j] = half - 0.5 * DT * np.sin(qs[t, j])
        return qs, ps

    arrays = tuple(np.random.default_rng(0).normal(size=(2, width)))
    by_jax = lambda q, p: _by_jax(partial(step, jax.numpy.sin), (q, p), steps)  # noqa: E731
    return _interleaved(f"leapfrog, {width} pendulums, {steps} steps", ours, by_jax, by_hand, arrays)


def springs(width: int, steps: int) -> Result:
    """Leapfrog steps for springs with friction: sums and products only."""

    def step(q: Any, p: Any, k: Any) -> Any:
        half = p * 0.999 - 0.5 * DT * k * q
        new = q + DT * half
        return new, half - 0.5 * DT * k * new

    def ours(q: Any, p: Any, k: Any) -> Any:
        import theano

        return _scans(theano, lambda q, p, k: list(step(q, p, k)), [q, p], steps, k)

    def by_hand(q, p, k):
        qs, ps = np.empty((steps, len(q))), np.empty((steps, len(q)))
        for t in range(steps):
            for j in range(len(q)):
                old_q, old_p = (q[j], p[j]) if t == 0 else (qs[t - 1, j], ps[t - 1, j])
                half = old_p * 0.999 - 0.5 * DT * k[j] * old_q
                qs[t, j] = old_q + DT * half
                ps[t, j] = half - 0.5 * DT * k[j] * qs[t, j]
        return qs, ps

    arrays = tuple(np.random.default_rng(0).uniform(0.5, 1, size=(3, width)))
    by_jax = lambda q, p, k: _by_jax(lambda q, p: step(q, p, k), (q, p), steps)  # noqa: E731
    return _interleaved(f"leapfrog, {width} springs, {steps} steps", ours, by_jax, by_hand, arrays)


def lorenz(steps: int) -> Result:
    """Euler steps of Lorenz' equations, whose state is put together of three numbers."""

    def slope(stack: Any, s: Any) -> Any:
        x, y, z = s[0], s[1], s[2]
        return stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])

    def ours(s: Any) -> Any:
        import theano

        return _scans(theano, lambda s: s + 0.001 * slope(theano.tensor.stack, s), [s], steps)

    def by_hand(s):
        out, (x, y, z) = np.empty((steps, 3)), s
        for t in range(steps):
            dx, dy, dz = 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z
            x, y, z = x + 0.001 * dx, y + 0.001 * dy, z + 0.001 * dz
            out[t, 0], out[t, 1], out[t, 2] = x, y, z
        return out

    by_jax = lambda s: _by_jax(lambda s: (s + 0.001 * slope(jax.numpy.stack, s),), (s,), steps)[0]  # noqa: E731
    return _interleaved(f"Lorenz equations, {steps} steps", ours, by_jax, by_hand, (np.ones(3),))


def coupled(width: int, steps: int) -> Result:
    """Euler steps of a network of rates: a product of a matrix with the state in each step."""

    def ours(h: Any, w: Any) -> Any:
        import theano

        tensor = theano.tensor
        return _scans(theano, lambda h, w: h + DT * (tensor.tanh(tensor.dot(w, h)) - h), [h], steps, w)

    def by_hand(h, w):
        out = np.empty((steps, len(h)))
        for t in range(steps):
            for i in range(len(h)):
                total = 0.0
                for j in range(len(h)):
                    total += w[i, j] * (h[j] if t == 0 else out[t - 1, j])
                old = h[i] if t == 0 else out[t - 1, i]
                out[t, i] = old + DT * (np.tanh(total) - old)
        return out

    rng = np.random.default_rng(0)
    arrays = rng.normal(size=width), rng.normal(size=(width, width)) / width**0.5
    tanh = lambda h, w: h + DT * (jax.numpy.tanh(w @ h) - h)  # noqa: E731
    by_jax = lambda h, w: _by_jax(lambda h: (tanh(h, w),), (h,), steps)[0]  # noqa: E731
    return _interleaved(f"network of {width} rates, {steps} steps", ours, by_jax, by_hand, arrays)


def coupled_gradient(width: int, steps: int) -> Result:
    """The gradient of the sum of all squared rates of such a network, by its first state and its weights."""

    def ours(h: Any, w: Any) -> Any:
        import theano

        tensor = theano.tensor
        rates = _scans(theano, lambda h, w: h + DT * (tensor.tanh(tensor.dot(w, h)) - h), [h], steps, w)
        return theano.grad(tensor.sum(tensor.sqr(rates)), [h, w])

    def by_hand(h, w):
        n = len(h)
        out, slopes = np.empty((steps + 1, n)), np.empty((steps, n))
        out[0] = h
        for t in range(steps):
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += w[i, j] * out[t, j]
                rate = np.tanh(total)
                slopes[t, i] = DT * (1 - rate * rate)
                out[t + 1, i] = out[t, i] + DT * (rate - out[t, i])
        by_state, by_weights, delta = np.zeros(n), np.zeros((n, n)), np.empty(n)
        for t in range(steps - 1, -1, -1):
            for i in range(n):
                by_state[i] += 2 * out[t + 1, i]
                delta[i] = by_state[i] * slopes[t, i]
                by_state[i] *= 1 - DT
            for i in range(n):
                for j in range(n):
                    by_state[j] += w[i, j] * delta[i]
                    by_weights[i, j] += delta[i] * out[t, j]
        return by_state, by_weights

    def by_jax(h, w):
        rates = _by_jax(lambda h: (h + DT * (jax.numpy.tanh(w @ h) - h),), (h,), steps)[0]
        return jax.numpy.sum(rates * rates)

    rng = np.random.default_rng(0)
    arrays = rng.normal(size=width), rng.normal(size=(width, width)) / width**0.5
    name = f"its gradient, {width} rates, {steps} steps"
    return _interleaved(name, ours, jax and jax.grad(by_jax, (0, 1)), by_hand, arrays, "adjoint by hand")


CASES = [
    partial(springs, 3, 10_000),
    partial(springs, 32, 10_000),
    partial(pendulums, 3, 10_000),
    partial(pendulums, 32, 10_000),
    partial(lorenz, 10_000),
    partial(coupled, 3, 10_000),
    partial(coupled, 32, 10_000),
    partial(coupled_gradient, 3, 10_000),
    partial(coupled_gradient, 12, 10_000),
]
