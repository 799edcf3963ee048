"""jacobian and hessian, and the row loop that carries them."""

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import function, shared
from theano.gradient import DisconnectedInputError, Rop, grad, hessian, jacobian
from theano.gradient.rows import RowMap

X = np.array([0.3, -0.8, 1.1])
W = np.arange(6.0).reshape(3, 2) / 5 - 0.4


def test_of_a_vector_by_vectors_and_matrices(check):
    x, w = T.dvector("x"), T.dmatrix("w")
    y = T.tanh(T.dot(x, w))
    jx, jw = check.evaluate(jacobian(y, [x, w]), {x: X, w: W})
    slope = 1 - np.tanh(X @ W) ** 2
    np.testing.assert_allclose(jx, slope[:, None] * W.T)
    expected = np.zeros((2, 3, 2))
    for i in range(2):
        expected[i, :, i] = slope[i] * X
    np.testing.assert_allclose(jw, expected)


def test_container_and_type_follow_wrt():
    x = T.drow("x")
    j = jacobian(x.flatten() ** 2, (x,))
    assert isinstance(j, tuple)
    assert j[0].broadcastable == (False, True, False)
    assert jacobian(T.fvector() * (v := T.fvector()), v).dtype == "float32"


def test_of_a_scalar_is_the_gradient(check):
    x = T.dvector("x")
    assert check.evaluate(jacobian(T.sum(x * x), x), {x: X}).tolist() == (2 * X).tolist()


def test_of_an_empty_vector(check):
    x, w = T.dvector("x"), T.dmatrix("w")
    j = check.evaluate(jacobian(T.dot(w, x), [x, w]), {x: X, w: np.zeros((0, 3))})
    assert [v.shape for v in j] == [(0, 3), (0, 0, 3)]


def test_of_length_known_at_run_time_only(check):
    x, n = T.dvector("x"), T.lscalar("n")
    j = check.evaluate(jacobian(T.cumsum(x)[:n], x), {x: X, n: 2})
    np.testing.assert_array_equal(j, [[1, 0, 0], [1, 1, 0]])


def test_with_shared_variables(check):
    x, w = T.dvector("x"), shared(W)
    np.testing.assert_allclose(check.evaluate(jacobian(T.dot(x, w), x), {x: X}), W.T)


def test_arguments():
    x = T.dmatrix("x")
    with pytest.raises(AssertionError, match="vector"):
        jacobian(x, x)
    with pytest.raises(AssertionError, match="variable"):
        jacobian(3.0, x)
    with pytest.raises(DisconnectedInputError):
        jacobian(T.dvector(), x)


def test_disconnected_rows_are_zero(check):
    x, y = T.dvector("x"), T.dvector("y")
    j = jacobian(x * 2, y, disconnected_inputs="ignore")
    assert check.evaluate(j, {x: X, y: X[:2]}).tolist() == np.zeros((3, 2)).tolist()


def test_a_jacobian_can_be_differentiated(check):
    check.gradient(lambda x, w: jacobian(T.tanh(T.dot(x, w)), x), [X, W])
    check.forward(lambda x, w: jacobian(T.tanh(T.dot(x, w)), w), [X, W])
    check.gradient(lambda x: grad(T.sum(jacobian(T.exp(x) * T.sum(x), x)), x), [X])


def test_hessian_agrees_with_differences_and_is_symmetric(check):
    x = T.dvector("x")
    cost = T.sum(T.exp(x)) * T.prod(x, no_zeros_in_input=True) + T.sum(T.outer(x, x) * np.arange(9.0).reshape(3, 3))
    h = check.evaluate(hessian(cost, x), {x: X})
    np.testing.assert_allclose(h, h.T)
    check.gradient(lambda v: grad(_sum_of_cubes(v), v), [X])
    np.testing.assert_allclose(check.evaluate(hessian(_sum_of_cubes(x), x), {x: X}), np.diag(6 * X), atol=1e-12)


def _sum_of_cubes(x):
    return T.sum(x * x * x)


def test_hessian_times_vector_by_three_ways(check):
    x, u = T.dvectors("xu")
    cost = T.sum(T.exp(x * x[::-1]))
    g = grad(cost, x)
    values = check.evaluate([T.dot(hessian(cost, x), u), Rop(g, x, u), grad(T.sum(g * u), x)], {x: X, u: X + 1})
    np.testing.assert_allclose(values[0], values[1])
    np.testing.assert_allclose(values[0], values[2])


def test_hessian_of_a_linear_cost_is_zero(check):
    x = T.dvector("x")
    assert not check.evaluate(hessian(T.sum(x * 3), x), {x: X}).any()


def test_hessian_arguments():
    x, m = T.dvector("x"), T.dmatrix("m")
    with pytest.raises(AssertionError, match="scalar"):
        hessian(x, x)
    with pytest.raises(AssertionError, match="vectors"):
        hessian(T.sum(m), m)
    assert isinstance(hessian(T.sum(x**3), [x]), list)


def _row_maps(f):
    return [node.op for node in f.maker.fgraph.toposort() if isinstance(node.op, RowMap)]


@pytest.mark.parametrize("expression", [lambda x: T.tanh(x) * T.sum(x), lambda x: T.cumsum(T.tanh(x))])
def test_rows_are_compiled_in_the_mode_of_their_function(expression):
    x = T.dvector("x")
    j = jacobian(expression(x), x)
    functions = {mode: function([x], j, mode=mode) for mode in ("FAST_COMPILE", "FAST_RUN")}
    values = [f(X) for f in functions.values()]
    np.testing.assert_allclose(values[0], values[1])
    for f in functions.values():
        (op,) = _row_maps(f)
        assert op.mode is f.maker.mode
        assert op._function.maker.mode is f.maker.mode
    (again,) = _row_maps(function([x], j, mode=functions["FAST_RUN"].maker.mode))
    assert again is _row_maps(functions["FAST_RUN"])[0]  # compiled once for a mode
