"""Loops: recurrent nets forward and backward, scalar recurrences, compile time, and the memory of checkpoints.

The step is written as users write it, ``tanh(dot(x_t, W) + dot(h, U))``, for JAX and for us. Numba's code is by hand:
one product for all steps before the loop, loops over vectors, products of matrices by `numpy.dot`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.compile_time import first_results
from benchmarks.fresh import in_fresh_process
from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import jax, jax_call, numba, numba_call, theano_call

NESTED_LIMIT = 1.0
"""Seconds."""


def _arrays(steps: int, hidden: int, batch: int) -> tuple[Any, ...]:
    """Sequence, weights, first state; without a dimension for a batch of one."""
    rng = np.random.default_rng(0)
    rows = (batch, hidden) if batch > 1 else (hidden,)
    x = rng.normal(size=(steps, *rows))
    w, u = rng.normal(size=(2, hidden, hidden)) / hidden**0.5
    return tuple(a.astype("float32") for a in (x, w, 0.7 * u, np.zeros(rows)))


def _states(x: Any, w: Any, u: Any, h0: Any) -> Any:
    """NumPy's result, in float64."""
    h, found = np.asarray(h0, "float64"), []
    for row in np.asarray(x, "float64"):
        h = np.tanh(row @ w + h @ u)
        found.append(h)
    return np.array(found)


def _gradients(x: Any, w: Any, u: Any, h0: Any) -> Any:
    """Derivatives of the sum of squares of all states by both weights, in float64."""
    h = _states(x, w, u, h0)
    before = np.concatenate([h0[None], h[:-1]]).astype("float64")
    dw, du, below = np.zeros(w.shape), np.zeros(u.shape), np.zeros(h0.shape)
    for row, past, state in zip(x[::-1], before[::-1], h[::-1], strict=True):
        delta = (2 * state + below) * (1 - state**2)
        dw += np.atleast_2d(row).T @ np.atleast_2d(delta)
        du += np.atleast_2d(past).T @ np.atleast_2d(delta)
        below = delta @ np.asarray(u, "float64").T
    return dw, du


def _ours(x: Any, w: Any, u: Any, h0: Any) -> Any:
    import theano
    from theano import tensor

    step = lambda row, h, w, u: tensor.tanh(tensor.dot(row, w) + tensor.dot(h, u))  # noqa: E731
    return theano.scan(step, sequences=x, outputs_info=h0, non_sequences=[w, u])[0]


def _our_gradients(x: Any, w: Any, u: Any, h0: Any) -> Any:
    import theano

    return theano.grad((_ours(x, w, u, h0) ** 2).sum(), [w, u])


def _by_jax(x: Any, w: Any, u: Any, h0: Any) -> Any:
    def step(h, row):
        h = jax.numpy.tanh(row @ w + h @ u)
        return h, h

    return jax.lax.scan(step, h0, x)[1]


def _jax_gradients(x: Any, w: Any, u: Any, h0: Any) -> Any:
    return jax.grad(lambda w, u: (_by_jax(x, w, u, h0) ** 2).sum(), argnums=(0, 1))(w, u)


def _vectors_by_hand(x, w, u, h0):
    hidden = len(h0)
    h = np.dot(x, w)
    total = np.empty_like(h0)
    for t in range(len(x)):
        total[:] = h[t]
        for i in range(hidden):
            s = h0[i] if t == 0 else h[t - 1, i]
            for j in range(hidden):
                total[j] += s * u[i, j]
        for j in range(hidden):
            h[t, j] = np.tanh(total[j])
    return h


def _matrices_by_hand(x, w, u, h0):
    steps, batch, hidden = x.shape
    h = np.dot(x.reshape((steps * batch, hidden)), w).reshape((steps, batch, hidden))
    before = h0
    for t in range(steps):
        product = np.dot(before, u)
        for i in range(batch):
            for j in range(hidden):
                h[t, i, j] = np.tanh(h[t, i, j] + product[i, j])
        before = h[t]
    return h


def _vector_gradients_by_hand(x, w, u, h0):
    steps, hidden = x.shape
    h = np.dot(x, w)
    total = np.empty_like(h0)
    for t in range(steps):
        total[:] = h[t]
        for i in range(hidden):
            s = h0[i] if t == 0 else h[t - 1, i]
            for j in range(hidden):
                total[j] += s * u[i, j]
        for j in range(hidden):
            h[t, j] = np.tanh(total[j])
    before, deltas = np.empty_like(h), np.empty_like(h)
    below, turned = np.zeros_like(h0), u.T.copy()
    for t in range(steps - 1, -1, -1):
        before[t] = h0 if t == 0 else h[t - 1]
        for j in range(hidden):
            deltas[t, j] = (2 * h[t, j] + below[j]) * (1 - h[t, j] * h[t, j])
        below[:] = 0
        for i in range(hidden):
            s = deltas[t, i]
            for j in range(hidden):
                below[j] += s * turned[i, j]
    return np.dot(x.T, deltas), np.dot(before.T, deltas)


