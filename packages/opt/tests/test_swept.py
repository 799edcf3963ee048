"""Two products with one matrix become one sweep."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.swept import Swept

rng = np.random.default_rng(4)
x, u = T.dmatrices("x", "u")
w, y, z = T.dvectors("w", "y", "z")
s = T.dscalar("s")
INPUTS = [x, u, w, y, z, s]
VALUES = [
    rng.normal(size=(6, 4)),
    rng.normal(size=(6, 4)),
    rng.normal(size=4),
    rng.normal(size=6),
    rng.normal(size=4),
    0.7,
]


def residual():
    return T.tanh(T.dot(x, w)) - y


def count(f):
    return sum(isinstance(node.op, Swept) for node in f.maker.fgraph.toposort())


CASES = {
    "plain": lambda: [T.dot(x.T, residual())],
    "row": lambda: [T.dot(residual(), x)],
    "scaled and added": lambda: [z - 0.1 * T.dot(x.T, residual())],
    "symbolic scale": lambda: [s * z + s * T.dot(x.T, residual()), residual().sum()],
    "only added": lambda: [z + T.dot(x.T, residual())],
    "several results": lambda: [T.dot(x.T, residual()), (residual() ** 2).sum(), residual()],
    "a scalar beside": lambda: [T.dot(x.T, T.exp(s * T.dot(x, w) + s))],
}


@pytest.mark.parametrize("name", CASES)
def test_it_fires_and_keeps_values(rewriting, name):
    assert count(rewriting.all_same(INPUTS, CASES[name](), VALUES)) == 1


def test_updates_are_kept():
    shared = theano.shared(VALUES[2].copy())
    r = T.tanh(T.dot(x, shared)) - y
    f = theano.function([x, y], (r**2).sum(), updates=[(shared, 0.99 * shared - 0.1 * T.dot(x.T, r))])
    assert count(f) == 1
    a, b, c = VALUES[0], VALUES[2].copy(), VALUES[3]
    for _ in range(3):
        e = np.tanh(a @ b) - c
        assert f(a, c) == pytest.approx((e**2).sum())
        b = 0.99 * b - 0.1 * a.T @ e
    np.testing.assert_allclose(shared.get_value(), b)


OTHERS = {
    "another matrix": lambda: [T.dot(u.T, residual())],
    "scores are read elsewhere": lambda: [T.dot(x.T, residual()), T.dot(T.dot(x, w), y)],
    "nothing between": lambda: [T.dot(x.T, y), T.dot(x, w)],
    "a sum between": lambda: [T.dot(x.T, residual() / residual().sum())],
}


@pytest.mark.parametrize("name", OTHERS)
def test_where_it_does_not_fit(rewriting, name):
    assert count(rewriting.all_same(INPUTS, OTHERS[name](), VALUES)) == 0


def test_it_can_be_excluded():
    mode = theano.Mode(linker="py", optimizer="fast_run").excluding("sweep_products")
    assert count(theano.function([x, w, y], T.dot(x.T, residual()), mode=mode)) == 0
