"""Elementary functions as text: C that the compiler puts into the loop, instead of calls of a library.

A call of a vector function cannot be inlined: all vector registers are spilled around it, and a recurrence of single
numbers waits for a whole vector. The functions here are plain arithmetic, and whatever they use (fused multiply-add,
shifts of the bits of a number) rounds the same way wherever it runs: vectors of any length and single numbers have the
same bits. What they are accurate to, and what they were chosen over: ``docs/adr``.

Nothing branches, NaN goes through the arithmetic, and results below the smallest normal number are right. A whole
number is had from a float to which a large number is added: the last bits of the sum then hold it.

The templates have fields in two layers: ``%(...)s`` are filled in here for a dtype, ``{...}`` by the printer, as in
`theano.codegen.helpers`.
"""

from __future__ import annotations

from collections.abc import Iterable

from theano.codegen.dialect import Row, Rows
from theano.codegen.expr import Expr, post_order
from theano.cpu import machine
from theano.cpu.elementary_numbers import numbers

INLINED = 6
"""Loops with more of these functions call them, as vector functions of their own, for the sake of compile time."""

_BITS = """\
{q} %(t)s theano_number_{d}(%(u)s u) {{ union {{ %(u)s u; %(t)s x; }} v; v.u = u; return v.x; }}
{q} %(u)s theano_bits_{d}(%(t)s x) {{ union {{ %(u)s u; %(t)s x; }} v; v.x = x; return v.u; }}
"""

# y = n log(2) + h, where n is whole and h is exact but for what log(2) lacks.
_REMAINDER = """\
    const %(t)s t = %(fma)s(y, %(log2e)s, %(shift)s), n = t - %(shift)s, h = %(fma)s(n, %(minus_ln2)s, y);
"""

# e = exp(y) unless y is far outside. Its power of two comes in two factors: a result below the smallest normal number
# is rounded once, and one close to the largest number does not overflow on the way.
_EXPONENTIAL = (
    _REMAINDER.replace("shift", "shift_twice")
    + """\
    const %(t)s r = %(fma)s(n, %(minus_ln2_rest)s, h), z = r * r, p = %(fma)s(z, %(exp)s, r);
    const %(u)s u = theano_bits_{d}(t), v = u >> 1;
    const %(t)s f = theano_number_{d}(v << %(mantissa)s), g = theano_number_{d}((u - v) << %(mantissa)s);
    const %(t)s e = %(fma)s(p, f, f) * g;
"""
)

_EXP = (
    """\
%(q)s %(t)s %(name)s_exp_{d}(%(t)s y)
{{
"""
    + _EXPONENTIAL
    + """\
    const %(t)s bounded = y > %(exp_far)s ? %(inf)s : e;
    return y < -%(exp_far)s ? {zero} : bounded;
}}
"""
)

_DECAY = (
    """\
    const %(t)s y = -%(abs)s(x);
"""
    + _EXPONENTIAL
    + """\
    const %(t)s decay = y < -%(exp_far)s ? {zero} : e;
"""
)

_SIGMOID = (
    """\
%(q)s %(t)s %(name)s_sigmoid_{d}(%(t)s x)
{{
"""
    + _DECAY
    + """\
    return (x >= {zero} ? {one} : decay) / ({one} + decay);
}}
"""
)

# exp(y) - 1 = f q + (f h + (f - 1)) with f = 2**n: the second term is exact, or nearly so, wherever it counts.
_MINUS_ONE = """\
    const %(t)s rest = n * %(minus_ln2_rest)s, r = h + rest, z = r * r, q = %(fma)s(z, %(exp)s, rest);
    const %(t)s f = theano_number_{d}(theano_bits_{d}(t) << %(mantissa)s);
"""

# Half of the result is computed, because f may be larger than any number.
_EXPM1 = (
    """\
%(q)s %(t)s %(name)s_expm1_{d}(%(t)s y)
{{
"""
    + _REMAINDER.replace("shift", "shift_half")
    + _MINUS_ONE
    + """\
    const %(t)s half = %(fma)s(f, q, %(fma)s(f, h, f - %(half)s)), e = half + half;
    const %(t)s exact = %(abs)s(y) < %(tiny)s ? y : e, above = y < %(expm1_low)s ? -{one} : exact;
    return y > %(expm1_high)s ? %(inf)s : above;
}}
"""
)

# tanh(a) = e / (2 + e) with e = exp(2 a) - 1: the larger a, the less an error of e matters. So what log(2) lacks may
# lack: it makes a difference of a quarter of a unit in the last place of e at most where that shows.
_TANH = """\
%(q)s %(t)s %(name)s_tanh_{d}(%(t)s x)
{{
    const %(t)s a = %(abs)s(x), t = %(fma)s(a, %(log2e_twice)s, %(shift_once)s), n = t - %(shift_once)s;
    const %(t)s r = %(fma)s(n, %(minus_ln2)s, a + a), z = r * r, q = z * %(exp)s;
    const %(t)s f = theano_number_{d}(theano_bits_{d}(t) << %(mantissa)s);
    const %(t)s e = %(fma)s(f, q, %(fma)s(f, r, f - {one})), w = e / (%(two)s + e);
    return %(sign)s(a > %(tanh_far)s ? {one} : w, x);
}}
"""

