"""Derivative rows of scalar ops, on tensors and on scalar variables."""

import numpy as np
import pytest

import theano.scalar as aes
import theano.tensor as T
from theano.configuration import config
from theano.gradient import DisconnectedInputError, NullTypeGradError, Rop, grad, grad_undefined
from theano.gradient.rules.scalar import row_classes
from theano.graph import ancestors
from theano.plugin import table
from theano.tensor.xlogx import xlogx, xlogy0

POINTS = np.array([0.3, 0.7, 1.4])
SIGNED = np.array([-1.3, -0.4, 0.6, 1.7])
INSIDE = np.array([-0.8, -0.3, 0.2, 0.6])
ABOVE_ONE = np.array([1.2, 1.9, 3.0])

UNARY = {
    "neg": SIGNED, "abs_": SIGNED, "sqr": SIGNED, "sqrt": POINTS, "inv": SIGNED, "exp": SIGNED, "exp2": SIGNED,
    "expm1": SIGNED, "log": POINTS, "log2": POINTS, "log10": POINTS, "log1p": POINTS, "deg2rad": SIGNED,
    "rad2deg": SIGNED, "sin": SIGNED, "cos": SIGNED, "tan": INSIDE, "arcsin": INSIDE, "arccos": INSIDE,
    "arctan": SIGNED, "sinh": SIGNED, "cosh": SIGNED, "tanh": SIGNED, "arcsinh": SIGNED, "arccosh": ABOVE_ONE,
    "arctanh": INSIDE, "erf": SIGNED, "erfc": SIGNED, "erfcx": POINTS, "erfinv": INSIDE, "erfcinv": POINTS[:2],
    "gamma": POINTS, "gammaln": POINTS, "psi": POINTS, "j0": POINTS, "j1": POINTS, "i0": POINTS, "i1": POINTS,
}  # fmt: skip
NO_SECOND = {"psi", "gammaln", "gamma"}

