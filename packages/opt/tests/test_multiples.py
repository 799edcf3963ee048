"""Sums of multiples of one thing."""

import numpy as np
import pytest

import theano.tensor as T

x, y = T.dmatrices("x", "y")
v = T.dvector("v")
f = T.fmatrix("f")
i = T.imatrix("i")
b = T.bmatrix("b")
rng = np.random.default_rng(0)
VALUES = [
    *rng.normal(size=(2, 3, 4)),
    rng.normal(size=4),
    rng.normal(size=(3, 4)).astype("float32"),
    rng.integers(-9, 9, (3, 4), "int32"),
    rng.integers(-9, 9, (3, 4), "int8"),
]

CASES = [
    ("-0.5*x + -0.5*x", lambda: (-0.5 * x) + (-0.5 * x), ["Neg"]),
    ("0.5*x + 0.5*x", lambda: 0.5 * x + 0.5 * x, ["DeepCopyOp"]),
    ("2*x + 3*x", lambda: 2 * x + 3 * x, ["Mul"]),
    ("2*x - x", lambda: 2 * x - x, ["DeepCopyOp"]),
    ("x - 2*x", lambda: x - 2 * x, ["Neg"]),
    ("2*x - 2*x + y", lambda: 2 * x - 2 * x + y, ["DeepCopyOp"]),
    ("x + x stays", lambda: x + x, ["Add"]),
    ("x + x + x", lambda: x + x + x, ["Mul"]),
    ("2*x*y + 3*y*x", lambda: 2 * x * y + 3 * y * x, ["Mul"]),
    ("x/2 + x/2", lambda: x / 2 + x / 2, ["DeepCopyOp"]),
    ("x/4 + 0.25*x", lambda: x / 4 + 0.25 * x, ["Mul"]),
    ("2*x + y + 3*x + 1", lambda: 2 * x + y + 3 * x + 1, ["Mul", "Add"]),
    ("a rounded sum stays", lambda: 0.1 * x + 0.7 * x, ["Mul", "Mul", "Add"]),
    ("float32", lambda: np.float32(1.5) * f + np.float32(2.5) * f, ["Mul"]),
    ("integers", lambda: 2 * i + 3 * i, ["Mul"]),
    ("integers that cancel but for one", lambda: 3 * i - 2 * i, ["DeepCopyOp"]),
    ("a factor that int8 lacks", lambda: b * np.int8(100) + b * np.int8(100), ["Mul", "Add"]),
    ("different things", lambda: 2 * x + 3 * y, ["Mul", "Mul", "Add"]),
    ("a vector beside a matrix", lambda: 2 * v + 3 * v + x, ["Mul", "Add"]),
]


@pytest.mark.parametrize(("make", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_multiples(rewriting, make, left):
    inputs = [x, y, v, f, i, b]
    ops = rewriting.ops(inputs, make())
    assert sorted(op for op in ops if op not in ("DimShuffle", "InplaceDimShuffle")) == sorted(left)
    rewriting.same(inputs, make(), *VALUES, rtol=1e-6 if make().dtype == "float32" else 1e-12)


def test_a_shared_multiple_is_collected_too(rewriting):
    half = -0.5 * x
    ops = rewriting.ops([x], [half + half, T.exp(half)])
    assert sorted(ops) == ["Exp", "Mul", "Neg"]


def test_infinities_and_nan_pass(rewriting):
    values = np.array([[np.inf, -np.inf, np.nan, 0.0, -0.0]])
    found = rewriting.same([x], (-0.5 * x) + (-0.5 * x), values)
    assert np.array_equal(np.signbit(found[0, 3:]), [True, False])


def test_shapes_that_only_a_dropped_term_has(rewriting):
    rewriting.same([v, x], 2 * x - 2 * x + v, VALUES[2], VALUES[0])
