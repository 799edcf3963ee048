"""Products of matrices, vectors and batches by shape: layouts as a model's forward and backward passes have them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import bind, jax, jax_call, theano_call

DTYPES = ("float32", "float64")
SQUARES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
# rows, contracted, columns
OTHERS = (
    (60, 784, 500),
    (600, 784, 500),
    (600, 500, 10),
    (32, 256, 256),
    (500, 500, 4),
    (100, 1, 100),
    (20, 300, 10),
    (6, 512, 500),
)
LAYERS = ((20000, 16, 256), (6000, 64, 512), (600, 784, 500))
VECTORS = ((32, 32), (256, 256), (400, 784), (1000, 10), (10, 1000), (2000, 2000))
BATCHES = ((1000, 4, 4, 4), (200, 10, 10, 10), (64, 32, 64, 32), (16, 128, 64, 128))
LAYOUTS = {"": (False, False), ", first transposed": (True, False), ", second transposed": (False, True)}


def _array(rng: Any, shape: tuple[int, ...], dtype: str, turned: bool) -> Any:
    values = rng.normal(size=shape[::-1] if turned else shape).astype(dtype)
    return values.T if turned else values


def _turned(build: Any, layout: tuple[bool, bool]) -> Any:
    """`build` of operands that are given transposed: no contestant may choose the layout itself."""
    return lambda *given: build(*(v.T if turned else v for v, turned in zip(given, layout)))


def _case(name: str, dtype: str, build: Any, ours: Any, arrays: list[Any], layout: tuple[bool, bool]) -> Result:
    held = [a.T if turned else a for a, turned in zip(arrays, layout)]
    out = build(*arrays)
    contestants: Contestants = {"theano": theano_call(_turned(ours, layout), *held)}
    into = np.empty_like(out, order="C")
    contestants["NumPy"] = partial(build, *arrays, out=into) if into.ndim else bind(build, *arrays)
    if jax:
        contestants["JAX"] = jax_call(_turned(jax.numpy.matmul, layout), *held)
    tolerance = 1e-4 if dtype == "float32" else 1e-11
    return interleaved(f"{name} {dtype}", contestants, bound=1.0, expected=out, tolerance=tolerance)


def matrices(m: int, k: int, n: int, dtype: str, layout: str = "") -> Result:
    """One shape and layout."""
    from theano import tensor

    rng = np.random.default_rng(0)
    first, second = LAYOUTS[layout]
    arrays = [_array(rng, (m, k), dtype, first), _array(rng, (k, n), dtype, second)]
    return _case(f"{m} x {k} x {n}{layout}", dtype, np.matmul, tensor.dot, arrays, LAYOUTS[layout])


def layer(m: int, k: int, n: int, dtype: str) -> Result:
    """A layer of a net: bias and activation on a product."""
    from theano import tensor

    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=s, scale=0.3).astype(dtype) for s in ((m, k), (k, n), (n,)))
    contestants: Contestants = {"theano": theano_call(lambda x, w, b: tensor.tanh(tensor.dot(x, w) + b), x, w, b)}
    contestants["NumPy"] = lambda: np.tanh(x @ w + b)
    if jax:
        contestants["JAX"] = jax_call(lambda x, w, b: jax.numpy.tanh(x @ w + b), x, w, b)
    expected = np.tanh(x.astype("float64") @ w + b)
    name = f"tanh(x w + b), {m} x {k} x {n} {dtype}"
    return interleaved(name, contestants, bound=1.0, expected=expected, tolerance=1e-4)


def vector(m: int, k: int, dtype: str, layout: str = "") -> Result:
    """A matrix and a vector."""
    from theano import tensor

    rng = np.random.default_rng(0)
    arrays = [_array(rng, (m, k), dtype, LAYOUTS[layout][0]), _array(rng, (k,), dtype, False)]
    return _case(f"{m} x {k} and a vector{layout}", dtype, np.matmul, tensor.dot, arrays, LAYOUTS[layout])


def batch(count: int, m: int, k: int, n: int, dtype: str) -> Result:
    """Many products of one shape."""
    from theano import tensor

    rng = np.random.default_rng(0)
    arrays = [_array(rng, (count, m, k), dtype, False), _array(rng, (count, k, n), dtype, False)]
    name = f"{count} of {m} x {k} x {n}"
    return _case(name, dtype, np.matmul, tensor.batched_dot, arrays, LAYOUTS[""])


def batch_gradient(count: int, m: int, k: int, n: int, dtype: str) -> Result:
    """Both gradients of a batch of products: each has one operand transposed."""
    import theano
    from theano import tensor

    rng = np.random.default_rng(0)
    given = [_array(rng, (count, *shape), dtype, False) for shape in ((m, k), (k, n), (m, n))]
    x, y, g = (tensor.tensor3(dtype=dtype) for _ in given)
    ours = theano.grad(None, [x, y], known_grads={tensor.batched_dot(x, y): g})

    def by_hand(lib: Any) -> Any:
        return lambda x, y, g: (lib.matmul(g, y.transpose(0, 2, 1)), lib.matmul(x.transpose(0, 2, 1), g))

    out = by_hand(np)(*given)
    contestants: Contestants = {
        "theano": bind(theano.function([x, y, g], ours), *given),
        "NumPy": bind(by_hand(np), *given),
    }
    if jax:
        contestants["JAX"] = jax_call(by_hand(jax.numpy), *given)
    tolerance = 1e-4 if dtype == "float32" else 1e-11
    name = f"gradients of {count} of {m} x {k} x {n} {dtype}"
    return interleaved(name, contestants, bound=1.0, expected=out, tolerance=tolerance)


def _cases() -> Any:
    for dtype in DTYPES:
        for size in SQUARES:
            yield partial(matrices, size, size, size, dtype)
        for shape in OTHERS:
            for layout in LAYOUTS:
                yield partial(matrices, *shape, dtype, layout)
        for shape in LAYERS:
            yield partial(layer, *shape, dtype)
        for shape in VECTORS:
            for layout in list(LAYOUTS)[:2]:
                yield partial(vector, *shape, dtype, layout)
        for shape in BATCHES:
            yield partial(batch, *shape, dtype)
            yield partial(batch_gradient, *shape, dtype)


CASES = list(_cases())
