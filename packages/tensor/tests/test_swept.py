"""`Swept`: meaning, types, equality."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import scalar as ts
from theano.errors import MethodNotDefined
from theano.tensor.swept import Swept

rng = np.random.default_rng(2)
x, w, y = T.dmatrix("x"), T.dvector("w"), T.dvector("y")


def residual():
    s, t = ts.float64("s"), ts.float64("t")
    return ts.Composite([t, s], [ts.sqr(s), ts.sub(s, t)])


def test_values_and_shapes():
    op = Swept(residual(), 1, 1)
    outs = op(x, w, y)
    assert [v.type for v in outs] == [T.dvector, T.dvector, T.dvector]
    f = theano.function([x, w, y], [*outs, *(v.shape for v in outs)], mode=theano.Mode(linker="py", optimizer=None))
    for m, k in [(4, 3), (0, 3), (4, 0), (1, 1)]:
        a, b, c = rng.normal(size=(m, k)), rng.normal(size=k), rng.normal(size=m)
        scores = a @ b
        found = f(a, b, c)
        for value, expected in zip(found, [scores**2, scores - c, a.T @ (scores - c), [m], [m], [k]], strict=True):
            np.testing.assert_allclose(value, expected)


def test_lengths_that_differ():
    f = theano.function([x, w], Swept(ts.exp, 0, 0)(x, w), mode=theano.Mode(linker="py", optimizer=None))
    with pytest.raises(ValueError, match="contracted lengths"):
        f(np.ones((2, 3)), np.ones(2))


def test_operands_are_checked():
    with pytest.raises(TypeError, match="rank"):
        Swept(ts.exp, 0, 0)(x, x)
    with pytest.raises(TypeError, match="rank"):
        Swept(ts.sub, 0, 0)(x, w, x)
    with pytest.raises(TypeError, match="one dtype"):
        Swept(ts.exp, 0, 0)(x, T.fvector())
    with pytest.raises(TypeError, match="one dtype"):
        Swept(ts.sub, 0, 0)(T.fmatrix(), T.fvector(), y)


def test_it_is_a_value():
    assert Swept(residual(), 1, 1) == Swept(residual(), 1, 1) != Swept(residual(), 1, 0)
    assert hash(Swept(residual(), 1, 1)) == hash(Swept(residual(), 1, 1))
    assert pickle.loads(pickle.dumps(Swept(residual(), 0, 1))) == Swept(residual(), 0, 1)


def test_it_comes_after_differentiation():
    out = Swept(ts.exp, 0, 0)(x, w)[0]
    with pytest.raises(MethodNotDefined, match="after differentiation"):
        out.owner.op.L_op([x, w], out.owner.outputs, out.owner.outputs)
