"""Finite differences, and the comparison of symbolic gradients with them."""

import numpy as np
import pytest

import theano.gradient
import theano.tensor as T
from theano.compile import Mode
from theano.gradient import GradientError, mode_not_slow, numeric_grad, verify_grad
from theano.graph import Apply, Op

PLAIN = Mode("py", None)


def rng():
    return np.random.RandomState(3)


class Wrong(Op):
    """The square, with a gradient that is wrong by a factor for the second element."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] ** 2

    def grad(self, inputs, gradients):
        return [2 * inputs[0] * gradients[0] * np.array([1.0, 1.1])]


class WrongNaN(Wrong):
    def grad(self, inputs, gradients):
        return [gradients[0] * np.array([np.nan, 1.0])]


def test_right_gradients_pass():
    points = [np.array([[0.2, -0.5]]), np.array([0.3, 0.4])]
    verify_grad(lambda x, y: T.exp(x) * y, points, rng=rng(), mode=PLAIN)
    verify_grad(T.tanh, [np.array(0.3)], rng=np.random.default_rng(1), n_tests=3, mode=PLAIN)


def test_wrong_gradient_is_reported_with_its_place():
    with pytest.raises(GradientError) as caught:
        verify_grad(Wrong(), [np.array([1.0, 2.0])], rng=rng(), mode=PLAIN)
    error = caught.value
    assert (error.arg, error.err_pos, error.shape) == (0, 1, (2,))
    assert error.val2 == pytest.approx(1.1 * error.val1, rel=1e-4)
    assert error.abs_err > error.abs_tol
    assert error.rel_err > error.rel_tol
    assert "element 1" in str(error)
    assert "test 0" in str(error)


def test_nan_fails():
    with pytest.raises(GradientError):
        verify_grad(WrongNaN(), [np.array([1.0, 2.0])], rng=rng(), mode=PLAIN)


def test_tolerances():
    verify_grad(Wrong(), [np.array([1.0, 2.0])], rng=rng(), rel_tol=0.5, mode=PLAIN)
    verify_grad(Wrong(), [np.array([1.0, 2.0])], rng=rng(), abs_tol=10.0, mode=PLAIN)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_narrow_dtypes_have_wide_tolerances(dtype):
    verify_grad(lambda x: 3 * x, [np.array([0.5, 1.5], dtype)], rng=rng(), mode=PLAIN)


def test_cast_to_output_type():
    verify_grad(
        lambda x: T.cast(x, "float32") * 2,
        [np.array([0.5, 1.5])],
        rng=rng(),
        mode=PLAIN,
        out_type="float32",
        cast_to_output_type=True,
    )


def test_arguments():
    with pytest.raises(TypeError, match="rng"):
        verify_grad(T.exp, [np.ones(2)])
    with pytest.raises(TypeError, match="int64"):
        verify_grad(T.exp, [np.arange(2)], rng=rng())
    with pytest.raises(NotImplementedError, match="2 results"):
        verify_grad(lambda x: [x, x], [np.ones(2)], rng=rng())


def test_disconnected_points_count_as_zero():
    verify_grad(lambda x, y: x * 2, [np.ones(2), np.ones(3)], rng=rng(), mode=PLAIN)


def test_the_error_class_is_at_hand():
    assert verify_grad.E_grad is theano.gradient.GradientError


class TestNumericGrad:
    def test_one_argument_or_several(self):
        single = numeric_grad(lambda x: (x**2).sum(), np.array([1.0, -2.0]))
        np.testing.assert_allclose(single.gf, [2.0, -4.0], atol=1e-5)
        several = numeric_grad(lambda x, y: (x * y).sum(), [np.array([1.0, 2.0]), np.array([3.0, 4.0])])
        np.testing.assert_allclose(several.gf[0], [3.0, 4.0], atol=1e-5)
        np.testing.assert_allclose(several.gf[1], [1.0, 2.0], atol=1e-5)

    def test_points_are_left_alone(self):
        point = np.ones(2)
        numeric_grad(lambda x: x.sum(), point)
        assert point.tolist() == [1.0, 1.0]

    def test_step(self):
        steps = []
        numeric_grad(lambda x: steps.append(float(x[0])) or 0.0, np.zeros(1, "float32"))
        assert steps[1] == pytest.approx(3e-4)
        steps.clear()
        numeric_grad(lambda x: steps.append(float(x[0])) or 0.0, np.zeros(1), eps=0.25)
        assert steps[1] == 0.25

    def test_errors(self):
        grads = numeric_grad(lambda x: (x**2).sum(), np.array([1.0, 2.0]))
        assert grads.max_err([np.array([2.0, 5.0])], 1e-4, 1e-4)[:2] == (0, 1)
        with pytest.raises(ValueError, match="shape"):
            grads.abs_rel_errors([np.zeros(3)])
        with pytest.raises(ValueError, match="2 for 1"):
            grads.abs_rel_errors([np.zeros(2), np.zeros(2)])
        absolute, relative = numeric_grad.abs_rel_err(np.array([1.0]), np.array([3.0]))
        assert (absolute[0], relative[0]) == (2.0, 0.5)


def test_slow_modes_are_replaced():
    assert mode_not_slow("FAST_COMPILE") == mode_not_slow("FAST_RUN")
    assert mode_not_slow(PLAIN) is PLAIN
