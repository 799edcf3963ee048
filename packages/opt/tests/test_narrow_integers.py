"""Rules that compute with integers in another place or order do so in the dtype of the result: nothing wraps around.

A difference, product or negative of int8 or uint8 is not the one of the numbers; where a formula is one of floats,
what a rule makes of it must be so too.
"""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as tt

WRITTEN = theano.Mode("py", None)
REWRITTEN = theano.Mode("py", "fast_run")
EXTREME = {
    "int8": np.array([1, -2, 100, -100, -128], "int8"),
    "uint8": np.array([1, 2, 100, 200, 255], "uint8"),
    "uint64": np.array([1, 2, 30, 40, 50], "uint64"),
}


def sigmoid(x):
    return tt.nnet.sigmoid(x)


FORMULAS = {
    "log of a sigmoid": lambda a, b, f: tt.log(sigmoid(a)),
    "log of a sigmoid of -a": lambda a, b, f: tt.log(sigmoid(-tt.minimum(a, 100))),
    "sigmoid times exp": lambda a, b, f: sigmoid(a) * tt.exp(-a),
    "one plus erf": lambda a, b, f: 1 + tt.erf(a),
    "log of a sum of exponentials": lambda a, b, f: tt.log(tt.exp(a % 70) + tt.exp(b % 70)),
    "log of the sum of exponentials": lambda a, b, f: tt.log(tt.sum(tt.exp(tt.minimum(a, 80)))),
    "log of one plus a sum": lambda a, b, f: tt.log((1.0 + a) + b),
    "log of one plus a sum of integers": lambda a, b, f: tt.log(1 + a + b),
    "sum with a float": lambda a, b, f: tt.add(a, b, 0.0),
    "product with a float": lambda a, b, f: tt.mul(a, b, 1.0),
    "difference with a float": lambda a, b, f: (a - 0.0) - b,
    "three times in a sum of floats": lambda a, b, f: f + a + a + a,
    "what is left of a sum": lambda a, b, f: tt.add(a, b, 3.0 * f, -1.5 * f) - 1.5 * f,
    "divisors out of a sum": lambda a, b, f: tt.sum(f / a[0] / b[2]),
    "product of divisors": lambda a, b, f: tt.exp(f) / (1 + tt.exp(f)) / a / b,
    "product of factors": lambda a, b, f: tt.exp(f) * a * b / (1 + tt.exp(f)),
    "minus a quotient": lambda a, b, f: -((-a) / (f + 3)),
    "quotient of absolute values": lambda a, b, f: abs(a) / abs(f + 3),
    "product of absolute values": lambda a, b, f: abs(a) * abs(f),
    "over its absolute value": lambda a, b, f: a / abs(a),
    "zero or a wide number": lambda a, b, f: tt.switch(f > 0, tt.constant(0, "int32"), a) * b,
    "zero over": lambda a, b, f: tt.switch(f > 0, tt.constant(0, "int32"), a) // b,
    "choices of one condition": lambda a, b, f: tt.switch(f > 0, a, f * 2) + tt.switch(f > 0, b, f * 3),
}


@pytest.mark.parametrize("dtype", EXTREME)
@pytest.mark.parametrize("formula", FORMULAS)
def test_nothing_wraps(formula, dtype):
    a, b, f = tt.TensorType(dtype, (False,))("a"), tt.TensorType(dtype, (False,))("b"), tt.dvector("f")
    y = FORMULAS[formula](a, b, f)
    values = EXTREME[dtype], EXTREME[dtype][[2, 4, 2, 1, 3]], np.array([0.5, -1.0, 2.0, -0.25, 1.0])
    with theano.change_flags(on_opt_error="raise"):
        written, rewritten = (
            theano.function([a, b, f], y, mode=mode, on_unused_input="ignore") for mode in (WRITTEN, REWRITTEN)
        )
    with np.errstate(all="ignore"):
        expected, found = written(*values), rewritten(*values)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    known = np.isfinite(expected)  # where the formula as written overflows, the rewritten one may do better
    np.testing.assert_allclose(found[known], expected[known], rtol=2e-5, atol=1e-12)


@pytest.mark.parametrize("formula", ["log of a sum of exponentials", "log of the sum of exponentials"])
def test_bools_are_counted(formula):
    a, b = tt.TensorType("bool", (False,))("a"), tt.TensorType("bool", (False,))("b")
    y = {
        "log of a sum of exponentials": tt.log(tt.exp(a) + tt.exp(b)),
        "log of the sum of exponentials": tt.log(tt.sum(tt.exp(a))),
    }[formula]
    values = np.array([True, False, True]), np.array([True, True, False])
    with theano.change_flags(on_opt_error="raise"):
        written, rewritten = (
            theano.function([a, b], y, mode=mode, on_unused_input="ignore") for mode in (WRITTEN, REWRITTEN)
        )
    np.testing.assert_allclose(rewritten(*values), written(*values), rtol=1e-6)