def _name(what: str, steps: int, hidden: int, batch: int) -> str:
    return f"RNN {what}, T={steps}, hidden {hidden}, batch {batch}"


def _with_limit(result: Result, steps: int, hidden: int, batch: int, products: int) -> Result:
    """With a note on what the products would take at the measured peak of a core, where these decide."""
    if batch == 1 or hidden < 256:
        return result
    from theano.cpu.work import machine_limits  # lazy: optional

    peak = 2 * machine_limits().flops  # measured on float64
    least = 2.0 * products * steps * batch * hidden**2 / peak
    limit = f"multiply-adds alone take {least * 1e3:.1f} ms at this core's measured {peak / 1e9:.0f} GFLOP/s"
    return replace(result, note=f"{result.note}; {limit}" if result.note else limit)


def forward(steps: int, hidden: int, batch: int, bound: float) -> Result:
    """All states of a recurrent net."""
    arrays = _arrays(steps, hidden, batch)
    contestants: Contestants = {"theano": theano_call(_ours, *arrays)}
    if jax:
        contestants["JAX"] = jax_call(_by_jax, *arrays)
    if numba:
        contestants["Numba"] = numba_call(_vectors_by_hand if batch == 1 else _matrices_by_hand, *arrays)
    name = _name("forward", steps, hidden, batch)
    result = interleaved(name, contestants, bound=bound, expected=_states(*arrays), tolerance=2e-4)
    return _with_limit(result, steps, hidden, batch, 2)


def backward(steps: int, hidden: int, batch: int, bound: float) -> Result:
    """Its gradient through time by both weights."""
    arrays = _arrays(steps, hidden, batch)
    contestants: Contestants = {"theano": theano_call(_our_gradients, *arrays)}
    if jax:
        contestants["JAX"] = jax_call(_jax_gradients, *arrays)
    if numba and batch == 1:
        contestants["Numba"] = numba_call(_vector_gradients_by_hand, *arrays)
    name = _name("gradient", steps, hidden, batch)
    result = interleaved(name, contestants, bound=bound, expected=_gradients(*arrays), tolerance=2e-3)
    return _with_limit(result, steps, hidden, batch, 5)


def power(steps: int, bound: float) -> Result:
    """A number to a power by repeated products."""

    def ours(a: Any) -> Any:
        import theano
        from theano import tensor

        return theano.scan(lambda p, a: p * a, outputs_info=tensor.ones_like(a), non_sequences=a, n_steps=steps)[0][-1]

    def by_hand(a):
        p = 1.0
        for _ in range(steps):
            p = p * a
        return p

    a = np.array(1.0 + 1e-6)
    contestants: Contestants = {"theano": theano_call(ours, a)}
    if jax:
        fori = lambda a: jax.lax.fori_loop(0, steps, lambda _, p: p * a, jax.numpy.ones_like(a))  # noqa: E731
        contestants["JAX"] = jax_call(fori, a)
    if numba:
        contestants["Numba"] = numba_call(by_hand, float(a))
    return interleaved(f"A**k, {steps} steps", contestants, bound=bound, expected=a**steps, tolerance=1e-9)


def growth(bound: float) -> Result:
    """A number that grows until it passes a limit, in about 69 000 steps."""
    rate, top = 1.0001, 1000.0

    def ours(a: Any) -> Any:
        import theano

        step = lambda p: (p * rate, theano.scan_module.until(p * rate > top))  # noqa: E731
        return theano.scan(step, outputs_info=a, n_steps=1_000_000)[0][-1]

    def by_hand(a):
        p = a
        for _ in range(1_000_000):
            p = p * rate
            if p > top:
                break
        return p

    a = np.array(1.0)
    contestants: Contestants = {"theano": theano_call(ours, a)}
    if jax:
        loop = lambda a: jax.lax.while_loop(lambda p: p <= top, lambda p: p * rate, a)  # noqa: E731
        contestants["JAX"] = jax_call(loop, a)
    if numba:
        contestants["Numba"] = numba_call(by_hand, float(a))
    return interleaved("while loop, 69 000 steps", contestants, bound=bound, expected=by_hand(1.0), tolerance=1e-9)


