"""Whole numbers at the ends of their dtypes: native and rewritten functions against exact arithmetic."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import theano
import theano.tensor as T

MODES = {"default": "FAST_RUN", "python": theano.Mode("py", None), "compiled as written": theano.Mode("cvm", None)}
SIGNED = np.array([0, 1, -1, 5, 2**53 + 1, 2**63 - 1, 2**63 - 2, -(2**63), 7])
COUNTS = np.array([0, 1, 2**64 - 1, 5, 2**53, 2**63, 2**63, 2**63, 9], "uint64")
COMPARISONS = {
    "lt": (T.lt, operator.lt), "le": (T.le, operator.le), "gt": (T.gt, operator.gt), "ge": (T.ge, operator.ge),
    "eq": (T.eq, operator.eq), "neq": (T.neq, operator.ne),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", COMPARISONS)
def test_int64_meets_uint64(name, mode):
    build, compare = COMPARISONS[name]
    x, n = T.lvector("x"), T.TensorType("uint64", (False,))("n")
    f = theano.function([x, n], [build(x, n), build(n, x)], mode=MODES[mode])
    found = f(SIGNED, COUNTS)
    pairs = list(zip(SIGNED.tolist(), COUNTS.tolist(), strict=True))
    np.testing.assert_array_equal(found[0], [compare(a, b) for a, b in pairs])
    np.testing.assert_array_equal(found[1], [compare(b, a) for a, b in pairs])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_negative_powers_of_integers(mode, dtype):
    x, n = (T.TensorType(dtype, (False,))(name) for name in "xn")
    f = theano.function([x, n], [x**n, 2**n], mode=MODES[mode])
    base, exponent = (
        np.array([1, -1, -1, 0, 2, -2, 3, -3, 0], dtype),
        np.array([-3, -3, -4, -1, -1, -5, 4, 3, 0], dtype),
    )
    power, of_two = f(base, exponent)
    np.testing.assert_array_equal(power, np.array([1, -1, 1, 0, 0, 0, 81, -27, 1], dtype))
    np.testing.assert_array_equal(of_two[[0, 4, 6, 7, 8]], np.array([0, 0, 16, 8, 1], dtype))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_integers_reduced_to_floats_do_not_wrap(mode, dtype):
    x = T.lvector("x")
    f = theano.function([x], [T.sum(x, dtype=dtype), T.prod(x, dtype=dtype)], mode=MODES[mode])
    total, product = f(np.array([2**62] * 2 + [1]))
    np.testing.assert_allclose([total, product], [2.0**63, 2.0**124])
    assert total.dtype == product.dtype == dtype


@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_count(mode):
    x, w = T.ivector("x"), T.dvector("w")
    f = theano.function(
        [x, w],
        [T.extra_ops.bincount(x), T.extra_ops.bincount(x, minlength=3), T.extra_ops.bincount(x, weights=w)],
        mode=MODES[mode],
    )
    for got, expected in zip(f(np.zeros(0, "int32"), np.zeros(0)), ([], [0, 0, 0], []), strict=True):
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(f(np.array([1, 1], "int32"), np.ones(2))[1], [0, 2, 0])
