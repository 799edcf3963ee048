"""Sums, products, powers, casts, switches: what is left, and that values, dtype and shape stay."""

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import Mode, function
from theano.opt import EquilibriumOptimizer
from theano.opt.canonizer import AddCanonizer, Canonizer, MulCanonizer

x, y, z = T.dmatrices("x", "y", "z")
f = T.fmatrix("f")
i, j = T.imatrices("i", "j")
v = T.dvector("v")
s = T.dscalar("s")
INPUTS = [x, y, z, f, i, j, v, s]


def values(seed=0):
    rng = np.random.default_rng(seed)
    ints = rng.integers(-5, 6, size=(2, 3, 3)).astype("int32")
    return [
        *rng.normal(size=(3, 3, 3)),
        rng.normal(size=(3, 3)).astype("float32"),
        *ints,
        rng.normal(size=3),
        rng.normal(),
    ]


CASES = [
    # expression, ops that are left (fusion off)
    ("x + 0", lambda: x + 0, ["DeepCopyOp"]),
    ("x - x", lambda: x - x, ["Shape_i", "Shape_i", "Alloc"]),
    ("x - x + y", lambda: x - x + y, ["DeepCopyOp"]),
    ("x + y - x", lambda: x + y - x, ["DeepCopyOp"]),
    ("(x + y) - (x + z)", lambda: (x + y) - (x + z), ["Sub"]),
    ("x + 1 + 2 - 4", lambda: x + 1 + 2 - 4, ["Add"]),
    ("a nested sum", lambda: x + (y + z), ["Add"]),
    ("-(x - y)", lambda: -(x - y), ["Sub"]),
    ("-(-x)", lambda: T.neg(-x), ["DeepCopyOp"]),
    ("x + (-y)", lambda: x + (-y), ["Sub"]),
    ("-x - y", lambda: -x - y, ["Add", "Neg"]),
    ("x - (-2)", lambda: x - (-2), ["Sub"]),
    ("x * 1", lambda: x * 1, ["DeepCopyOp"]),
    ("x * 2 * 3", lambda: x * 2 * 3, ["Mul"]),
    ("2 * (x * 3) / 6", lambda: 2 * (x * 3) / 6, ["DeepCopyOp"]),
    ("(x * y) / (y * z)", lambda: (x * y) / (y * z), ["TrueDiv"]),
    ("x * (1 / y)", lambda: x * (1 / y), ["TrueDiv"]),
    ("x / y / z", lambda: x / y / z, ["Mul", "TrueDiv"]),
    ("x * y / x", lambda: x * y / x, ["DeepCopyOp"]),
    ("-x * -y", lambda: (-x) * (-y), ["Mul"]),
    ("-1 * x", lambda: -1 * x, ["Neg"]),
    ("(2*x) / (4*y)", lambda: (2 * x) / (4 * y), ["Mul", "TrueDiv"]),
    ("1 / x", lambda: 1 / x, ["Inv"]),
    ("x * x", lambda: x * x, ["Sqr"]),
    ("0 * x", lambda: 0 * x, ["Shape_i", "Shape_i", "Alloc"]),
    ("x / abs(x)", lambda: x / abs(x), ["Sgn"]),
    ("|x| * |y|", lambda: abs(x) * abs(y), ["Mul", "Abs"]),
    ("(x/y + z) * y", lambda: (x / y + z) * y, ["Mul", "Add"]),
    ("x ** 2", lambda: x**2, ["Sqr"]),
    ("x ** 1", lambda: x**1, ["DeepCopyOp"]),
    ("x ** 0", lambda: x**0, ["Shape_i", "Shape_i", "Alloc"]),
    ("abs(x) ** 0.5", lambda: abs(x) ** 0.5, ["Abs", "Sqrt"]),
    ("x ** -1", lambda: x**-1, ["Inv"]),
    ("x ** -2", lambda: x**-2, ["Sqr", "Inv"]),
    ("x ** 5", lambda: x**5, ["Sqr", "Sqr", "Mul"]),
    ("log(exp(x))", lambda: T.log(T.exp(x)), ["DeepCopyOp"]),
    ("exp(log(abs(x)))", lambda: T.exp(T.log(abs(x))), ["Abs", "GE", "Switch"]),
    ("integer i*2*3", lambda: i * 2 * 3, ["Mul"]),
    ("integer i - i + j", lambda: i - i + j, ["DeepCopyOp"]),
    ("integer i // 1", lambda: i // 1, ["DeepCopyOp"]),
    ("mixed i*2*f", lambda: i * 2 * f, ["Mul", "Mul"]),
    ("float32 f*2*3", lambda: f * 2 * 3, ["Mul"]),
    ("(f + x) - x", lambda: (f + x) - x, ["Cast"]),
    ("v + x - x", lambda: v + x - x, ["DimShuffle", "Shape_i", "Shape_i", "Alloc"]),
    ("s * x / s", lambda: s * x / s, ["DeepCopyOp"]),
    ("cast(cast(f))", lambda: T.cast(T.cast(f, "float64"), "float32"), ["DeepCopyOp"]),
    ("cast(i to f64 to f32)", lambda: T.cast(T.cast(i, "float64"), "float32"), ["Cast"]),
    ("switch(1, x, y)", lambda: T.switch(1, x, y), ["DeepCopyOp"]),
    ("switch(c, x, x)", lambda: T.switch(T.gt(y, 0), x, x), ["DeepCopyOp"]),
    ("maximum(x, x)", lambda: T.maximum(x, x), ["DeepCopyOp"]),
    ("lt(i, i)", lambda: T.lt(i, i), ["Shape_i", "Shape_i", "Alloc"]),
    ("fill(x, y)", lambda: T.fill(x, y), ["DeepCopyOp"]),
    ("exp(fill(x, 1.0))", lambda: T.exp(T.fill(x, 1.0)), ["Shape_i", "Shape_i", "Alloc"]),
    ("fill(x, 2) * y", lambda: T.fill(x, 2.0) * y, ["Mul"]),
    ("tanh(arctanh)", lambda: T.arctanh(T.tanh(x)), ["DeepCopyOp"]),
]


@pytest.mark.parametrize(("expression", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_expression(rewriting, expression, left):
    out = expression()
    found = rewriting.ops(INPUTS, out)
    assert sorted(found) == sorted(left)
    rewriting.same(INPUTS, out, *values(), rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_sums_and_products_of_mixed_dtypes_keep_values(rewriting, seed):
    out = (x * i - f * 2) / (y + 1 + 3) - (-(v * s)) * 3 + i - j * 2 - (x * i) / 4
    rewriting.same(INPUTS, out, *values(seed), rtol=1e-5)


def test_integer_overflow_wraps_as_before(rewriting):
    b = T.bvector("b")
    values = np.array([127, -128, 5], dtype="int8")
    rewriting.same([b], b + 100 + 100, values)
    rewriting.same([b], b * 100 * 3 - b, values)


def test_mul_by_zero_wins_over_nan(rewriting):
    found = rewriting.compile([v], v * 0)(np.array([np.nan, np.inf, 1.0]))
    np.testing.assert_array_equal(found, 0)


def test_nan_is_not_equal_to_itself_after_rewriting(rewriting):
    found = rewriting.compile([v], T.eq(v, v))(np.array([np.nan, 1.0]))
    np.testing.assert_array_equal(found, [False, True])


def test_exp_of_log_keeps_nan_of_negative_numbers(rewriting):
    found = rewriting.compile([v], T.exp(T.log(v)))(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(found, [np.nan, 0.0, 2.0])


def test_switch_keeps_nan_out_of_the_zero_branch(rewriting):
    out = T.switch(T.gt(v, 0), 1 / v, 0) * T.log(v)
    found = rewriting.compile([v], out)(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(found, [0, 0, 0])


def test_shared_work_stays_shared(rewriting):
    product = x * y
    assert rewriting.ops(INPUTS, [product / x, product + 1]).count("Mul") == 1


def test_constants_that_overflow_are_left_alone(rewriting):
    rewriting.same([v], v * 1e300 * 1e300 * 1e-300, np.array([1e-300, 0.5]))


def test_excluding_by_name(rewriting):
    assert rewriting.ops([v], v * 1e0 * 3.5 * 2, excluding=("fusion", "local_mul_canonizer", "specialize")) != ["Mul"]


def test_canonizer_under_its_classic_name():
    assert isinstance(Canonizer(T.add, T.sub, T.neg)._inner, AddCanonizer)
    assert isinstance(Canonizer(T.mul, T.true_div, T.inv)._inner, MulCanonizer)


def test_canonizers_do_not_fight(rewriting):
    """A sum of products of sums reaches a normal form under a tight budget."""
    out = -((x - y) * -z / (x * -2.0)) - (-(y / -x) - (z - 1.0))
    both = EquilibriumOptimizer([AddCanonizer(), MulCanonizer()], max_use_ratio=0.5)
    (result,) = rewriting.apply([x, y, z], [out], both)
    data = values()[:3]
    plain = function([x, y, z], out, mode=Mode("py", None))(*data)
    np.testing.assert_allclose(function([x, y, z], result, mode=Mode("py", None))(*data), plain)


def test_wide_sums_stay_right(rewriting):
    terms = [x * (k + 1) for k in range(40)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    rewriting.same(INPUTS, total, *values(), rtol=1e-9)
