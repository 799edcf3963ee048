"""Formulas that would overflow or lose digits keep them after compilation in the default mode."""

import numpy as np
import pytest

import theano.tensor as T

x, y = T.dvectors("x", "y")
m = T.dmatrix("m")
f = T.fvector("f")
BIG = np.array([-1e4, -800.0, -30.0, 0.0, 30.0, 800.0, 1e4])
SMALL = np.array([1e-20, -1e-18, 1e-10, -1e-5, 0.0, 0.3])


def sigmoid(v):
    return np.where(v >= 0, 1 / (1 + np.exp(-abs(v))), np.exp(-abs(v)) / (1 + np.exp(-abs(v))))


def log_sigmoid(v):
    return -np.logaddexp(0, -v)


def log_complement(v):
    return -np.logaddexp(0, v)


CASES = [
    ("log(1+x)", lambda: T.log(1 + x), ["Log1p"], SMALL, np.log1p),
    ("log(x+1)", lambda: T.log(x + 1), ["Log1p"], SMALL, np.log1p),
    ("log(1-x)", lambda: T.log(1 - x), ["Neg", "Log1p"], SMALL, lambda v: np.log1p(-v)),
    ("exp(x)-1", lambda: T.exp(x) - 1, ["Expm1"], SMALL, np.expm1),
    ("softplus", lambda: T.log(1 + T.exp(x)), ["ScalarSoftplus"], BIG, lambda v: np.logaddexp(0, v)),
    ("log1p(exp)", lambda: T.log1p(T.exp(x)), ["ScalarSoftplus"], BIG, lambda v: np.logaddexp(0, v)),
    ("1/(1+exp(-x))", lambda: 1 / (1 + T.exp(-x)), ["ScalarSigmoid"], BIG, sigmoid),
    ("1/(1+exp(x))", lambda: 1 / (1 + T.exp(x)), ["Neg", "ScalarSigmoid"], BIG, lambda v: sigmoid(-v)),
    ("exp(x)/(1+exp(x))", lambda: T.exp(x) / (1 + T.exp(x)), ["ScalarSigmoid"], BIG, sigmoid),
    ("log(sigmoid)", lambda: T.log(T.nnet.sigmoid(x)), ["Neg", "ScalarSoftplus", "Neg"], BIG, log_sigmoid),
    ("log(1-sigmoid)", lambda: T.log(1 - T.nnet.sigmoid(x)), ["ScalarSoftplus", "Neg"], BIG, log_complement),
    (
        "log of the written-out sigmoid",
        lambda: T.log(1 / (1 + T.exp(-x))), ["Neg", "ScalarSoftplus", "Neg"], BIG, lambda v: -np.logaddexp(0, -v),
    ),
    (
        "log of its complement",
        lambda: T.log(1 - 1 / (1 + T.exp(-x))), ["ScalarSoftplus", "Neg"], BIG, lambda v: -np.logaddexp(0, v),
    ),
    ("log1p(-sigmoid)", lambda: T.log1p(-T.nnet.sigmoid(x)), ["ScalarSoftplus", "Neg"], BIG, log_complement),
    (
        "sigmoid(x)*exp(-x)",
        lambda: T.nnet.sigmoid(x) * T.exp(-x), ["Neg", "ScalarSigmoid"], BIG, lambda v: sigmoid(-v),
    ),
    ("exp(-softplus(x))", lambda: T.exp(-T.nnet.softplus(x)), ["Neg", "ScalarSigmoid"], BIG, lambda v: sigmoid(-v)),
    ("log(sum(exp))", lambda: T.log(T.sum(T.exp(x))), None, BIG, lambda v: 1e4),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "left", "data", "truth"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_expression(rewriting, expression, left, data, truth):
    out = expression()
    if left is not None:
        assert sorted(rewriting.ops([x], out)) == sorted(left)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(rewriting.compile([x], out)(data), truth(data), rtol=1e-12)
    rewriting.same([x], out, np.array([-0.5, -0.1, 0.2, 0.7]), rtol=1e-9)


def test_log_add_of_two_exponentials(rewriting):
    out = T.log(T.exp(x) + T.exp(y))
    a = np.array([1000.0, -1000.0, 3.0, -np.inf, np.inf])
    b = np.array([1001.0, -1002.0, 3.0, -np.inf, np.inf])
    np.testing.assert_allclose(rewriting.compile([x, y], out)(a, b), np.logaddexp(a, b))


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_log_sum_exp_over_axes(rewriting, axis, keepdims):
    out = T.log(T.sum(T.exp(m), axis=axis, keepdims=keepdims))
    data = np.array([[1000.0, 1001.0, -5.0], [-2000.0, -2001.0, -2002.0]])
    expected = np.logaddexp.reduce(data, axis=axis, keepdims=keepdims) if axis is not None else None
    if axis is None:
        expected = np.logaddexp.reduce(data.ravel()).reshape((1, 1) if keepdims else ())
    np.testing.assert_allclose(rewriting.compile([m], out)(data), expected)
    rewriting.same([m], out, data / 1000)


def test_log_sum_exp_of_infinities(rewriting):
    quick = rewriting.compile([m], T.log(T.exp(m).sum(axis=1)))
    inf = np.inf
    np.testing.assert_array_equal(quick(np.array([[-inf, -inf], [inf, 1.0], [-inf, 0.0]])), [-inf, inf, 0])


def test_shifted_log_sum_exp_is_not_shifted_again(rewriting):
    top = T.max(m, axis=1, keepdims=True)
    out = T.log(T.exp(m - top).sum(axis=1))
    assert sum(name.startswith("Max") for name in rewriting.ops([m], out)) == 1


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        (lambda: 1 + T.erf(x), ["Neg", "Erfc"]),
        (lambda: 1 - T.erf(x), ["Erfc"]),
        (lambda: 1 - T.erfc(x), ["Erf"]),
        (lambda: T.erf(x) - 1, ["Erfc", "Neg"]),
        (lambda: -1 + T.erfc(-x), ["Erf"]),
    ],
)
def test_error_functions(rewriting, expression, left):
    out = expression()
    rewriting.same([x], out, np.linspace(-2, 2, 9), rtol=1e-12)
    assert sorted(rewriting.ops([x], out)) in (sorted(left), sorted([*left, "Neg", "Neg"]))


