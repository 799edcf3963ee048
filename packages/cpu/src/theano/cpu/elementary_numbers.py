"""The numbers behind `theano.cpu.elementary`: coefficients, limits, and patterns of bits, as C literals.

The coefficients have the smallest largest error, found by Remez' exchange algorithm; ``packages/cpu/tests/minimax.py``
derives them anew, and a test compares.
"""

from __future__ import annotations

import functools

import numpy as np

EXP = {
    "float64": (
        *(0.16666666666666602, 0.041666666666619855, 0.008333333333388596, 0.0013888888920574522),
        *(0.0001984126970893073, 2.480151624944448e-05, 2.7557425346418422e-06, 2.762227232576738e-07),
        2.5045859283398787e-08,
    ),
    "float32": (0.1666654795408249, 0.04166685417294502, 0.008366066962480545, 0.001389823155477643),
}
"""Q of exp(r) = 1 + r + r**2 (1/2 + r Q(r)) for \\|r\\| <= log(2) / 2, by the relative error of exp(r) - 1."""

LOG = {
    "float64": (
        *(0.6666666666666735, 0.39999999999412816, 0.28571428742884053, 0.22222198514199137, 0.18183567789289853),
        *(0.15313952234213657, 0.14797026570957122),
    ),
    "float32": (
        *(0.3333326578140259, -0.2500423789024353, 0.20007921755313873, -0.16472311317920685, 0.14042270183563232),
        *(-0.15122286975383759, 0.13820435106754303),
    ),
}
"""P of log(1 + c), by its relative error.

float64: log(1 + c) = c - s (c - s**2 P(s**2)), s = c / (2 + c), for 1 + c between sqrt(1/2) and sqrt(2); float32:
log(1 + c) = c + c**2 (-1/2 + c P(c)) for 1 + c between 2/3 and 4/3.
"""

LN2, LN2_REST, LOG2E = 0.6931471805599453, 2.3190468138462996e-17, 1.4426950408889634
_LEAST = {"float64": 0.5**0.5, "float32": 2 / 3}
# From here on the result is infinite, zero, or one; up to here the arithmetic stays in the range of numbers.
_FAR = {
    "float64": {"exp_far": 1400, "expm1_low": -700, "expm1_high": 710, "tanh_far": 350},
    "float32": {"exp_far": 170, "expm1_low": -80, "expm1_high": 89, "tanh_far": 40},
}
_FMA = {"float64": "__builtin_fma", "float32": "__builtin_fmaf"}


@functools.cache
def numbers(dtype: str) -> dict[str, str]:
    """The fields of the templates of `theano.cpu.elementary` for `dtype`."""
    info = np.finfo(dtype)
    mantissa, bias = info.nmant, info.maxexp - 1
    suffix, bits = ("", "64") if dtype == "float64" else ("f", "32")
    whole, least = 2.0**mantissa, _LEAST[dtype]
    ln2 = float(np.dtype(dtype).type(LN2))
    floats = _FAR[dtype] | {
        "ln2": ln2,
        "minus_ln2": -ln2,
        "minus_ln2_rest": ln2 - LN2 - LN2_REST,
        "log2e": LOG2E,
        "log2e_twice": 2 * LOG2E,
        # 1.5 and not 1: below zero, too, the sum keeps its exponent. What is added beyond that goes to the exponent.
        "shift_once": 1.5 * whole + bias,
        "shift_half": 1.5 * whole + bias - 1,
        "shift_twice": 1.5 * whole + 2 * bias,
        "whole": whole + 2 * bias,
        "lifted": whole + 2 * bias + mantissa + 2,
        "lift": 2.0 ** (mantissa + 2),
        "normal": info.tiny,
        "tiny": info.eps / 256,
        "greatest": 2 * least,
        "half": 0.5,
        "two": 2,
    }
    pattern = int(np.asarray(least, dtype).view(f"uint{bits}"))
    integers = {
        "least": pattern,
        "minus_least": (2 * bias << mantissa) - pattern,
        "fraction": (1 << mantissa) - 1,
        "whole_bits": (bias + mantissa) << mantissa,
        "inverse": bias + 1 + 2 * bias,
    }
    if dtype == "float64":
        log = _nested([_literal(c, dtype) for c in LOG[dtype]], "o", dtype)
    else:
        log = _by_pairs((-0.5, *LOG[dtype]), "c", "o", dtype)
    words = {
        "t": f"f{bits}",
        "u": f"u{bits}",
        "mantissa": str(mantissa),
        "fma": _FMA[dtype],
        "abs": f"fabs{suffix}",
        "sign": f"copysign{suffix}",
        "inf": f"__builtin_inf{suffix}()",
        "nan": f'__builtin_nan{suffix}("")',
        "exp": _by_pairs((0.5, *EXP[dtype]), "r", "z", dtype),
        "log": log,
    }
    words |= {name: _literal(value, dtype) for name, value in floats.items()}
    return words | {name: f"{value}u{'ll' if bits == '64' else ''}" for name, value in integers.items()}


def _literal(value: float, dtype: str) -> str:
    return repr(float(np.dtype(dtype).type(value))) + ("" if dtype == "float64" else "f")


def _by_pairs(coefficients: tuple[float, ...], x: str, square: str, dtype: str) -> str:
    """Text of c[0] + c[1] x + x**2 (c[2] + c[3] x + ...): the same work as Horner's form, and half as long to wait."""
    c = [_literal(v, dtype) for v in coefficients]
    pairs = [f"{_FMA[dtype]}({b}, {x}, {a})" for a, b in zip(c[::2], c[1::2], strict=False)]
    return _nested(pairs + c[len(c) & ~1 :], square, dtype)


def _nested(terms: list[str], x: str, dtype: str) -> str:
    """Text of terms[0] + x (terms[1] + x (...))."""
    text = terms[-1]
    for term in reversed(terms[:-1]):
        text = f"{_FMA[dtype]}({text}, {x}, {term})"
    return text
