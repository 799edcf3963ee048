"""Loops made at random: in C and rewritten they give what the plain Python executor gives, derivatives too."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scan_module import scan, until
from theano.scan_module.scan_op import Scan

PLAIN = theano.Mode("py", None)
OTHERS = {
    "C": theano.Mode("cvm", None),
    "C, rewritten": theano.Mode("cvm", "fast_run"),
    "rewritten": theano.Mode("py", "fast_run"),
}
UNARY = [T.tanh, T.nnet.sigmoid, T.sin, lambda v: T.exp(-(v**2)), abs, lambda v: v * 0.5, lambda v: T.maximum(v, 0.1)]
BINARY = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.3 * b, T.maximum,
          lambda a, b: T.switch(a > b, a, b * 0.5)]  # fmt: skip
WIDTH, ROWS = 5, 3


class Draw:
    """One loop: choices come from a random stream, so that a seed stands for a program."""

    def __init__(self, seed, smooth=False):
        self.rng = np.random.RandomState(seed)
        self.smooth = smooth
        self.dtype = "float64" if smooth or self.rng.rand() < 0.6 else "float32"
        self.ndim = int(self.rng.choice([0, 1, 1, 2]))
        self.inputs, self.values = [], []

    def number(self, low, high):
        return int(self.rng.randint(low, high + 1))

    def variable(self, shape, dtype=None):
        dtype = dtype or self.dtype
        v = T.TensorType(dtype, (False,) * len(shape))()
        self.inputs.append(v)
        self.values.append(np.asarray(self.rng.randn(*shape) * 0.7, dtype))
        return v

    @property
    def row(self):
        return (WIDTH, WIDTH)[: self.ndim] if self.ndim < 2 else (ROWS, WIDTH)

    def mix(self, parts):
        """An expression with the type of a row that reads all of `parts`."""
        unary = UNARY[:4] if self.smooth else UNARY
        binary = BINARY[:3] if self.smooth else BINARY
        total = parts[0]
        for part in parts[1:]:
            total = binary[self.number(0, len(binary) - 1)](total, part)
            if self.rng.rand() < 0.5:
                total = unary[self.number(0, len(unary) - 1)](total)
        if self.ndim and self.rng.rand() < 0.5:
            total = total + T.dot(total, self.weights) * 0.2
        if self.ndim and self.rng.rand() < 0.3:
            total = total - total.mean(axis=-1, keepdims=True)
        return T.cast(T.tanh(total), self.dtype)

    def build(self):
        steps = int(self.rng.choice([1, 2, 3, 7] if self.smooth else [0, 1, 2, 3, 7]))
        sequences = []
        for _ in range(self.number(0, 2)):
            taps = sorted(int(t) for t in self.rng.choice([-2, -1, 0, 1], size=self.number(1, 2), replace=False))
            mixed = "float32" if self.rng.rand() < 0.3 and not self.smooth else None
            sequences.append({"input": self.variable((steps + 4, *self.row), mixed), "taps": taps})
        states = []
        for _ in range(self.number(1, 2)):
            taps = sorted(int(t) for t in self.rng.choice([-3, -2, -1], size=self.number(1, 2), replace=False))
            first = self.row if taps == [-1] else (-taps[0], *self.row)
            states.append({"initial": self.variable(first), "taps": taps})
        self.weights = self.variable((WIDTH, WIDTH))
        fixed = self.variable(self.row)
        stored, nested = self.number(0, 2), self.rng.rand() < 0.25
        stops = self.rng.rand() < 0.25 and not self.smooth and steps != 1
        reads = sum(len(s["taps"]) for s in sequences)

        def step(*args):
            rows, past = list(args[:reads]), list(args[reads:])
            rows = [T.cast(r, self.dtype) for r in rows]
            new = []
            for s in states:
                own = [past.pop(0) for _ in s["taps"]]
                new.append(self.mix([*own, *rows, fixed]))
            if nested:
                inner, _ = scan(lambda k: T.tanh(k * 0.5 + new[0]), outputs_info=new[0], n_steps=3)
                new[0] = inner[-1]
            new += [self.mix([new[0], *rows]) for _ in range(stored)]
            return (new, until(new[0].sum() > 1.5)) if stops else new

        outs, updates = scan(step, sequences, [*states, *[None] * stored], n_steps=steps,
                             go_backwards=bool(self.rng.rand() < 0.3))  # fmt: skip
        assert not updates
        return outs if isinstance(outs, list) else [outs]


@pytest.mark.parametrize("seed", range(24))
def test_results(seed):
    draw = Draw(seed)
    outs = draw.build()
    outs = [*outs, outs[0][-1:].sum(), *[o[1:] for o in outs[:1]]]
    expected = theano.function(draw.inputs, outs, mode=PLAIN, on_unused_input="ignore")(*draw.values)
    for name, mode in OTHERS.items():
        f = theano.function(draw.inputs, outs, mode=mode, on_unused_input="ignore")
        if name != "rewritten":
            assert all(type(s).__name__ == "CallStep" for s in f.plan.steps if isinstance(s.node.op, Scan))
        for _ in range(2):
            for found, wanted in zip(f(*draw.values), expected, strict=True):
                assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
                tolerance = 1e-9 if draw.dtype == "float64" and wanted.dtype == "float64" else 2e-5
                np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("seed", range(100, 112))
def test_gradients(seed):
    draw = Draw(seed, smooth=True)
    outs = draw.build()
    cost = sum((o**2).sum() for o in outs)
    gs = T.grad(cost, draw.inputs, disconnected_inputs="ignore")
    last = T.grad(outs[0][-1].sum(), draw.inputs, disconnected_inputs="ignore")
    expected = theano.function(draw.inputs, [*gs, *last], mode=PLAIN, on_unused_input="ignore")(*draw.values)
    for mode in (OTHERS["C, rewritten"], OTHERS["rewritten"]):
        f = theano.function(draw.inputs, [*gs, *last], mode=mode, on_unused_input="ignore")
        for found, wanted in zip(f(*draw.values), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("seed", range(200, 204))
def test_gradients_against_differences(seed):
    draw = Draw(seed, smooth=True)
    total = sum((o**2).sum() for o in draw.build())
    f = theano.function(draw.inputs, total, on_unused_input="ignore")
    g = theano.function(draw.inputs, T.grad(total, draw.inputs, disconnected_inputs="ignore"), on_unused_input="ignore")
    slopes = g(*draw.values)
    for _ in range(3):
        directions = [np.asarray(draw.rng.randn(*v.shape)) for v in draw.values]
        ahead, behind = ([v + s * 1e-6 * d for v, d in zip(draw.values, directions)] for s in (1, -1))
        slope = sum((d * s).sum() for d, s in zip(directions, slopes))
        np.testing.assert_allclose((f(*ahead) - f(*behind)) / 2e-6, slope, rtol=1e-5, atol=1e-6)
