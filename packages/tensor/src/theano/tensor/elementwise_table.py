"""The elementwise operations: one row each, public name, scalar op and one line of documentation."""

from __future__ import annotations

import theano.scalar as scal
from theano.scalar.base import ScalarOp
from theano.tensor.elemwise import Elemwise

# (public name, arguments, what it computes); the scalar op has the public name unless SCALAR_OPS says otherwise.
ROWS: tuple[tuple[str, str, str], ...] = (
    ("lt", "a, b", "a < b; bool result, operands in their common dtype."),
    ("gt", "a, b", "a > b; bool result, operands in their common dtype."),
    ("le", "a, b", "a <= b; bool result, operands in their common dtype."),
    ("ge", "a, b", "a >= b; bool result, operands in their common dtype."),
    ("eq", "a, b", "a equals b; bool result. The operator == on variables is identity, not this op."),
    ("neq", "a, b", "a differs from b; bool result. The operator != on variables is identity, not this op."),
    ("switch", "cond, ift, iff", "ift where cond is nonzero, else iff; dtype: upcast of the two branches."),
    ("and_", "a, b", "Bitwise and, logical for bool; all bool or all integer operands."),
    ("or_", "a, b", "Bitwise or, logical for bool; all bool or all integer operands."),
    ("xor", "a, b", "Bitwise exclusive or, logical for bool; all bool or all integer operands."),
    ("invert", "a", "Bitwise complement, logical not for bool; no floats."),
    ("abs_", "a", "Absolute value; dtype kept, complex gives the matching float."),
    ("exp", "a", "e ** a; float-upgraded."),
    ("exp2", "a", "2 ** a; float-upgraded."),
    ("expm1", "a", "exp(a) - 1, accurate near 0; float-upgraded."),
    ("neg", "a", "-a; dtype kept, no bool."),
    ("inv", "a", "1 / a; float-upgraded."),
    ("log", "a", "Natural logarithm: -inf at 0, NaN below; float-upgraded."),
    ("log2", "a", "Logarithm to base 2; float-upgraded."),
    ("log10", "a", "Logarithm to base 10; float-upgraded."),
    ("log1p", "a", "log(1 + a), accurate near 0; float-upgraded."),
    ("sgn", "a", "Sign: -1, 0 or 1; dtype kept, no complex and no bool."),
    ("ceil", "a", "Smallest integer not below a; float-upgraded, no complex."),
    ("floor", "a", "Largest integer not above a; float-upgraded, no complex."),
    ("trunc", "a", "a without its fraction; float-upgraded, no complex."),
    ("round_half_to_even", "a", "Nearest integer, halves to the even one; floats only, dtype kept."),
    ("round_half_away_from_zero", "a", "Nearest integer, halves away from zero; floats only, dtype kept."),
    ("sqr", "a", "a * a; dtype kept."),
    ("sqrt", "a", "Square root, NaN below 0; float-upgraded."),
    ("deg2rad", "a", "Degrees to radians; float-upgraded."),
    ("rad2deg", "a", "Radians to degrees; float-upgraded."),
    ("cos", "a", "Cosine; float-upgraded."),
    ("arccos", "a", "Inverse cosine; float-upgraded."),
    ("sin", "a", "Sine; float-upgraded."),
    ("arcsin", "a", "Inverse sine; float-upgraded."),
    ("tan", "a", "Tangent; float-upgraded."),
    ("arctan", "a", "Inverse tangent; float-upgraded."),
    ("arctan2", "a, b", "Angle of the point (b, a); float-upgraded."),
    ("cosh", "a", "Hyperbolic cosine; float-upgraded."),
    ("arccosh", "a", "Inverse hyperbolic cosine; float-upgraded."),
    ("sinh", "a", "Hyperbolic sine; float-upgraded."),
    ("arcsinh", "a", "Inverse hyperbolic sine; float-upgraded."),
    ("tanh", "a", "Hyperbolic tangent; float-upgraded."),
    ("arctanh", "a", "Inverse hyperbolic tangent; float-upgraded."),
    ("erf", "a", "Error function; float-upgraded."),
    ("erfc", "a", "1 - erf(a); float-upgraded, no complex."),
    ("erfcx", "a", "exp(a * a) * erfc(a); float-upgraded, no complex."),
    ("erfinv", "a", "Inverse of erf; float-upgraded, no complex."),
    ("erfcinv", "a", "Inverse of erfc; float-upgraded, no complex."),
    ("gamma", "a", "Gamma function; float-upgraded."),
    ("gammaln", "a", "log(|gamma(a)|); float-upgraded."),
    ("psi", "a", "Derivative of gammaln; float-upgraded."),
    ("tri_gamma", "a", "Derivative of psi; float-upgraded."),
    ("chi2sf", "x, k", "Chance that a chi-square variable with k degrees of freedom exceeds x; float64."),
    ("gammainc", "k, x", "Regularised lower incomplete gamma function P(k, x); float-upgraded."),
    ("gammaincc", "k, x", "Regularised upper incomplete gamma function Q(k, x); float-upgraded."),
    ("gammau", "k, x", "Upper incomplete gamma function, not normalised; float-upgraded."),
    ("gammal", "k, x", "Lower incomplete gamma function, not normalised; float-upgraded."),
    ("j0", "x", "Bessel function of the first kind of order 0; float-upgraded."),
    ("j1", "x", "Bessel function of the first kind of order 1; float-upgraded."),
    ("jv", "v, x", "Bessel function of the first kind of real order v; float-upgraded."),
    ("i0", "x", "Modified Bessel function of order 0; float-upgraded."),
    ("i1", "x", "Modified Bessel function of order 1; float-upgraded."),
    ("iv", "v, x", "Modified Bessel function of real order v; float-upgraded."),
    ("real", "z", "Real part; dtypes other than complex are kept."),
    ("imag", "z", "Imaginary part; zeros for real z."),
    ("angle", "z", "Argument of a complex number; float64."),
    ("complex", "real, imag", "Complex number of two real tensors."),
    ("conj", "z", "Complex conjugate; dtype kept."),
    ("complex_from_polar", "abs, angle", "Complex number of a modulus, zero or more, and an angle."),
    ("second", "a, b", "Values and dtype of b in the shape that a and b broadcast to."),
    ("maximum", "x, y", "Elementwise maximum; upcast, NaN wins."),
    ("minimum", "x, y", "Elementwise minimum; upcast, NaN wins."),
    ("add", "a, *other_terms", "Sum of one or more tensors; upcast, bools are or-ed."),
    ("sub", "a, b", "a - b; upcast, no two bools."),
    ("mul", "a, *other_terms", "Product of one or more tensors; upcast."),
    ("true_div", "a, b", "a / b; two discrete operands give floatX, else upcast."),
    ("int_div", "a, b", "Quotient rounded towards minus infinity; upcast."),
    ("mod", "a, b", "Remainder with the sign of the divisor; upcast."),
    ("pow", "a, b", "a ** b; upcast, two bools give int8."),
    ("clip", "x, min, max", "x limited to [min, max]; upcast of the three, no complex."),
    ("tensor_copy", "a", "Copy of a."),
    ("isnan_", "a", "Whether a is NaN; bool."),
    ("isinf_", "a", "Whether a is infinite; bool."),
)