def scalar_functions(steps: int) -> Result:
    """A scalar recurrence with functions in it: s = tanh(a s) + exp(-s) x_t; no aim was set for it."""

    def ours(a: Any, x: Any) -> Any:
        import theano
        from theano import tensor

        step = lambda row, s, a: tensor.tanh(a * s) + tensor.exp(-s) * row  # noqa: E731
        return theano.scan(step, sequences=x, outputs_info=tensor.zeros_like(a), non_sequences=a)[0]

    def by_hand(a, x):
        out, s = np.empty_like(x), 0.0
        for t in range(len(x)):
            s = np.tanh(a * s) + np.exp(-s) * x[t]
            out[t] = s
        return out

    def by_jax(a: Any, x: Any) -> Any:
        def step(s, row):
            s = jax.numpy.tanh(a * s) + jax.numpy.exp(-s) * row
            return s, s

        return jax.lax.scan(step, jax.numpy.zeros_like(a), x)[1]

    a, x = np.array(0.7), np.random.default_rng(0).uniform(size=steps)
    contestants: Contestants = {"theano": theano_call(ours, a, x)}
    if jax:
        contestants["JAX"] = jax_call(by_jax, a, x)
    if numba:
        contestants["Numba"] = numba_call(by_hand, float(a), x)
    return interleaved(f"scalar scan with exp and tanh, {steps} steps", contestants,
                       expected=by_hand(float(a), x), tolerance=1e-9)  # fmt: skip


NESTED = """
import json, resource
import numpy as np
import theano
from theano import tensor

def used():
    kinds = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(k.ru_utime + k.ru_stime for k in kinds)

started = used()
x, w = tensor.dmatrix("x"), tensor.dmatrix("w")

def deep(h, row):
    for k in range(25):
        h = tensor.tanh(h * 0.9 + row) - tensor.exp(-h) * (k + 1.5)
    return h

def inner(row, h):
    return deep(h, row)

def middle(rows, h):
    return theano.scan(lambda row, h: inner(row, h), sequences=rows.dimshuffle(0, "x"), outputs_info=h)[0][-1]

h, _ = theano.scan(middle, sequences=x, outputs_info=w[0])
f = theano.function([x, w], h[-1])
f(np.ones((3, 4)) * 0.1, np.ones((2, 5)) * 0.1)
print(json.dumps(used() - started))
"""


def nested() -> list[Result]:
    """CPU seconds (the compiler's too) to compile two nested loops whose step has about a hundred nodes."""
    with TemporaryDirectory() as folder:
        in_fresh_process(NESTED, Path(folder), repeats=1)
        warm = in_fresh_process(NESTED, Path(folder))
    cold = in_fresh_process(NESTED)
    name = "nested scans of 100 nodes, from graph to result"
    return [
        Result(f"{name}, cold", {"theano": cold}, limit=NESTED_LIMIT),
        Result(f"{name}, second process", {"theano": warm}, limit=NESTED_LIMIT),
    ]


CHECKPOINTS = """
import json
import ctypes
import numpy as np
import theano
from theano import tensor
from theano.scan_module import scan_checkpoints
theano.config.recycled_memory = 0  # memory that is kept for later is no state
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # no huge pages, which would be counted whole
steps, width, every = {steps}, 16384, {every}
n, a, h0 = tensor.lscalar(), tensor.dscalar(), tensor.dvector()
step = lambda h, a: tensor.tanh(a * h)
h, _ = scan_checkpoints(step, outputs_info=h0, non_sequences=a, n_steps=n, save_every_N=every)
f = theano.function([n, a, h0], theano.grad(h[-1].sum(), [a, h0]))
value = np.ones(width)
f(4, 0.9, value)
f.free()

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1024

with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # the high-water mark starts anew
before = memory("VmRSS")
f(steps, 0.9, value)
print(json.dumps((memory("VmHWM") - before) / value.nbytes))
"""


def checkpoints(steps: int) -> Result:
    """States kept by the gradient of a loop with checkpoints, by the growth of the process (Linux)."""
    root = isqrt(steps)
    kept = in_fresh_process(CHECKPOINTS.format(steps=steps, every=root), repeats=1)
    return Result(f"gradient with checkpoints, T={steps}: {kept:.0f} states kept", {}, target=f"<= {2 * root} states")


CASES = [
    partial(forward, 100, 32, 1, 0.7),
    partial(forward, 1000, 32, 1, 0.6),
    partial(forward, 1000, 32, 32, 0.6),
    partial(forward, 1000, 256, 1, 0.85),
    partial(forward, 1000, 256, 32, 0.7),
    partial(backward, 100, 32, 1, 0.7),
    partial(backward, 1000, 32, 1, 0.6),
    partial(backward, 1000, 32, 32, 0.6),
    partial(backward, 1000, 256, 32, 0.7),
    partial(power, 100_000, 1.05),
    partial(growth, 1.05),
    partial(scalar_functions, 10_000),
    partial(first_results, "first result of an RNN with gradient", ("rnn", 100, False, False), (0.5, 0.5), whole=True),
    nested,
    partial(checkpoints, 10_000),
]
