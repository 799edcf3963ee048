"""Random loops and their gradients: rewritten and native against the Python executor on the graph as it was written."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import scan
from theano.scan_module import until

PYTHON = theano.Mode("py", None)
TAPS = ([-1], [-2, -1], [-3, -1], [-2])
UNARY = (
    T.tanh,
    T.sin,
    T.nnet.sigmoid,
    lambda a: a / (1 + T.sqr(a)),
    lambda a: T.exp(-T.sqr(a)),
    lambda a: T.abs_(a) * 0.5,
    lambda a: T.log1p(T.sqr(a)),
)
BINARY = (T.add, T.sub, T.mul, T.maximum, T.minimum, lambda a, b: T.switch(T.gt(a, b), a, b * 0.5))


def expression(draw, terms, depth, unary=UNARY):
    if depth == 0 or draw.random() < 0.15:
        return terms[draw.integers(len(terms))]
    a = expression(draw, terms, depth - 1, unary)
    if draw.random() < 0.4:
        return BINARY[draw.integers(len(BINARY))](a, expression(draw, terms, depth - 1, unary))
    return unary[draw.integers(len(unary))](a)


def products(matrix):
    """Functions that multiply vectors by `matrix`, from either side, and leave numbers alone."""
    return (
        lambda a: T.dot(matrix, a) if a.ndim else a,
        lambda a: T.dot(T.tanh(a), matrix) if a.ndim else a,
    )


class Loop:
    """A loop drawn from a seed: inputs, their values, and outputs with their gradients.

    With `weights` its values are short vectors, which are also multiplied by so many matrices.
    """

    def __init__(self, seed, weights=0):
        self.draw = np.random.default_rng(seed)
        self.dtype = ("float64", "float32")[self.draw.integers(2)]
        self.shape = [(), (int(self.draw.integers(40)),), tuple(map(int, self.draw.integers(1, 6, 2))), (3,)][
            self.draw.integers(4)
        ]
        if weights:
            self.shape = (int(self.draw.integers(1, 20)),)
        self.weights = weights
        self.steps = int(self.draw.integers(9))
        self.inputs, self.values = [], []
        self.outputs = self._build()

    def _input(self, *shape):
        self.inputs.append(T.TensorType(self.dtype, (False,) * len(shape))())
        self.values.append(self.draw.normal(size=shape).astype(self.dtype))
        return self.inputs[-1]

    def _build(self):
        rows = [self._input(self.steps + self.draw.integers(2), *self.shape) for _ in range(self.draw.integers(3))]
        taps = [TAPS[self.draw.integers(len(TAPS))] for _ in range(self.draw.integers(1, 4))]
        states = [self._input(*(() if t == [-1] else (-min(t),)), *self.shape) for t in taps]
        fixed = [self._input(*(self.shape if self.draw.random() < 0.6 else ())) for _ in range(self.draw.integers(3))]
        weights = [self._input(*self.shape, *self.shape) for _ in range(self.weights)]
        for value in self.values[len(self.values) - self.weights :]:
            value /= len(value)
        stops, backwards, mapped = (bool(self.draw.random() < share) for share in (0.25, 0.3, 0.4))

        def step(*terms):
            terms, matrices = terms[: len(terms) - len(weights)], terms[len(terms) - len(weights) :]
            unary = (*UNARY, *(f for w in matrices for f in 3 * products(w)))
            state = terms[len(rows)]
            pool = [*terms, T.constant(np.asarray(0.7, self.dtype))]
            news = [expression(self.draw, pool, 3, unary) + 0 * state for _ in taps]
            news += [expression(self.draw, pool, 2, unary) + state] * mapped
            news = [T.cast(new, self.dtype) for new in news]
            return (news, until(T.gt(T.sum(state), 1.5))) if stops and self.steps != 1 else news

        results, _ = scan(
            step,
            rows,
            [{"initial": s, "taps": t} for s, t in zip(states, taps, strict=True)] + [None] * mapped,
            [*fixed, *weights],
            n_steps=self.steps,
            go_backwards=backwards,
            return_list=True,
        )
        cost = sum(T.sum(T.sin(r)) for r in results)
        gradients = theano.grad(cost, self.inputs, disconnected_inputs="ignore")
        return [*results, *(r[-1:] for r in results), *gradients]

    def check(self):
        expected, found = (
            theano.function(self.inputs, self.outputs, mode=mode, on_unused_input="ignore")(*self.values)
            for mode in (PYTHON, None)
        )
        tolerance = 2e-4 if self.dtype == "float32" else 1e-9
        for i, (a, b) in enumerate(zip(expected, found, strict=True)):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance, err_msg=f"output {i}")


@pytest.mark.parametrize("seed", range(40))
def test_agreement(seed):
    Loop(seed).check()


@pytest.mark.parametrize("seed", range(2000, 2025))
def test_agreement_of_loops_with_products(seed):
    Loop(seed, weights=1 + seed % 2).check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1600))
def test_agreement_at_length(seed):
    Loop(seed).check()
    Loop(seed + 2000, weights=1 + seed % 2).check()


def as_column(s):
    return s.dimshuffle(0, "x")


EXTREMA = {
    "maximum": lambda s, a, b: T.maximum((s + a) * (s * b), T.exp(-s)),
    "minimum": lambda s, a, b: T.minimum((s + a) * (s * b), 2.0 + T.exp(-s)),
    "max of rows": lambda s, a, b: T.max((as_column(s) + a) * (as_column(s) * b), axis=1),
    "min of rows": lambda s, a, b: T.min((as_column(s) + a) * (as_column(s) * b), axis=1),
}


@pytest.mark.parametrize("name", EXTREMA)
def test_gradients_of_extrema_whose_value_the_loop_stored(name):
    """The step backwards computes the operands again, in another order than the loop that stored the result."""
    a, b, start = T.dvectors("a", "b", "start")
    draw = np.random.default_rng(0)
    values = [draw.uniform(0.5, 1.5, 40), draw.uniform(0.5, 1.5, 40), draw.uniform(0.5, 1, 40)]
    rows, _ = scan(EXTREMA[name], outputs_info=start, non_sequences=[a, b], n_steps=3)
    gradients = theano.grad(T.sum(T.tanh(rows)), [a, b, start])
    expected, found = (theano.function([a, b, start], gradients, mode=mode)(*values) for mode in (PYTHON, None))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)  # 1 - tanh(x)**2 is as exact as 1 is
