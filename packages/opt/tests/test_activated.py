"""Elementwise work on a product of matrices becomes one op with it."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.opt.fusion_softmax import local_open_softmax
from theano.opt.rewrites.activated import ActivateProducts
from theano.tensor.activated import Activated
from theano.tensor.blas import Dot22
from theano.tensor.nnet.softmax import Softmax

rng = np.random.default_rng(4)
x, y, z = T.dmatrices("x", "y", "z")
b, c = T.dvectors("b", "c")
INPUTS = [x, y, z, b, c]
VALUES = [rng.normal(size=s) for s in ((6, 4), (4, 5), (6, 5), (5,), (6,))]


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
def test_it_fires_and_keeps_values(rewriting, name):
    assert count(rewriting.all_same(INPUTS, FIRES[name](), VALUES)) == 1


SPARES = {
    "a product that is wanted too": lambda: [T.dot(x, y), T.tanh(T.dot(x, y))],
    "a product alone": lambda: [T.dot(x, y)],
    "a larger result": lambda: [T.tanh(T.dot(T.patternbroadcast(x[:1], (True, False)), y) + z)],
    "a vector": lambda: [T.tanh(T.dot(x, y[:, 0]) + c)],
}


@pytest.mark.parametrize("name", SPARES)
def test_it_leaves_alone(rewriting, name):
    assert count(rewriting.all_same(INPUTS, SPARES[name](), VALUES)) == 0


def test_updates_that_can_be_written_over_the_old_value_stay_apart():
    shared = theano.shared(VALUES[2].copy())
    updates = [(shared, shared * T.exp(T.dot(x, y)))]
    f = theano.function([x, y], [], updates=updates, mode=theano.Mode(linker="py", optimizer="fast_run"))
    assert (count(f), count(f, Dot22)) == (0, 1)
    f(*VALUES[:2])
    np.testing.assert_allclose(shared.get_value(), VALUES[2] * np.exp(VALUES[0] @ VALUES[1]))


def test_it_can_be_excluded():
    mode = theano.Mode(linker="py", optimizer="fast_run").excluding("activate_products")
    f = theano.function([x, y, b], T.tanh(T.dot(x, y) + b), mode=mode)
    assert count(f) == 0


def test_many_updates_take_work_in_proportion(lines_run):
    def lines(n):
        out = x
        weights = [T.dmatrix() for _ in range(n)]
        for w in weights:
            out = T.nnet.softmax(T.tanh(Dot22()(out, w)))
        news = [w * 2 for w in weights]
        mapping = {k + 1: k + 1 for k in range(n)}
        graph = theano.graph.FunctionGraph([x, *weights], [out, *news], clone=False, update_mapping=mapping)
        softmaxes = [node for node in graph.toposort() if isinstance(node.op, Softmax)]
        opening = lines_run(lambda: [local_open_softmax.rewrite(graph, node) for node in softmaxes])
        return opening + lines_run(lambda: ActivateProducts().apply(graph))

    lines(2)
    assert lines(80) < 4.1 * lines(20)
