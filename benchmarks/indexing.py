"""Embedding tables: rows by number, the gradient of that, a step that touches only the rows used; masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, check, interleaved
from benchmarks.peers import bind, jax, jax_call, numba, numba_call, torch

ROWS, WIDTH, BATCH, RATE = 50_000, 128, 4096, np.float32(0.1)


def _arrays() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(ROWS, WIDTH)).astype("float32")
    return table, rng.integers(0, ROWS, BATCH), rng.normal(size=(BATCH, WIDTH)).astype("float32")


def lookup() -> Result:
    """``table[rows]``."""
    import theano
    from theano import tensor

    table, rows, _ = _arrays()
    index = tensor.lvector("rows")
    contestants: Contestants = {"theano": bind(theano.function([index], theano.shared(table)[index]), rows)}
    contestants["NumPy"] = bind(table.take, rows, 0)

    def loop(table, rows):
        out = np.empty((len(rows), table.shape[1]), table.dtype)
        for i in range(len(rows)):
            out[i] = table[rows[i]]
        return out

    if numba:
        contestants["Numba"] = numba_call(loop, table, rows)
    if jax:
        contestants["JAX"] = jax_call(lambda t, r: t[r], table, rows)
    if torch:
        held, numbers = torch.from_numpy(table), torch.from_numpy(rows)
        contestants["torch"] = lambda: torch.nn.functional.embedding(numbers, held)
    moved = 2 * BATCH * WIDTH * 4
    return interleaved("embedding lookup", contestants, bound=1.0, expected=table[rows], tolerance=0, moved=moved)


def dense_gradient() -> Result:
    """The gradient with respect to the whole table."""
    import theano
    from theano import tensor

    table, rows, slope = _arrays()
    index, weights, held = tensor.lvector("rows"), tensor.fmatrix("slope"), theano.shared(table)
    gradient = theano.grad((held[index] * weights).sum(), held)
    contestants: Contestants = {"theano": bind(theano.function([index, weights], gradient), rows, slope)}

    def by_numpy():
        out = np.zeros_like(table)
        np.add.at(out, rows, slope)
        return out

    def loop(rows, slope, height):
        out = np.zeros((height, slope.shape[1]), slope.dtype)
        for i in range(len(rows)):
            for j in range(slope.shape[1]):
                out[rows[i], j] += slope[i, j]
        return out

    contestants["NumPy"] = by_numpy
    if numba:
        contestants["Numba"] = bind(numba.njit(loop), rows, slope, ROWS)
    if jax:
        zeros = jax.numpy.zeros
        contestants["JAX"] = jax_call(lambda r, g: zeros((ROWS, WIDTH), g.dtype).at[r].add(g), rows, slope)
    moved = table.nbytes + slope.nbytes
    return interleaved(
        "dense gradient of the lookup", contestants, bound=1.0, expected=by_numpy(), tolerance=1e-6, moved=moved
    )


def sparse_step() -> Result:
    """``table[rows] -= rate * slope`` in place, repeated rows counted."""
    import theano
    from theano import tensor

    table, rows, slope = _arrays()
    index, weights, held = tensor.lvector("rows"), tensor.fmatrix("slope"), theano.shared(table)
    stepped = tensor.inc_subtensor(held[index], -RATE * weights)
    f = theano.function([index, weights], [], updates=[(held, stepped)])
    expected = table.copy()
    np.subtract.at(expected, rows, RATE * slope)
    f(rows, slope)
    check("theano", held.get_value(), expected, 1e-6)
    contestants: Contestants = {"theano": bind(f, rows, slope)}
    by_numpy = table.copy()
    contestants["NumPy"] = lambda: np.subtract.at(by_numpy, rows, RATE * slope)

    def loop(table, rows, slope):
        for i in range(len(rows)):
            for j in range(table.shape[1]):
                table[rows[i], j] -= RATE * slope[i, j]

    if numba:
        contestants["Numba"] = numba_call(loop, table.copy(), rows, slope)
    if jax:
        contestants["JAX"] = _jax_step(table, rows, slope)
    return interleaved("sparse SGD step in place", contestants, bound=1.0, moved=3 * slope.nbytes)


def _jax_step(table: Any, rows: Any, slope: Any) -> Any:
    update = jax.jit(lambda t, r, g: t.at[r].add(-RATE * g), donate_argnums=0)
    state = jax.numpy.array(table)
    held = jax.device_put((rows, slope))

    def step() -> object:
        nonlocal state
        state = update(state, *held)
        return state.block_until_ready()

    return step


MASKED = (1000, 1000)


def _masked() -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    values = rng.normal(size=MASKED).astype("float32")
    return values, rng.random(MASKED) < 0.5


def masked_read() -> Result:
    """``x[mask]``, half of the elements."""
    import theano
    from theano import tensor

    values, mask = _masked()
    x, m = tensor.fmatrix("x"), tensor.TensorType("bool", (False, False))("m")
    contestants: Contestants = {"theano": bind(theano.function([x, m], x[m]), values, mask)}
    contestants["NumPy"] = lambda: values[mask]

    def loop(values, mask):
        out = np.empty(mask.sum(), values.dtype)
        at = 0
        for i in range(mask.shape[0]):
            for j in range(mask.shape[1]):
                if mask[i, j]:
                    out[at] = values[i, j]
                    at += 1
        return out

    if numba:
        contestants["Numba"] = numba_call(loop, values, mask)
    return interleaved("elements under a mask", contestants, bound=1.0, expected=values[mask], tolerance=0)


def masked_write() -> Result:
    """``x`` with zeros under a mask."""
    import theano
    from theano import tensor

    values, mask = _masked()
    x, m = tensor.fmatrix("x"), tensor.TensorType("bool", (False, False))("m")
    f = theano.function([x, m], tensor.set_subtensor(x[m], np.float32(0)))

    def by_numpy():
        out = values.copy()
        out[mask] = 0
        return out

    contestants: Contestants = {"theano": bind(f, values, mask), "NumPy": by_numpy}
    if jax:
        contestants["JAX"] = jax_call(lambda x, m: jax.numpy.where(m, np.float32(0), x), values, mask)
    return interleaved("zeros under a mask", contestants, bound=1.0, expected=by_numpy(), tolerance=0)


CASES = [lookup, dense_gradient, sparse_step, masked_read, masked_write]