BINARY = {
    "add": (SIGNED, SIGNED[::-1]), "sub": (SIGNED, SIGNED[::-1]), "mul": (SIGNED, SIGNED[::-1]),
    "true_div": (SIGNED, SIGNED[::-1]), "mod": (np.array([5.3, -2.2]), np.array([2.0, 1.5])),
    "pow": (POINTS, np.array([-1.5, 2.0, 0.5])), "maximum": (SIGNED, np.zeros(4)), "minimum": (SIGNED, np.zeros(4)),
    "arctan2": (SIGNED, SIGNED[::-1]),
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_unary_derivative_agrees_with_differences(name, check):
    op = getattr(T, name)
    check.gradient(op, [UNARY[name]])
    check.forward(op, [UNARY[name]])


@pytest.mark.parametrize("name", sorted(set(UNARY) - NO_SECOND))
def test_unary_second_derivative(name, check):
    check.second(getattr(T, name), [UNARY[name][:2]], tolerance=1e-5)


@pytest.mark.parametrize("name", BINARY)
def test_binary_derivative_agrees_with_differences(name, check):
    op = getattr(T, name)
    check.gradient(op, list(BINARY[name]))
    check.forward(op, list(BINARY[name]))


@pytest.mark.parametrize("name", ["add", "mul", "true_div", "pow", "arctan2"])
def test_binary_second_derivative(name, check):
    check.second(getattr(T, name), [p[:2] for p in BINARY[name]], tolerance=1e-5)


def test_products_with_logarithms(check):
    for op, points in ((xlogx, [POINTS]), (xlogy0, [POINTS, ABOVE_ONE])):
        check.gradient(op, points)
        check.forward(op, points)


@pytest.mark.parametrize("name", ["jv", "iv"])
def test_bessel_by_argument(name, check):
    op = getattr(T, name)
    check.gradient(lambda x: op(2, x), [POINTS])
    check.gradient(lambda x: op(T.constant(0, dtype="uint8"), x), [POINTS])


@pytest.mark.parametrize("name", ["jv", "iv"])
def test_bessel_by_order_is_refused(name):
    v, x = T.dscalars("vx")
    with pytest.raises(NullTypeGradError, match="not implemented"):
        grad(getattr(T, name)(v, x), v)


@pytest.mark.parametrize("name", ["tri_gamma", "gammainc", "gammaincc", "gammau", "gammal", "chi2sf"])
def test_ops_without_derivative_say_so(name):
    x = T.dscalar("x")
    args = [x] if name == "tri_gamma" else [x, 2.0]
    with pytest.raises(NotImplementedError, match=name):
        grad(getattr(T, name)(*args), x)


@pytest.mark.parametrize(
    "build",
    [
        T.floor, T.ceil, T.trunc, T.sgn, T.round_half_to_even, T.round_half_away_from_zero, lambda x: T.int_div(x, 2.0),
        lambda x: T.cast(x > 0, "float64"), lambda x: T.cast(T.isnan(x), "float64"), lambda x: T.cast(x, "int32") * 1.5,
    ],
)  # fmt: skip
def test_steps_have_zero_gradient(build, check):
    x = T.dvector("x")
    g = grad(T.sum(build(x)), x)
    assert g.dtype == "float64"
    np.testing.assert_array_equal(check.evaluate(g, {x: SIGNED}), np.zeros(4))


@pytest.fixture
def value(check):
    return lambda cost, by, point: [np.asarray(g).tolist() for g in check.evaluate(grad(cost, by), point)]


def test_conventions_at_ties_zeros_and_bounds(value):
    x, y, z = T.dscalars("xyz")
    at_zero = {x: 0.0}
    assert value(abs(x), [x], at_zero) == [0.0]
    assert value(T.maximum(x, y), [x, y], {x: 2.0, y: 2.0}) == [1.0, 0.0]
    assert value(T.minimum(x, y), [x, y], {x: 2.0, y: 2.0}) == [1.0, 0.0]
    assert value(T.maximum(x, y), [x, y], {x: np.nan, y: 2.0}) == [0.0, 1.0]
    assert value(T.clip(x, y, z), [x, y, z], {x: 1.0, y: 1.0, z: 3.0}) == [1.0, 0.0, 0.0]
    assert value(T.clip(x, y, z), [x, y, z], {x: 3.0, y: 1.0, z: 3.0}) == [1.0, 0.0, 0.0]
    assert value(T.clip(x, y, z), [x, y, z], {x: 0.0, y: 1.0, z: 3.0}) == [0.0, 1.0, 0.0]
    assert value(T.clip(x, y, z), [x, y, z], {x: 4.0, y: 1.0, z: 3.0}) == [0.0, 0.0, 1.0]
    assert value(T.mul(x, y, z), [x, y, z], {x: 0.0, y: 0.0, z: 3.0}) == [0.0, 0.0, 0.0]
    assert value(T.sqrt(x), [x], at_zero) == [np.inf]
    assert value(x**y, [y], {x: 0.0, y: 0.0}) == [0.0]
    assert np.isnan(value(x**y, [y], {x: -1.0, y: 2.0})[0])
    assert np.isnan(value(T.arctan2(y, x), [x], {x: 0.0, y: 0.0})[0])


def test_switch_sends_the_gradient_to_the_taken_branch(value):
    c, x, y = T.bscalar("c"), T.dscalar("x"), T.dscalar("y")
    out = T.switch(c, 2 * x, 3 * y)
    assert value(out, [x, y], {c: 1, x: 1.0, y: 1.0}) == [2.0, 0.0]
    assert value(out, [x, y], {c: 0, x: 1.0, y: 1.0}) == [0.0, 3.0]


def test_fill_is_disconnected_from_its_model(value):
    x, y = T.dvector("x"), T.dscalar("y")
    cost = T.sum(T.fill(x, y))
    with pytest.raises(DisconnectedInputError):
        grad(cost, x)
    assert value(cost, [y], {x: np.ones(3), y: 1.0}) == [3.0]


def test_discrete_inputs_get_floatx_zeros(value):
    i, x = T.ivector("i"), T.dvector("x")
    assert grad(T.sum(i * x), i).dtype == config.floatX
    point = {i: np.array([1, 2], "int32"), x: np.array([1.0, 2.0])}
    assert value(T.sum(i * x) + T.sum(T.true_div(i, i)), [i], point) == [[0.0, 0.0]]


def test_constants_in_derivatives_keep_float32():
    x = T.fvector("x")
    for name in UNARY:
        g = grad(T.sum(getattr(T, name)(x)), x)
        assert g.dtype == "float32", name
        seen = {v.dtype for v in ancestors([g]) if v.dtype.startswith("float")}
        assert seen == {"float32"}, name


def test_power_with_unsigned_exponent_does_not_wrap_around(value):
    x = T.dscalar("x")
    assert value(x ** T.constant(0, dtype="uint8"), [x], {x: 2.0}) == [0.0]


def test_every_scalar_op_has_a_row_or_is_listed_without():
    without = {
        "TriGamma", "Chi2SF", "GammaInc", "GammaIncC", "GammaU", "GammaL", "Conj", "MulWithoutZeros", "ScalarOp",
        "UnaryScalarOp", "BinaryScalarOp", "UnaryBitOp", "BinaryBitOp", "LogicalComparison", "FixedLogicalComparison",
    }  # fmt: skip
    classes = {c for c in vars(aes).values() if isinstance(c, type) and issubclass(c, aes.ScalarOp)}
    missing = {c.__name__ for c in classes} - {c.__name__ for c in row_classes()} - without
    assert not missing


def test_gradient_of_scalar_variables():
    x, y = aes.floats("xy")
    out = aes.exp(x) * y + x
    gx, gy = grad(out, [x, y])
    scalar = aes.Composite([x, y], [gx, gy])
    assert [float(v) for v in scalar.impl(np.float64(0.0), np.float64(3.0))] == [4.0, 1.0]


def test_composite_is_differentiated_through_its_graph(check):
    x, y = aes.floats("xy")
    u = aes.exp(x * y)
    op = T.Elemwise(aes.Composite([x, y], [u * u + x]))
    check.gradient(op, [POINTS, INSIDE[:3]])
    check.forward(op, [POINTS, INSIDE[:3]])
    check.second(op, [POINTS[:2], INSIDE[:2]], tolerance=1e-5)
    two = T.Elemwise(aes.Composite([x, y], [u, aes.sin(u) + y]))
    check.gradient(lambda a, b: T.add(*two(a, b)), [POINTS, INSIDE[:3]])
    check.gradient(lambda a, b: two(a, b)[1], [POINTS, INSIDE[:3]])
    check.forward(lambda a, b: two(a, b)[1], [POINTS, INSIDE[:3]])


@pytest.mark.parametrize("o", [0, 1])
def test_tangents_of_scalar_variables_through_several_outputs(o):
    x, y, u, v = aes.floats("xyuv")
    product = x * y
    out = aes.Composite([x, y], [product, aes.sin(product) + y])(x, y)[o]
    tangent = aes.Composite([x, y, u, v], [Rop(out, [x, y], [u, v])])
    at, along = (0.5, 2.0), (0.25, 3.0)
    slope = at[1] * along[0] + at[0] * along[1]
    expected = [slope, np.cos(at[0] * at[1]) * slope + along[1]][o]
    assert tangent.impl(*map(np.float64, at + along)) == pytest.approx(expected, rel=1e-12)
    alone = aes.Composite([x, y, u], [Rop(out, x, u)]).impl(*map(np.float64, (*at, along[0])))
    slope = at[1] * along[0]
    assert alone == pytest.approx([slope, np.cos(at[0] * at[1]) * slope][o], rel=1e-12)


class Cube(aes.UnaryScalarOp):
    """A classic scalar op: element by element in Python, gradient as a method on scalar variables."""

    def impl(self, x):
        return x * x * x

    def grad(self, inputs, gradients):
        (x,), (g,) = inputs, gradients
        return [g * 3 * aes.sqr(x)]


class CubeByResult(Cube):
    def L_op(self, inputs, outputs, gradients):
        (x,), (out,), (g,) = inputs, outputs, gradients
        return [g * aes.constant(3.0) * out / x]


class Refusing(Cube):
    def grad(self, inputs, gradients):
        return [grad_undefined(self, 0, inputs[0])]


@pytest.mark.parametrize("cls", [Cube, CubeByResult])
def test_classic_scalar_op_with_its_own_gradient(cls, check):
    op = T.Elemwise(cls(aes.upgrade_to_float, name="cube"))
    check.gradient(op, [SIGNED])
    check.forward(op, [SIGNED])


def test_classic_scalar_op_may_refuse():
    x = T.dvector("x")
    with pytest.raises(NullTypeGradError):
        grad(T.sum(T.Elemwise(Refusing(aes.upgrade_to_float, name="refusing"))(x)), x)


@pytest.mark.parametrize("variables", [aes.floats, T.dscalars])
def test_a_refused_derivative_has_no_tangent_either(variables):
    x, u = variables("xu")
    op = Refusing(aes.upgrade_to_float, name="refusing")
    with pytest.raises(NotImplementedError, match="refusing"):
        Rop((op if variables is aes.floats else T.Elemwise(op))(x), x, u)


def test_composite_holding_a_refusing_op():
    x = aes.float64("x")
    op = T.Elemwise(aes.Composite([x], [Refusing(aes.upgrade_to_float, name="refusing")(x) * x]))
    y = T.dvector("y")
    with pytest.raises(NullTypeGradError):
        grad(T.sum(op(y)), y)


def test_complex_operands_are_refused_where_the_formula_is_for_reals():
    z = T.zvector("z")
    with pytest.raises(NotImplementedError, match="complex"):
        grad(T.sum(abs(T.exp(z))), z)


def test_complex_round_trip(check):
    a, b = T.dvectors("ab")
    z = T.complex(a, b)
    cost = T.sum(T.real(z * z) + 3 * T.imag(z) + abs(z))
    values = {a: np.array([1.0, -2.0]), b: np.array([0.5, 3.0])}
    ga, gb = check.evaluate(grad(cost, [a, b]), values)
    x, y = values[a], values[b]
    np.testing.assert_allclose(ga, 2 * x + x / np.hypot(x, y))
    np.testing.assert_allclose(gb, -2 * y + 3 + y / np.hypot(x, y))


def test_row_table_prefers_the_method_of_a_derived_class(value):
    class OddExp(aes.Exp):
        def grad(self, inputs, gradients):
            return [gradients[0] * aes.constant(7.0)]

    assert table("derivative").lookup(OddExp()) is not table("derivative").lookup(aes.exp)
    x = T.dscalar("x")
    assert value(T.Elemwise(OddExp(aes.upgrade_to_float, name="odd"))(x), [x], {x: 1.0}) == [7.0]
