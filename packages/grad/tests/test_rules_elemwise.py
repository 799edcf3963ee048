"""Elementwise ops between operands of different patterns; dimension shuffles, shapes and copies."""

import numpy as np
import pytest

import theano.scalar as aes
import theano.tensor as T
from theano.compile import Mode, function
from theano.gradient import DisconnectedInputError, grad
from theano.tensor import Assert

RNG = np.random.RandomState(0)
MATRIX = RNG.uniform(0.5, 1.5, (3, 4))
ROW = RNG.uniform(0.5, 1.5, (1, 4))
COL = RNG.uniform(0.5, 1.5, (3, 1))
VECTOR = RNG.uniform(0.5, 1.5, 4)
SCALAR = np.array(0.7)
M, R, C, V, S = (False, False), (True, False), (False, True), (False,), ()

CASES = {
    "vector added to each row": (lambda m, v: m * v + v, [MATRIX, VECTOR], [M, V]),
    "row and column": (lambda r, c: r**c, [ROW, COL], [R, C]),
    "scalar and matrix": (lambda s, m: T.exp(s) / m, [SCALAR, MATRIX], [S, M]),
    "n-ary product": (lambda m, r, c, s: T.mul(m, r, c, s), [MATRIX, ROW, COL, SCALAR], [M, R, C, S]),
    "n-ary sum": (lambda m, r, c, s: T.sqr(T.add(m, r, c, s)), [MATRIX, ROW, COL, SCALAR], [M, R, C, S]),
    "fill": (lambda s, m: T.fill(T.zeros((3, 4)), s) * m, [SCALAR, MATRIX], [S, M]),
    "switch over patterns": (lambda r, c: T.switch(T.lt(r, 1.0), r * 2, c), [ROW, COL], [R, C]),
    "clip by vectors": (lambda m, v: T.clip(m, 0.8 * v, 1.3 * v), [MATRIX, VECTOR], [M, V]),
    "same variable twice": (lambda m: m * m + T.sin(m), [MATRIX], [M]),
    "transpose": (lambda m: m.T * 2, [MATRIX], [M]),
    "insert and drop": (lambda c: T.sqr(c.dimshuffle("x", 0)), [COL], [C]),
    "reorder": (lambda m: T.sqr(m.dimshuffle(1, "x", 0)), [MATRIX], [M]),
    "unbroadcast": (lambda r: T.sqr(T.unbroadcast(r, 0)), [ROW], [R]),
    "addbroadcast": (lambda m: T.sqr(T.addbroadcast(m, 0)), [ROW], [M]),
    "reshape": (lambda m: T.sqr(m).reshape((2, 6)), [MATRIX], [M]),
    "reshape of a column": (lambda c: T.sqr(c).reshape((1, 3)), [COL], [C]),
    "flatten": (lambda m: T.sqr(m.flatten()), [MATRIX], [M]),
    "specify shape": (lambda m: T.sqr(T.specify_shape(m, (3, 4))), [MATRIX], [M]),
    "assert": (lambda m: Assert()(T.sqr(m), T.all(m > 0)), [MATRIX], [M]),
    "alloc of a scalar": (lambda s: T.sqr(T.alloc(s, 2, 3)), [SCALAR], [S]),
    "alloc of a vector": (lambda v: T.sqr(T.alloc(v, 3, 4)), [VECTOR], [V]),
    "alloc of a flagged column": (lambda c: T.sqr(T.alloc(c, 3, 5)), [COL], [C]),
    "alloc of an unflagged column": (lambda c: T.sqr(T.alloc(c, 2, 3, 5)), [COL], [M]),
    "tile": (lambda m: T.sqr(T.tile(m, (2, 3))), [MATRIX], [M]),
    "sigmoid": (T.nnet.sigmoid, [MATRIX - 1], [M]),
    "softplus": (T.nnet.softplus, [MATRIX - 1], [M]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    check.gradient(*CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    check.forward(*CASES[name])


@pytest.mark.parametrize("name", ["n-ary product", "row and column", "alloc of a vector", "reshape", "reorder"])
def test_second_derivative(name, check):
    build, points, patterns = CASES[name]
    check.second(
        build,
        [p[..., :2] if p.ndim and name not in ("reshape", "alloc of a vector") else p for p in points],
        patterns,
        tolerance=1e-5,
    )


def test_gradient_has_the_pattern_of_its_input():
    r, c = T.drow("r"), T.dcol("c")
    gr, gc = grad(T.sum(r * c), [r, c])
    assert gr.broadcastable == (True, False)
    assert gc.broadcastable == (False, True)


@pytest.mark.parametrize("discrete", [T.argmax, lambda x: T.cast(T.sum(x), "int32"), lambda x: T.gt(T.sum(x), 0)])
def test_fill_with_a_discrete_value_is_constant(discrete, check):
    """The shape gives no gradient, and neither does the value: the one by being disconnected, the other as zeros."""
    x = T.dvector("x")
    filled = T.fill(x, discrete(x))
    g = check.evaluate(grad(T.sum(x * filled), x), {x: VECTOR})
    np.testing.assert_allclose(g, check.evaluate(filled, {x: VECTOR}))


def test_scalar_second_with_a_discrete_value_is_constant():
    a = aes.float64("a")
    g = grad(a * aes.second(a, aes.cast(a, "int32")), a)
    assert function([a], g, mode=Mode("py", None))(2.5) == 2


def test_an_empty_alloc_has_zero_gradient(check):
    v = T.dmatrix("v")
    g = check.evaluate(grad(T.sum(T.alloc(v, 0, 2)), v), {v: np.ones((1, 2))})
    np.testing.assert_array_equal(g, np.zeros((1, 2)))


@pytest.mark.parametrize(
    "build",
    [lambda x: x.shape[0] * 2.0, lambda x: T.cast(x.shape.sum(), "float64"), lambda x: T.alloc(1.5, x.shape[0]).sum()],
)
def test_shapes_are_disconnected(build):
    x = T.dvector("x")
    with pytest.raises(DisconnectedInputError):
        grad(build(x), x)
    assert float(grad(build(x), x, disconnected_inputs="ignore").sum().eval({x: [1.0, 2.0]})) == 0.0


def test_conversion_between_scalars_and_tensors(check):
    def build(x):
        return T.tensor_from_scalar(aes.exp(T.scalar_from_tensor(x))) * x

    check.gradient(build, [SCALAR])
    check.forward(build, [SCALAR])


def test_inplace_ops_are_differentiated_on_copies():
    x = T.dvector("x")
    op = T.Elemwise(aes.Exp(aes.same_out), inplace_pattern={0: 0})
    out = op(T.sqr(x))
    g = grad(T.sum(out), x)
    f = function([x], [out, g], mode=Mode("py", None), accept_inplace=True)
    np.testing.assert_allclose(f(VECTOR)[1], np.exp(VECTOR**2) * 2 * VECTOR)
