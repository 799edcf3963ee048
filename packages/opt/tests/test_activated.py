"""Elementwise work on a product of matrices becomes one op with it."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.activated import Activated
from theano.tensor.blas import Dot22

rng = np.random.default_rng(4)
x, y, z = T.dmatrices("x", "y", "z")
b, c = T.dvectors("b", "c")
VALUES = [rng.normal(size=s) for s in ((6, 4), (4, 5), (6, 5), (5,), (6,))]


def compiled(outputs, query, **kwargs):
    mode = theano.Mode(linker="py", optimizer=query)
    return theano.function([x, y, z, b, c], outputs, mode=mode, on_unused_input="ignore", **kwargs)


def count(f, kind=Activated):
    return sum(isinstance(node.op, kind) for node in f.maker.fgraph.toposort())


FIRES = {
    "a layer": lambda: [T.tanh(T.dot(x, y) + b)],
    "a step of a recurrent net": lambda: [T.tanh(z + T.dot(x, y))],
    "backwards": lambda: [T.dot(x, y) * (1 - T.sqr(z))],
    "transposed": lambda: [T.nnet.sigmoid(T.dot(y.T, x.T) + c)],
    "a column beside": lambda: [T.maximum(T.dot(x, y) * c.dimshuffle(0, "x"), 0)],
    "another dtype": lambda: [T.gt(T.dot(x, y), z)],
    "several results": lambda: [T.exp(T.dot(x, y)), T.exp(T.dot(x, y)) * z],
    "one of two products": lambda: [T.tanh(T.dot(x, y) * T.dot(x, y + 1))],
}


@pytest.mark.parametrize("name", FIRES)
def test_it_fires_and_keeps_values(name):
    outputs = FIRES[name]()
    quick, slow = compiled(outputs, "fast_run"), compiled(outputs, None)
    assert count(quick) == 1
    for found, expected, out in zip(quick(*VALUES), slow(*VALUES), outputs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert (found.dtype, found.shape) == (out.type.dtype, expected.shape)


SPARES = {
    "a product that is wanted too": lambda: [T.dot(x, y), T.tanh(T.dot(x, y))],
    "a product alone": lambda: [T.dot(x, y)],
    "a larger result": lambda: [T.tanh(T.dot(x[:1], y) + z)],
    "a vector": lambda: [T.tanh(T.dot(x, y[:, 0]) + c)],
}


@pytest.mark.parametrize("name", SPARES)
def test_it_leaves_alone(name):
    outputs = SPARES[name]()
    if name == "a larger result":
        outputs = [T.tanh(T.dot(T.patternbroadcast(x[:1], (True, False)), y) + z)]
    quick, slow = compiled(outputs, "fast_run"), compiled(outputs, None)
    assert count(quick) == 0
    for found, expected in zip(quick(*VALUES), slow(*VALUES), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_updates_that_can_be_written_over_the_old_value_stay_apart():
    shared = theano.shared(VALUES[2].copy())
    f = compiled([], "fast_run", updates=[(shared, shared * T.exp(T.dot(x, y)))])
    assert (count(f), count(f, Dot22)) == (0, 1)
    f(*VALUES)
    np.testing.assert_allclose(shared.get_value(), VALUES[2] * np.exp(VALUES[0] @ VALUES[1]))


def test_it_can_be_excluded():
    mode = theano.Mode(linker="py", optimizer="fast_run").excluding("activate_products")
    f = theano.function([x, y, b], T.tanh(T.dot(x, y) + b), mode=mode)
    assert count(f) == 0
