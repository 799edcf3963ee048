"""Rop: arguments, what is held fast, and ops without forward rule."""

import numpy as np
import pytest

import theano.tensor as T
from theano.gradient import DisconnectedInputError, DisconnectedType, Rop, disconnected_grad
from theano.graph import Apply, Op

X = np.array([1.0, 2.0])
U = np.array([3.0, -1.0])


def test_jacobian_times_vector(check):
    x, u = T.dvectors("xu")
    assert check.evaluate(Rop(x * x, x, u), {x: X, u: U}).tolist() == [6.0, -4.0]


def test_containers_follow_the_expressions(check):
    x, y, u, v = T.dvectors("xyuv")
    results = Rop([x * y, x + y], [x, y], [u, v])
    assert isinstance(results, list)
    point = {x: X, y: X, u: U, v: U}
    assert [r.tolist() for r in check.evaluate(results, point)] == [[6.0, -4.0], [6.0, -2.0]]
    assert isinstance(Rop((x,), (x,), (u,)), tuple)


def test_the_variable_itself_and_other_variables(check):
    x, y, u = T.dvectors("xyu")
    same, other, mixed = check.evaluate(Rop([x, y * 2, x * y], x, u), {x: X, y: X, u: U})
    assert same.tolist() == U.tolist()
    assert other.tolist() == [0.0, 0.0]
    assert mixed.tolist() == [3.0, -2.0]


def test_intermediate_variables_override_their_source(check):
    x, u = T.dvectors("xu")
    y = x * x
    assert check.evaluate(Rop(y * x, [y, x], [u, u]), {x: X, u: U}).tolist() == [6.0, -6.0]


def test_numbers_as_eval_points(check):
    x = T.dvector("x")
    assert check.evaluate(Rop(x * x, x, U), {x: X}).tolist() == [6.0, -4.0]


def test_tangents_take_the_dtype_of_their_variable():
    x, u = T.fvector("x"), T.dvector("u")
    assert Rop(T.exp(x), x, u).dtype == "float32"


def test_steps_have_zero_tangents(check):
    x, u = T.dvectors("xu")
    assert check.evaluate(Rop(T.cast(x > 1, "float64") * x, x, u), {x: X, u: U}).tolist() == [0.0, -1.0]


def test_arguments():
    x, m = T.dvector(), T.dmatrix()
    with pytest.raises(ValueError, match="dimensions"):
        Rop(x, x, m)
    with pytest.raises(AssertionError, match="eval_points"):
        Rop(x, [x], [x, x])
    with pytest.raises(TypeError, match="no variable"):
        Rop(x, 3, x)
    with pytest.raises(ValueError, match="disconnected_outputs"):
        Rop(x, x, x, disconnected_outputs="never")


@pytest.mark.parametrize(
    "build", [lambda x, y: y, lambda x, y: disconnected_grad(x) * 2, lambda x, y: x.shape[0] * 1.5]
)
def test_expressions_without_way(build, check):
    x, y, u = T.dvectors("xyu")
    out = build(x, y)
    with pytest.raises(DisconnectedInputError):
        Rop(out, x, u)
    with pytest.warns(UserWarning, match="does not depend"):
        Rop(out, x, u, disconnected_outputs="warn")
    zero = Rop(out, x, u, disconnected_outputs="ignore")
    assert not np.any(check.evaluate(zero, {x: X, y: X, u: U}))
    assert Rop(out, x, u, disconnected_outputs="ignore", return_disconnected="None") is None
    placeholder = Rop(out, x, u, disconnected_outputs="ignore", return_disconnected="disconnected")
    assert isinstance(placeholder.type, DisconnectedType)


class Product(Op):
    """A classic op, whose R_op takes None for "no derivative"."""

    __props__ = ()

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * inputs[1]

    def R_op(self, inputs, points):
        if None in points:
            return [None]
        return [points[0] * inputs[1] + points[1] * inputs[0]]


def test_classic_ops_get_zeros_for_what_is_held_fast(check):
    x, y, u = T.dvectors("xyu")
    assert check.evaluate(Rop(Product()(x, y * 2), x, u), {x: X, y: X, u: U}).tolist() == [6.0, -4.0]


def test_an_op_without_forward_rule():
    class Silent(Product):
        R_op = None

    x, y, u = T.dvectors("xyu")
    with pytest.raises(NotImplementedError, match="Silent"):
        Rop(Silent()(x, y), x, u)
    assert Rop(Silent()(y, y) + x, x, u) is not None


def test_a_long_chain_needs_no_recursion():
    x, u = T.dscalars("xu")
    y = x
    for _ in range(5_000):
        y = y + x
    assert Rop(y, x, u).ndim == 0
