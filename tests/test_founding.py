"""The first programs of a user, verbatim."""

import subprocess
import sys

import numpy as np
import pytest

import theano
from theano import tensor


def test_the_founding_example():
    code = (
        "import theano; from theano import tensor; a = tensor.dscalar(); b = tensor.dscalar(); c = a + b;"
        " f = theano.function([a, b], c); assert 4.0 == f(1.5, 2.5)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_logistic_function_and_its_gradient():
    x = tensor.dmatrix("x")
    s = tensor.sum(1 / (1 + tensor.exp(-x)))
    gs = theano.grad(s, x)
    dlogistic = theano.function([x], gs)
    found = dlogistic([[0, 1], [-1, -2]])
    assert np.allclose(found, [[0.25, 0.19661193], [0.19661193, 0.10499359]])


def test_accumulator_with_givens_and_named_input():
    state = theano.shared(0)
    inc = tensor.iscalar("inc")
    accumulator = theano.function([inc], state, updates=[(state, state + inc)])
    assert accumulator(1) == 0
    assert accumulator(300) == 1
    assert state.get_value() == 301
    state.set_value(-1)
    assert accumulator(inc=3) == -1
    fn_of_state = state * 2 + inc
    foo = tensor.scalar(dtype=state.dtype)
    skip_shared = theano.function([inc, foo], fn_of_state, givens=[(state, foo)])
    assert skip_shared(1, 3) == 7
    assert state.get_value() == 2


def test_default_values_and_dict_outputs():
    x, y = tensor.dscalars("x", "y")
    f = theano.function([x, theano.In(y, value=1, name="second")], {"sum": x + y, "product": x * y})
    assert f(33) == {"product": 33.0, "sum": 34.0}
    assert f(33, second=2)["sum"] == 35.0


def test_random_streams():
    from theano.tensor.shared_randomstreams import RandomStreams

    srng = RandomStreams(seed=234)
    rv_u, rv_n = srng.uniform((2, 2)), srng.normal((2, 2))
    f = theano.function([], rv_u)
    g = theano.function([], rv_n, no_default_updates=True)
    nearly_zeros = theano.function([], rv_u + rv_u - 2 * rv_u)
    assert not np.array_equal(f(), f())
    assert np.array_equal(g(), g())
    assert np.allclose(nearly_zeros(), 0)


def test_jacobian_hessian_and_products():
    x = tensor.dvector("x")
    y = x**2
    assert np.allclose(theano.function([x], theano.gradient.jacobian(y, x))([4, 4]), [[8, 0], [0, 8]])
    assert np.allclose(theano.function([x], theano.gradient.hessian(y.sum(), x))([4, 4]), [[2, 0], [0, 2]])
    w, v = tensor.dmatrix("w"), tensor.dmatrix("v")
    p = tensor.dot(x, w)
    forward = theano.function([w, v, x], theano.Rop(p, w, v))
    assert np.allclose(forward([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]), [2, 2])
    u = tensor.dvector("u")
    backward = theano.function([u, x], theano.Lop(p, w, u))
    assert np.allclose(backward([2, 2], [0, 1]), [[0, 0], [2, 2]])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_logistic_regression_learns(mode):
    rng = np.random.default_rng(0)
    n, features = 100, 20
    data = rng.normal(size=(n, features)), rng.integers(0, 2, n)
    x, y = tensor.dmatrix("x"), tensor.dvector("y")
    w, b = theano.shared(rng.normal(size=features), name="w"), theano.shared(0.0, name="b")
    p_1 = 1 / (1 + tensor.exp(-tensor.dot(x, w) - b))
    prediction = p_1 > 0.5
    xent = -y * tensor.log(p_1) - (1 - y) * tensor.log(1 - p_1)
    cost = xent.mean() + 0.01 * (w**2).sum()
    gw, gb = theano.grad(cost, [w, b])
    train = theano.function([x, y], [prediction, xent], updates=((w, w - 0.1 * gw), (b, b - 0.1 * gb)), mode=mode)
    first = train(*data)[1].mean()
    for _ in range(200):
        last = train(*data)[1].mean()
    assert last < first / 2
    assert np.isfinite(last)
