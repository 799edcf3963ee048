"""Reductions."""

import numpy as np
import pytest

import theano
import theano.tensor as T

x, y = T.dmatrices("x", "y")
f = T.fmatrix("f")
i = T.bmatrix("i")
s = T.dscalar("s")
t3 = T.dtensor3("t3")
row = T.drow("row")
INPUTS = [x, y, f, i, s, t3, row]
rng = np.random.default_rng(0)
VALUES = [
    rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4)).astype("float32"),
    rng.integers(-100, 100, size=(3, 4)).astype("int8"), rng.normal(), rng.normal(size=(2, 3, 4)),
    rng.normal(size=(1, 4)),
]  # fmt: skip

CASES = [
    (lambda: x.sum(axis=0).sum(), ["Sum"]),
    (lambda: t3.sum(axis=0).sum(axis=1), ["Sum"]),
    (lambda: t3.max(axis=2).max(axis=0), ["Max", "Max"]),
    (lambda: i.sum(axis=0).sum(), ["Sum"]),
    (lambda: row.sum(axis=0), ["DimShuffle", "DeepCopyOp"]),
    (lambda: row.sum(), ["DimShuffle", "Sum"]),
    (lambda: (-x).sum(), ["Sum", "Neg"]),
    (lambda: (s * x).sum(axis=1), ["Sum", "DimShuffle", "Mul"]),
    (lambda: (3.0 * x).sum(), ["Sum", "Mul"]),
    (lambda: (x / s).sum(), ["Sum", "TrueDiv"]),
    (lambda: (x / y.sum(axis=1).dimshuffle(0, "x")).sum(axis=1), ["Sum", "Sum", "TrueDiv"]),
    (lambda: T.ones((3, 4)).sum(), ["DeepCopyOp"]),
    (lambda: T.alloc(s, 3, x.shape[1]).sum(axis=1), ["Shape_i", "Cast", "Mul", "Alloc"]),
    (lambda: T.max(x, axis=1), ["Max"]),
    (lambda: T.argmax(x, axis=1), ["Argmax"]),
    (lambda: T.min(x, axis=1), ["Min"]),
    (lambda: T.max(x, axis=0) - T.min(x, axis=0), ["Max", "Min", "Neg", "Add"]),
    (lambda: T.max(-x, axis=1), ["Min", "Neg"]),
    (lambda: T.join(0, row, row * 2).sum(axis=0), ["DimShuffle", "Mul"]),
    (lambda: T.argmax(T.exp(x), axis=1), ["Argmax"]),
]


@pytest.mark.parametrize(("expression", "left"), CASES)
def test_expression(rewriting, expression, left):
    out = expression()
    found = rewriting.ops(INPUTS, out)
    rewriting.same(INPUTS, out, *VALUES, rtol=1e-6)
    assert sorted(found) == sorted(left)


def test_float32_sums_keep_their_accumulator(rewriting):
    out = f.sum(axis=0).sum()
    rewriting.same(INPUTS, out, *VALUES, rtol=1e-5)


def test_minimum_of_unsigned_numbers_is_not_that_of_negations(rewriting):
    u = T.TensorType("uint8", (False,))("u")
    rewriting.same([u], -T.max(-u), np.array([0, 5, 200], dtype="uint8"))


def test_negations_of_integers_may_wrap_around(rewriting):
    b = T.bvector("b")
    value = np.array([-128, -127, 5], dtype="int8")
    for out in (T.max(-b), -T.max(-b)):
        rewriting.same([b], out, value)
        assert "Max" in rewriting.ops([b], out)


def test_both_outputs_of_max_and_argmax_stay_together(rewriting):
    assert rewriting.ops(INPUTS, T.max_and_argmax(x, axis=1)) == ["MaxAndArgmax"]


def test_factors_that_vary_along_the_reduced_axis_stay_inside(rewriting):
    out = (x * x.sum(axis=0)).sum(axis=1)
    rewriting.same(INPUTS, out, *VALUES)
    assert rewriting.ops(INPUTS, out)[-1] == "Sum"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sum_over_more_elements_than_integers_can_count(dtype):
    n = T.lscalar("n")
    total = T.alloc(np.asarray(0.5, dtype), n, n, n).sum()
    f = theano.function([n], [total, T.alloc(np.asarray(0.5, dtype), n, n).sum(axis=1)[0]])
    assert not any("Sum" in str(node.op) for node in f.maker.fgraph.toposort())
    found = f(1 << 22)[0]
    assert found.dtype == dtype
    assert found == 2.0**65