def test_log_erfc_far_out(rewriting):
    from scipy.special import log_ndtr

    data = np.array([-3.0, 0.0, 5.0, 26.0, 30.0, 1e3])
    quick = rewriting.compile([x], T.log(T.erfc(x)))
    np.testing.assert_allclose(quick(data), np.log(2) + log_ndtr(-data * np.sqrt(2)), rtol=1e-9)


def test_gradient_of_log_erfc_far_out(rewriting):
    from scipy.special import erfcx

    data = np.array([0.0, 5.0, 26.0, 30.0, 200.0])
    quick = rewriting.compile([x], T.exp(-T.sqr(x)) / T.erfc(x))
    np.testing.assert_allclose(quick(data), 1 / erfcx(data), rtol=1e-6)


def test_float32_stays_float32(rewriting):
    out = T.log(1 + T.exp(f))
    found = rewriting.compile([f], out)(BIG.astype("float32"))
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, np.logaddexp(0, BIG), rtol=1e-6)


def test_one_minus_sigmoid_only_by_name(rewriting):
    out = 1 - T.nnet.sigmoid(x)
    assert rewriting.ops([x], out) == ["ScalarSigmoid", "Sub"]
    assert rewriting.ops([x], out, including=("local_1msigmoid",)) == ["Neg", "ScalarSigmoid"]


def test_approximate_sigmoids_only_by_name(rewriting):
    out = T.nnet.sigmoid(x)
    assert rewriting.ops([x], out, including=("local_ultra_fast_sigmoid",)) == ["UltraFastScalarSigmoid"]
    assert "ScalarSigmoid" not in rewriting.ops([x], out, including=("local_hard_sigmoid",))


def test_fast_compile_does_not_stabilize(rewriting):
    assert "Log1p" not in rewriting.ops([x], T.log(1 + x), optimizer="fast_compile")


def test_binary_crossentropy_from_naive_logistic_is_finite(rewriting):
    p = 1 / (1 + T.exp(-x))
    out = -(y * T.log(p) + (1 - y) * T.log(1 - p))
    target = np.array([0, 1, 0, 1, 0, 1, 0.0])
    expected = target * np.logaddexp(0, -BIG) + (1 - target) * np.logaddexp(0, BIG)
    np.testing.assert_allclose(rewriting.compile([x, y], out)(BIG, target), expected)
