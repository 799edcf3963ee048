"""Multiplications by the reciprocal of a row's root in place of divisions: where, and with which values."""

import numpy as np
import pytest

import theano.tensor as T
from theano.codegen import Expr, Kernel, Out, k
from theano.codegen.expr import post_order
from theano.codegen.kernel import FinalSweep, MapSweep, ReduceSweep
from theano.cpu.roots import with_reciprocal_roots

pytestmark = pytest.mark.c
rng = np.random.default_rng(17)


def kernel(value, dtype):
    """The sum of a row, and `value` of an element, the sum, and an element of another input."""
    x, y, total = Expr("load", (), dtype, 0), Expr("load", (), dtype, 1), Expr("acc", (), dtype, 0)
    sweeps = (
        ReduceSweep(0, "add", x, dtype),
        MapSweep((("out", 0),), (value(x, total, y),)),
        FinalSweep((1,), (total / k.sqrt(total),)),
    )
    return Kernel((dtype, dtype), (Out(dtype), Out(dtype, True)), sweeps, (), (dtype,))


def calls(found):
    return [e.value for e in post_order(found.sweeps[1].values) if e.kind == "call"]


def test_a_root_that_is_the_same_for_the_row():
    found = with_reciprocal_roots(kernel(lambda x, total, y: x / k.sqrt(total + y), "float32"), "VS")
    assert calls(found) == ["add", "sqrt", "true_div", "mul"]
    (value,) = found.sweeps[1].values
    assert value.dtype == "float32"
    assert {e.dtype for e in post_order((value,)) if e.kind == "call" and e.value in ("sqrt", "true_div")} == {
        "float64"
    }


@pytest.mark.parametrize(
    ("value", "dtype", "modes"),
    [
        (lambda x, total, y: x / k.sqrt(total), "float64", "VS"),
        (lambda x, total, y: x / k.sqrt(total + y), "float32", "VV"),
        (lambda x, total, y: x / total, "float32", "VS"),
        (lambda x, total, y: x + y / k.sqrt(total), "float32", "VS"),
    ],
)
def test_other_divisions_stay(value, dtype, modes):
    plain = kernel(value, dtype)
    assert with_reciprocal_roots(plain, modes) == plain


def test_maps_stay():
    x, y = Expr("load", (), "float32", 0), Expr("load", (), "float32", 1)
    plain = Kernel(("float32", "float32"), (Out("float32"),), (MapSweep((("out", 0),), (x / k.sqrt(y),)),))
    assert with_reciprocal_roots(plain, "VS") == plain


@pytest.mark.parametrize("shape", [(3, 40), (50, 20), (20, 300)])
def test_two_roundings(native, shape):
    """As many as a division by the rounded root has."""
    x, y = T.fmatrix("x"), T.fvector("y")
    f = native([x, y], x / T.sqrt(x.sum(axis=1) * 0 + y)[:, None])
    values = rng.normal(size=shape).astype("float32"), (2.0 ** rng.uniform(-148, 127, shape[0])).astype("float32")
    exact = values[0] / np.sqrt(values[1].astype("float64"))[:, None]
    assert np.max(np.abs(f(*values) / exact - 1)) <= 2.0**-23


def test_special_roots_divide_as_they_did(native):
    x, y = T.fmatrix("x"), T.fvector("y")
    f = native([x, y], x / T.sqrt(T.exp(x * 0).sum(axis=1) * 0 + y)[:, None])
    row = np.array([0, -0.0, 1, -1, 1e-45, -3e38, 3e38, 5] * 16, "float32")
    below = np.array([0, np.inf, np.nan, -1, 1e-45, 3.4e38, 1], "float32")
    rows = np.repeat(row[None], len(below), 0)
    with np.errstate(all="ignore"):
        expected = rows / np.sqrt(below)[:, None]
    found = f(rows, below)
    np.testing.assert_allclose(found, expected, rtol=2.0**-22, atol=1.5e-45)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(expected[numbers]))