_SCALAR_OPS = {"tensor_copy": scal.identity, "isnan_": scal.isnan, "isinf_": scal.isinf}

# Classic text of ops whose public name differs from their scalar op.
_TEXTS = {"tensor_copy": "Elemwise{identity}"}


def scalar_op_of(name: str) -> ScalarOp:
    """The scalar op behind a public elementwise name."""
    return _SCALAR_OPS.get(name) or getattr(scal, name)


def make_ops() -> dict[str, Elemwise]:
    """The public elementwise ops by name, each with its documentation."""
    ops = {}
    for name, arguments, summary in ROWS:
        op = Elemwise(scalar_op_of(name), name=_TEXTS.get(name, f"Elemwise{{{name},no_inplace}}"))
        op.__doc__ = f"{name}({arguments})\n\n{summary}\n\nElementwise, with broadcasting by static patterns."
        op.__name__ = name
        ops[name] = op
    return ops


def make_inplace_ops() -> dict[str, Elemwise]:
    """The ops that overwrite their first argument, by public name ``<name>_inplace``."""
    ops = {}
    for name, arguments, summary in ROWS:
        if name in ("switch", "clip", "tensor_copy", "isnan_", "isinf_", "real", "imag", "angle", "complex",
                    "complex_from_polar"):  # fmt: skip
            continue
        op = Elemwise(scalar_op_of(name), {0: 0}, name=f"Elemwise{{{name},inplace}}")
        op.__doc__ = f"{name}_inplace({arguments})\n\n{summary}\n\nOverwrites its first argument, whose type must fit."
        op.__name__ = f"{name}_inplace"
        ops[f"{name}_inplace"] = op
    return ops
