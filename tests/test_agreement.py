"""Backends against each other, and against NumPy, on random graphs."""

from __future__ import annotations

import random

import numpy as np
import pytest

import theano
from theano import tensor
from theano.graph import FunctionGraph
from theano.lowering import lower

PYTHON = theano.Mode("py", None)
UNARY = ("neg", "exp", "tanh", "sin", "cos", "sqr", "abs_", "sigmoid", "softplus", "log1p", "expm1", "sgn", "floor")
BINARY = ("add", "sub", "mul", "maximum", "minimum", "true_div")
DTYPES = ("float64", "float32", "int32", "int8", "bool")


def unary(name, x):
    if name in ("sigmoid", "softplus"):
        return getattr(tensor.nnet, name)(x)
    return getattr(tensor, name)(tensor.abs_(x) if name == "log1p" else x)


class Drawer:
    """Draws a random expression from a seed, over a pool of variables that grows."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.inputs, self.values = [], []
        rows, columns = self.draw.choice([(4, 5), (1, 7), (17, 3), (6, 1), (33, 20)])
        self.shape = (rows, columns)
        for shape, flags in [
            ((rows, columns), (False, False)),
            ((columns,), (False,)),
            ((), ()),
            ((rows, 1), (False, True)),
        ]:
            dtype = self.draw.choice(DTYPES[:2] if self.draw.random() < 0.7 else DTYPES)
            self.inputs.append(tensor.TensorType(dtype, flags)())
            self.values.append(self._value(shape, dtype))
        self.pool = list(self.inputs)

    def _value(self, shape, dtype):
        if dtype == "bool":
            return np.asarray(self.numbers.integers(0, 2, shape), "bool")
        if dtype.startswith("int"):
            return np.asarray(self.numbers.integers(-9, 9, shape), dtype)
        return np.asarray(self.numbers.normal(size=shape), dtype)

    def _float(self):
        x = self.draw.choice(self.pool)
        return x if x.dtype.startswith("float") else tensor.cast(x, "float64")

    def grow(self):
        kind = self.draw.random()
        x = self._float()
        if kind < 0.4:
            made = unary(self.draw.choice(UNARY), tensor.clip(x, -8, 8))
        elif kind < 0.7:
            name = self.draw.choice(BINARY)
            y = self._float()
            made = getattr(tensor, name)(x, tensor.sqr(y) + 1 if name == "true_div" else y)
        elif kind < 0.8 and x.ndim:
            axis = self.draw.choice([None, *range(x.ndim)])
            made = getattr(tensor, self.draw.choice(["sum", "max", "mean", "min"]))(x, axis=axis, keepdims=True)
        elif kind < 0.9 and x.ndim == 2:
            softmax = self.draw.random() < 0.5 and not x.broadcastable[1]
            made = tensor.nnet.softmax(x) if softmax else tensor.dot(x, x.T).dot(x)
        else:
            made = tensor.switch(x > 0, x, self._float())
        self.pool.append(made)

    def outputs(self, count=3):
        for _ in range(12):
            self.grow()
        return self.pool[-count:]


def close(a, b, dtypes):
    """Equal up to rounding; the roughest dtype that took part decides, since values flow through all of them."""
    dtype = "float32" if "float32" in dtypes else "float64"
    tolerance = 1e-5 if dtype == "float32" else 1e-10
    scale = max(1.0, float(np.nanmax(np.abs(b), initial=0.0, where=np.isfinite(b))))
    return np.allclose(a, b, rtol=tolerance * 50, atol=tolerance * scale, equal_nan=True)


def compare(seed):
    drawer = Drawer(seed)
    outputs = drawer.outputs()
    reference = theano.function(drawer.inputs, outputs, mode=PYTHON, on_unused_input="ignore")(*drawer.values)
    for mode in ("FAST_RUN", "FAST_COMPILE", theano.Mode("cvm", None)):
        found = theano.function(drawer.inputs, outputs, mode=mode, on_unused_input="ignore")(*drawer.values)
        for expression, a, b in zip(outputs, found, reference, strict=True):
            text = f"seed {seed}, {mode}: {theano.printing.pp(expression)}"
            assert a.dtype == b.dtype == expression.dtype, text
            assert a.shape == b.shape, text
            assert close(a, b, [v.dtype for v in drawer.inputs]), f"{text}\n{a}\n{b}"


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_agree(seed):
    compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 2000))
def test_many_random_graphs_agree(seed):
    compare(seed)


@pytest.mark.parametrize("seed", range(10))
def test_random_gradients_agree(seed):
    drawer = Drawer(seed + 100)
    cost = sum(tensor.sum(o) for o in drawer.outputs())
    wrt = [v for v in drawer.inputs if v.dtype.startswith("float")]
    gradients = theano.grad(cost, wrt, disconnected_inputs="ignore")
    results = [
        theano.function(drawer.inputs, gradients, mode=mode, on_unused_input="ignore")(*drawer.values)
        for mode in (PYTHON, "FAST_RUN")
    ]
    for variable, a, b in zip(wrt, *results, strict=True):
        assert a.shape == b.shape
        assert close(b, a, [v.dtype for v in drawer.inputs]), f"seed {seed}: gradient for {variable}"


@pytest.mark.parametrize("seed", range(10))
def test_plans_of_random_graphs_verify(seed):
    drawer = Drawer(seed + 200)
    f = theano.function(drawer.inputs, drawer.outputs(), on_unused_input="ignore")
    f.maker.fgraph.verify()
    for target in (None, "c", "loops"):
        lower(f.maker.fgraph, target).verify()
    assert isinstance(f.maker.fgraph, FunctionGraph)


@pytest.mark.parametrize("layout", ["C", "F", "strided", "negative", "transposed", "empty", "offset"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_layouts_do_not_matter(layout, dtype):
    x, y = tensor.TensorType(dtype, (False, False))("x"), tensor.TensorType(dtype, (False, False))("y")
    outputs = [
        x * tensor.exp(y) + 1,
        tensor.sum(x * y, axis=0),
        tensor.sum(x, axis=1),
        tensor.max(y),
        tensor.dot(x, y.T),
    ]
    numbers = np.random.default_rng(0)
    base = numbers.normal(size=(0, 6) if layout == "empty" else (10, 12)).astype(dtype)
    other = numbers.normal(size=base.shape).astype(dtype)
    if layout == "empty":
        outputs = [o for i, o in enumerate(outputs) if i != 3]
    value = {
        "C": base,
        "F": np.asfortranarray(base),
        "strided": base[::2, ::3],
        "negative": base[::-1, ::-1],
        "transposed": base.T,
        "empty": base,
        "offset": base[1:, 1:],
    }[layout]
    other = {"transposed": other.T, "strided": other[::2, ::3], "offset": other[1:, 1:]}.get(layout, other)
    fast, slow = (theano.function([x, y], outputs, mode=mode)(value, other) for mode in ("FAST_RUN", PYTHON))
    for a, b in zip(fast, slow, strict=True):
        assert a.shape == b.shape
        assert close(a, b, [dtype])


def test_a_value_does_not_depend_on_its_place():
    x = tensor.fvector("x")
    f = theano.function([x], tensor.tanh(x) * tensor.exp(-x) + tensor.log1p(tensor.sqr(x)))
    values = np.random.default_rng(0).normal(size=101).astype("float32")
    whole = f(values)
    for start, stop in [(0, 1), (3, 40), (99, 101), (50, 83)]:
        assert np.array_equal(f(values[start:stop]), whole[start:stop])
    assert np.array_equal(f(values[::-1]), whole[::-1])
