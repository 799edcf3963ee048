"""Random graphs of small tensors: native and rewritten against the Python executor on the graph as it was written.

Inputs lie in the middle of larger memory, whose rest must stay as it was; one function is called with several lengths;
results of earlier calls must stay, and share no memory with inputs or with each other.
"""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T

PYTHON = theano.Mode("py", None)
MODES = {"default": None, "fast compile": "FAST_COMPILE", "rewritten": theano.Mode("py", "fast_run")}
GUARD = 24

UNARY = (
    T.tanh,
    T.sin,
    T.nnet.sigmoid,
    T.nnet.softplus,
    T.exp,
    abs,
    T.neg,
    lambda a: T.log1p(T.sqr(a)),
    lambda a: T.sqrt(abs(a) + 1),
    lambda a: a / (1 + T.sqr(a)),
    lambda a: a - a.mean(),
    lambda a: T.clip(a, -0.5, 0.75),
    lambda a: a**3,
)
BINARY = (
    T.add,
    T.sub,
    T.mul,
    T.maximum,
    T.minimum,
    lambda a, b: a / (T.sqr(b) + 1),
    lambda a, b: T.switch(T.ge(a, b), a, b * 0.5),
)
# From two terms of one length, one of that length.
VECTOR = (
    lambda a, b: a[::-1],
    lambda a, b: T.cumsum(a),
    lambda a, b: T.inc_subtensor(a[:2], 1.5),
    lambda a, b: T.set_subtensor(a[1:], b[:-1]),
    lambda a, b: T.join(0, a[:1], b[1:]),
    lambda a, b: T.dot(T.outer(a, b), T.tanh(b)),
    lambda a, b: T.nnet.softmax(T.stack([a, b]))[0],
    lambda a, b: (T.stack([a, b], axis=1) * T.stack([b, a], axis=1)).sum(axis=1),
    lambda a, b: T.stack([a, b, a]).max(axis=0),
    lambda a, b: T.roll(a, 1),
    lambda a, b: a[T.argsort(b)] if a is b else a,
    lambda a, b: T.inc_subtensor(a[T.arange(a.shape[0]) % 2], b),
)
# From a vector, one element of it or of what it gives.
NUMBER = (
    lambda a: a[0],
    lambda a: a[-1],
    lambda a: a[:1].sum(),
    T.sum,
    T.max,
    T.mean,
    lambda a: T.dot(a, T.tanh(a)),
    lambda a: T.join(0, a, a)[1],
)


class Graph:
    """A graph drawn from a seed, with values of several lengths for its inputs."""

    def __init__(self, seed):
        self.draw = np.random.default_rng(seed)
        self.dtype = ("float64", "float32")[self.draw.integers(2)]
        self.vectors = [T.vector(f"v{i}", self.dtype) for i in range(self.draw.integers(1, 4))]
        self.inputs = [*self.vectors, T.scalar("s", self.dtype)]
        self.numbers = [self.inputs[-1], self.vectors[0][0], self.vectors[0][-1]]
        for _ in range(self.draw.integers(4, 16)):
            self._grow()
        vectors = [self._pick(self.vectors) for _ in range(self.draw.integers(1, 4))]
        self.outputs = [T.cast(v, self.dtype) for v in (*vectors, self.vectors[-1], self.numbers[-1])]

    def _pick(self, terms):
        """One of them, late ones more often."""
        return terms[int(len(terms) * (1 - self.draw.random() ** 1.5))]

    def _choose(self, table):
        return table[self.draw.integers(len(table))]

    def _grow(self):
        kind, a = self.draw.integers(8), self._pick(self.vectors)
        if kind < 2:
            self.vectors.append(self._choose(UNARY)(a))
        elif kind < 5:
            pair = [a, self._pick(self.vectors if self.draw.random() < 0.5 else self.numbers)]
            self.vectors.append(self._choose(BINARY)(*(pair if self.draw.random() < 0.5 else pair[::-1])))
        elif kind < 7:
            self.vectors.append(self._choose(VECTOR)(a, self._pick(self.vectors)))
        else:
            self.numbers.append(self._choose(NUMBER)(a))
        self.vectors[-1] = T.tanh(self.vectors[-1]) if self.draw.random() < 0.4 else self.vectors[-1]

    def values(self, length):
        """Values of that length, and the whole memory in which they lie."""
        memory = [np.full(length + 2 * GUARD, 7, self.dtype) for _ in self.inputs[:-1]]
        for whole in memory:
            whole[GUARD : GUARD + length] = self.draw.normal(size=length)
        number = np.asarray(self.draw.normal(), self.dtype)
        return [whole[GUARD : GUARD + length] for whole in memory] + [number], memory

    def check(self, modes):
        reference = theano.function(self.inputs, self.outputs, mode=PYTHON, on_unused_input="ignore")
        others = {
            name: theano.function(self.inputs, self.outputs, mode=mode, on_unused_input="ignore")
            for name, mode in modes.items()
        }
        for length in (2, 3, 1, 7, 2, 19):
            values, memory = self.values(length)
            before = [whole.copy() for whole in memory]
            expected = reference(*values)
            for name, function in others.items():
                found, again = function(*values), function(*values)
                for whole, was in zip(memory, before, strict=True):
                    np.testing.assert_array_equal(whole, was, err_msg=f"{name}, memory of an input")
                self._compare(f"{name}, length {length}", expected, found, again)
                self._own_memory([*found, *again], memory)

    def _compare(self, where, expected, found, again):
        tolerance = 1e-3 if self.dtype == "float32" else 1e-8
        for i, (a, b, c) in enumerate(zip(expected, found, again, strict=True)):
            assert (a.dtype, a.shape) == (b.dtype, b.shape), where
            np.testing.assert_array_equal(b, c, err_msg=f"{where}, output {i}, second call")
            if np.isfinite(a).all() and np.abs(a).max() < 1e6:
                np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance, err_msg=f"{where}, output {i}")

    @staticmethod
    def _own_memory(results, memory):
        for i, result in enumerate(results):
            assert not any(np.shares_memory(result, whole) for whole in memory)
            assert not any(np.shares_memory(result, other) for other in results[:i] if other is not result)


@pytest.mark.parametrize("seed", range(40))
def test_agreement(seed):
    Graph(seed).check({"default": None})


@pytest.mark.parametrize("seed", range(40, 52))
def test_agreement_of_modes(seed):
    Graph(seed).check(MODES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1600))
def test_agreement_at_length(seed):
    Graph(seed).check(MODES)