# w = k log(2) + log(1 + c). For float64 log(1 + c) = c - s (c - s**2 P(s**2)) with s = c / (2 + c): the quotient costs
# less than the ten further terms without it. For float32 log(1 + c) = c + c**2 (-1/2 + c P(c)).
_LOG_OF_FRACTION = {
    "float64": """\
    const %(t)s s = c / (%(two)s + c), o = s * s;
    const %(t)s w = %(fma)s(k, %(ln2)s, %(fma)s(s, %(fma)s(o, %(log)s, -c), c));
""",
    "float32": """\
    const %(t)s o = c * c, w = %(fma)s(k, %(ln2)s, %(fma)s(o, %(log)s, c));
""",
}

# y = 2**k m: when the bits of the least m are subtracted from those of y, k is left in the place of the exponent.
_SPLIT = """\
    const %(u)s i = theano_bits_{d}(y) + %(minus_least)s, j = i >> %(mantissa)s;
    const %(t)s m = theano_number_{d}((i & %(fraction)s) + %(least)s), whole = theano_number_{d}(j | %(whole_bits)s);
"""

# Numbers below the smallest normal one are multiplied by a power of two first.
_LOG = (
    """\
%(q)s %(t)s %(name)s_log_{d}(%(t)s x)
{{
    const %(t)s lift = x < %(normal)s ? %(lift)s : {one}, base = x < %(normal)s ? %(lifted)s : %(whole)s, y = x * lift;
"""
    + _SPLIT
    + """\
    const %(t)s k = whole - base, c = m - {one};
%(log_of_fraction)s\
    const %(t)s bounded = x < %(inf)s ? w : x, bad = x == {zero} ? -%(inf)s : %(nan)s;
    return x > {zero} ? bounded : bad;
}}
"""
)

# What the rounding of 1 + x lost (y - 1 is exact wherever that matters) goes into the fraction: half of it, as the
# factor 2**(1 - k) is a number for all k.
_LOG1P = (
    """\
%(q)s %(t)s %(name)s_log1p_{d}(%(t)s x)
{{
    const %(t)s y = {one} + x, lost = %(fma)s(x, %(half)s, -%(fma)s(y, %(half)s, -%(half)s));
"""
    + _SPLIT
    + """\
    const %(t)s k = whole - %(whole)s, factor = theano_number_{d}((%(inverse)s - j) << %(mantissa)s);
    const %(t)s c = %(fma)s(lost, factor, m - {one}), a = %(abs)s(x);
%(log_of_fraction)s\
    const %(t)s bounded = (a > %(tiny)s) & (a < %(inf)s) ? w : x, bad = x == -{one} ? -%(inf)s : %(nan)s;
    return x > -{one} ? bounded : bad;
}}
"""
)

# log(1 + exp(x)) = max(x, 0) + log(1 + decay), and 1 + decay lies between 1 and 2. Differences that are about roundings
# are written as fused: whoever compiles with -ffast-math would find zero instead.
_SOFTPLUS = (
    """\
%(q)s %(t)s %(name)s_softplus_{d}(%(t)s x)
{{
"""
    + _DECAY
    + """\
    const %(t)s sum = {one} + decay, lost = %(fma)s(decay, {one}, -%(fma)s(sum, {one}, -{one}));
    const %(t)s scale = sum > %(greatest)s ? %(half)s : {one}, k = sum > %(greatest)s ? {one} : {zero};
    const %(t)s c = %(fma)s(lost, scale, %(fma)s(sum, scale, -{one}));
%(log_of_fraction)s\
    return (x > {zero} ? x : {zero}) + w;
}}
"""
)

# The template of each function and its cost: picoseconds per element of float64, measured with 512-bit vectors.
_FUNCTIONS = {
    "exp": (_EXP, 680),
    "expm1": (_EXPM1, 790),
    "log": (_LOG, 820),
    "log1p": (_LOG1P, 910),
    "sigmoid": (_SIGMOID, 830),
    "softplus": (_SOFTPLUS, 1740),
    "tanh": (_TANH, 820),
}

_CALLED = 'static __attribute__((noinline, const, simd("notinbranch")))'


def available() -> bool:
    """Whether this machine has fused multiply-add: else each one would be a call of a function."""
    return machine.processor()["machine"] == "aarch64" or "fma" in machine.features()


def rows(inlined: bool) -> Rows:
    """How the functions of this module are written; calls of functions that stand for themselves if not `inlined`."""
    prefix = "theano" if inlined else "called"
    names = {name: f"{prefix}_{name}_{{d}}" for name in _FUNCTIONS}
    return {
        name: {"f": Row(f"{text}({{0}})", helpers=("theano_number_{d}", text), ps=_FUNCTIONS[name][1])}
        for name, text in names.items()
    }


class Helpers(dict[str, str]):
    """The functions by their names in C, each made when it is first asked for."""

    def __missing__(self, key: str) -> str:
        prefix, name, dtype = key.split("_")
        fields = numbers(dtype) | {"name": prefix, "q": "{q}" if prefix == "theano" else _CALLED}
        fields["log_of_fraction"] = _LOG_OF_FRACTION[dtype] % fields
        template = _BITS if name == "number" else _FUNCTIONS[name][0]
        text = self[key] = template % fields
        return text


def few(values: Iterable[Expr]) -> bool:
    """Whether the functions of a loop that computes `values` are to be inlined."""
    return sum(e.kind == "call" and e.value in _FUNCTIONS for e in post_order(tuple(values))) <= INLINED
