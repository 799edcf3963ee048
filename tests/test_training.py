"""Training steps: the same numbers as by hand, and nothing half done when something goes wrong."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import theano
from theano import tensor
from theano.graph import Apply, Op

rng = np.random.default_rng(0)


def softmax_step(dtype="float64", mode=None):
    x, y = tensor.TensorType(dtype, (False, False))("x"), tensor.lvector("y")
    w, b = theano.shared(np.zeros((6, 4), dtype), name="w"), theano.shared(np.zeros(4, dtype), name="b")
    p = tensor.nnet.softmax(tensor.dot(x, w) + b)
    cost = -tensor.mean(tensor.log(p)[tensor.arange(y.shape[0]), y])
    gw, gb = theano.grad(cost, [w, b])
    rate = np.asarray(0.5, dtype)
    return theano.function([x, y], cost, updates=[(w, w - rate * gw), (b, b - rate * gb)], mode=mode), w, b


def by_hand(x, y, w, b):
    scores = x @ w + b
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    cost = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    return cost, w - 0.5 * x.T @ p, b - 0.5 * p.sum(axis=0)


@pytest.mark.parametrize(
    "mode", [None, "FAST_COMPILE", theano.Mode("py", None)], ids=["FAST_RUN", "FAST_COMPILE", "py"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_regression_steps_as_by_hand(dtype, mode):
    step, w, b = softmax_step(dtype, mode)
    x, y = rng.normal(size=(11, 6)).astype(dtype), rng.integers(0, 4, 11)
    for _ in range(5):
        cost, new_w, new_b = by_hand(x.astype("float64"), y, w.get_value().astype("float64"), b.get_value())
        tolerance = 1e-12 if dtype == "float64" else 1e-5
        assert np.allclose(step(x, y), cost, rtol=tolerance)
        assert np.allclose(w.get_value(), new_w, atol=tolerance)
        assert np.allclose(b.get_value(), new_b, atol=tolerance)
    assert w.get_value().dtype == dtype


def test_naive_formulas_do_not_overflow_after_compilation():
    x, y = tensor.dmatrix("x"), tensor.lvector("y")
    p = tensor.nnet.softmax(x)
    cost = -tensor.mean(tensor.log(p)[tensor.arange(y.shape[0]), y])
    f = theano.function([x, y], [cost, theano.grad(cost, x)])
    value, gradient = f([[1000.0, -1000.0], [0.0, 900.0]], [1, 0])
    assert value == pytest.approx(1450.0)
    assert np.isfinite(gradient).all()
    z = tensor.dvector("z")
    naive = [tensor.log(1 + tensor.exp(z)), tensor.log(1 - tensor.nnet.sigmoid(z)), tensor.log(tensor.nnet.sigmoid(z))]
    results = theano.function([z], naive)([800.0, -800.0])
    for found, expected in zip(results, [[800, 0], [-800, 0], [0, -800]], strict=True):
        assert np.allclose(found, expected)


class FailsOnDemand(Op):
    """Hands its input on, or raises when told."""

    __props__ = ()

    def make_node(self, x, fail):
        return Apply(self, [tensor.as_tensor_variable(x), tensor.as_tensor_variable(fail)], [x.type()])

    def perform(self, node, inputs, output_storage):
        if inputs[1]:
            raise RuntimeError("told to fail")
        output_storage[0][0] = inputs[0].copy()


@pytest.mark.parametrize("mode", [None, theano.Mode("py", None)], ids=["FAST_RUN", "py"])
def test_an_error_in_the_middle_changes_no_shared_variable(mode):
    fail, x = tensor.iscalar("fail"), tensor.dvector("x")
    a, b = theano.shared(np.zeros(3), name="a"), theano.shared(np.zeros(3), name="b")
    updates = [(a, a + x), (b, FailsOnDemand()(b + 1, fail))]
    f = theano.function([x, fail], [], updates=updates, mode=mode)
    f(np.ones(3), 0)
    with pytest.raises(RuntimeError, match="told to fail"):
        f(np.ones(3), 1)
    assert np.array_equal(a.get_value(), np.ones(3))
    assert np.array_equal(b.get_value(), np.ones(3))


@pytest.mark.parametrize("mode", [None, theano.Mode("py", None)], ids=["FAST_RUN", "py"])
def test_a_mismatch_in_one_update_leaves_all_as_they_were(mode):
    x, y = tensor.dvector("x"), tensor.dvector("y")
    a, b = theano.shared(np.zeros(3), name="a"), theano.shared(np.zeros(4), name="b")
    f = theano.function([x, y], [], updates=[(a, a + x), (b, b * y + 1)], mode=mode)
    with pytest.raises(ValueError, match="mismatch"):
        f(np.ones(3), np.ones(5))
    assert np.array_equal(a.get_value(), np.zeros(3))
    f(np.ones(3), np.ones(4))
    assert np.array_equal(a.get_value(), np.ones(3))


def test_values_that_users_hold_never_change_under_them():
    w = theano.shared(np.zeros(5), name="w", borrow=True)
    f = theano.function([], [], updates={w: w + 1})
    held = w.get_value(borrow=True)
    f()
    assert np.array_equal(held, np.zeros(5))
    view = w.get_value(borrow=True)[1:3]
    f()
    assert np.array_equal(view, np.ones(2))
    mine = np.zeros(5)
    v = theano.shared(mine, name="v", borrow=True)
    theano.function([], [], updates={v: v + 1})()
    assert np.array_equal(mine, np.zeros(5))
    assert np.array_equal(v.get_value(), np.ones(5))


def test_outputs_are_the_callers_own():
    x = tensor.dvector("x")
    w = theano.shared(np.arange(3.0), name="w")
    f = theano.function([x], [x, w, w * 1, x[::-1]], updates={w: w + x})
    value = np.ones(3)
    first = f(value)
    for result in first:
        result += 100
    assert np.array_equal(value, np.ones(3))
    assert np.array_equal(w.get_value(), [1, 2, 3])
    assert np.array_equal(f(value)[1], [1, 2, 3])


def test_updates_swap():
    a, b = theano.shared(np.zeros(2), name="a"), theano.shared(np.ones(2), name="b")
    f = theano.function([], [], updates=[(a, b), (b, a)])
    f()
    assert np.array_equal(a.get_value(), np.ones(2))
    assert np.array_equal(b.get_value(), np.zeros(2))
    f()
    assert np.array_equal(a.get_value(), np.zeros(2))


def test_updates_read_the_values_before_the_call():
    a, b = theano.shared(1.0, name="a"), theano.shared(10.0, name="b")
    f = theano.function([], a, updates=[(a, a + b), (b, b + a)])
    assert f() == 1
    assert (a.get_value(), b.get_value()) == (11, 11)


def test_eight_threads_get_right_results():
    x = tensor.dmatrix("x")
    f = theano.function([x], tensor.exp(x).sum(axis=0) + tensor.dot(x, x.T).sum())
    values = [rng.normal(size=(50, 50)) for _ in range(8)]
    expected = [f(v) for v in values]
    wrong = []

    def work(i):
        for _ in range(50):
            if not np.array_equal(f(values[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_shared_variables_keep_rank_and_dtype():
    w = theano.shared(np.zeros(3, "float32"), name="w")
    with pytest.raises(TypeError):
        w.set_value(np.zeros((2, 2), "float32"))
    with pytest.raises(TypeError):
        w.set_value(np.zeros(3))
    assert w.get_value().shape == (3,)
    w.set_value(np.zeros(7, "float32"))
    assert w.get_value().shape == (7,)
