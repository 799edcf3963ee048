"""How often the compiler runs for one function, whatever is inside it."""

import numpy as np
import pytest

import theano
import theano.tensor as T

pytestmark = pytest.mark.c


def test_gradient_of_nested_loops(compiler_runs):
    x, w = T.dmatrix("x"), T.dvector("w")

    def step(row, h, w):
        for k in range(20):
            h = T.tanh(h * w + row) - T.exp(-(h**2)) * (k + 1.5)
        return h

    def outer(row, h, w):
        return theano.scan(step, row.dimshuffle(0, "x"), h, [w])[0][-1] * T.log1p(h**2)

    h, _ = theano.scan(outer, x, T.zeros_like(w), [w])
    f = theano.function([x, w], theano.grad(h[-1].sum(), w))
    assert np.isfinite(f(np.ones((2, 2)) * 0.1, np.ones(3) * 0.1)).all()
    assert len(compiler_runs) == 1


@pytest.mark.parametrize("blocks", [False, True])
def test_jacobian(compiler_runs, blocks):
    x = T.dvector("x")
    y = T.tanh(x**2) * x.sum()
    jacobian = theano.gradient.jacobian(y if blocks else y.cumsum(), x)
    f = theano.function([x], jacobian)
    assert len(compiler_runs) == 1
    assert f(np.ones(3)).shape == (3, 3)
    assert len(compiler_runs) == 1


def test_loops_without_steps_do_not_compile_in_each_call(monkeypatch):
    x = T.dmatrix("x")
    out, _ = theano.scan(lambda row: T.outer(row, T.tanh(row)), x)
    f = theano.function([x], out)
    assert f(np.ones((0, 3))).shape == (0, 3, 3)
    made = []
    monkeypatch.setattr(theano.compile.FunctionMaker, "create", lambda *a, **k: made.append(a))
    assert f(np.ones((0, 2))).shape == (0, 2, 2)
    assert not made
