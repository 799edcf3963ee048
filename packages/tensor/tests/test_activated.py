"""`Activated`: meaning, types, equality."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import scalar as ts
from theano.errors import MethodNotDefined
from theano.tensor.activated import Activated

rng = np.random.default_rng(2)
x, y, z = T.dmatrices("x", "y", "z")
bias = T.drow("bias")
PLAIN = theano.Mode(linker="py", optimizer=None)


def layer():
    b, p = ts.float64("b"), ts.float64("p")
    return ts.Composite([b, p], [ts.tanh(ts.add(p, b)), ts.sub(p, b)])


def test_values_and_shapes():
    outs = Activated(layer(), 1)(x, y, bias)
    assert [v.type for v in outs] == [T.dmatrix, T.dmatrix]
    f = theano.function([x, y, bias], [*outs, *(v.shape for v in outs)], mode=PLAIN)
    for m, k, n in [(4, 3, 5), (0, 3, 2), (4, 0, 2), (1, 1, 1), (3, 2, 0)]:
        a, b, c = rng.normal(size=(m, k)), rng.normal(size=(k, n)), rng.normal(size=(1, n))
        product = a @ b
        for value, expected in zip(f(a, b, c), [np.tanh(product + c), product - c, [m, n], [m, n]], strict=True):
            np.testing.assert_allclose(value, expected)


def test_lengths_that_differ():
    f = theano.function([x, y], Activated(ts.exp, 0)(x, y), mode=PLAIN)
    with pytest.raises(ValueError, match="contracted lengths"):
        f(np.ones((2, 3)), np.ones((2, 2)))


def test_operands_are_checked():
    with pytest.raises(TypeError, match="two dimensions"):
        Activated(ts.exp, 0)(x, T.dvector())
    with pytest.raises(TypeError, match="two dimensions"):
        Activated(ts.sub, 0)(x, y, T.dvector())
    with pytest.raises(TypeError, match="one dtype"):
        Activated(ts.exp, 0)(x, T.fmatrix())
    with pytest.raises(TypeError, match="the product's shape"):
        Activated(ts.sub, 0)(bias, y, z)


def test_it_is_a_value():
    assert Activated(layer(), 1) == Activated(layer(), 1) != Activated(layer(), 0)
    assert hash(Activated(layer(), 1)) == hash(Activated(layer(), 1))
    assert pickle.loads(pickle.dumps(Activated(layer(), 0))) == Activated(layer(), 0)


def test_it_comes_after_differentiation():
    out = Activated(ts.exp, 0)(x, y)
    with pytest.raises(MethodNotDefined, match="after differentiation"):
        out.owner.op.L_op([x, y], out.owner.outputs, out.owner.outputs)
