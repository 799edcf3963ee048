"""Helper functions of generated code in the C family, one template per primitive that no operator states.

Fields as in `theano.codegen.dialect`; ``{q}`` is the dialect's qualifier, ``{d}`` the dtype name, ``{S}`` the suffix of
float64.
"""

from __future__ import annotations

# Floor division and modulo follow Python and NumPy: the remainder has the divisor's sign, and the pair is consistent
# also where the quotient rounds.
_FLOOR_DIV_F = """\
{q} {t} theano_floor_div_{d}({t} a, {t} b)
{{
    {t} m = fmod{s}(a, b), v, f;
    if (b == {zero}) return a / b;
    v = (a - m) / b;
    if (m != {zero} && ((b < {zero}) != (m < {zero}))) v -= {one};
    if (v == {zero}) return copysign{s}({zero}, a / b);
    f = floor{s}(v);
    return v - f > {one} / ({one} + {one}) ? f + {one} : f;
}}
"""

_MOD_F = """\
{q} {t} theano_mod_{d}({t} a, {t} b)
{{
    {t} m = fmod{s}(a, b);
    if (b == {zero}) return m;
    if (m == {zero}) return b < {zero} ? -{zero} : {zero};
    return (b < {zero}) != (m < {zero}) ? m + b : m;
}}
"""

# Division by zero is 0; the divisor -1 is taken apart because the smallest integer divided by it traps.
_FLOOR_DIV_I = """\
{q} {t} theano_floor_div_{d}({t} a, {t} b)
{{
    {t} safe = (b == 0) | (b == -1) ? ({t})1 : b;
    {t} quotient = ({t})(a / safe), rest = ({t})(a % safe);
    quotient = ({t})(quotient - ((rest != 0) & ((rest < 0) != (safe < 0))));
    return b == 0 ? ({t})0 : b == -1 ? ({t})-a : quotient;
}}
"""

_MOD_I = """\
{q} {t} theano_mod_{d}({t} a, {t} b)
{{
    {t} safe = (b == 0) | (b == -1) ? ({t})1 : b;
    {t} rest = ({t})(a % safe);
    return (rest != 0) & ((rest < 0) != (safe < 0)) ? ({t})(rest + safe) : rest;
}}
"""

_FLOOR_DIV_U = """\
{q} {t} theano_floor_div_{d}({t} a, {t} b)
{{
    {t} quotient = ({t})(a / ({t})(b == 0 ? 1 : b));
    return b == 0 ? ({t})0 : quotient;
}}
"""

_MOD_U = """\
{q} {t} theano_mod_{d}({t} a, {t} b)
{{
    {t} rest = ({t})(a % ({t})(b == 0 ? 1 : b));
    return b == 0 ? ({t})0 : rest;
}}
"""

# A negative exponent gives the truncated quotient 1 / a**-n, and 0 for a == 0, since integers have no infinity.
_POW_I = """\
{q} {t} theano_pow_{d}({t} a, {t} n)
{{
    {t} r = 1;
    if (n < 0) return a == 1 ? ({t})1 : a == -1 ? ({t})(n & 1 ? -1 : 1) : ({t})0;
    for (; n != 0; n = ({t})(n >> 1)) {{
        if (n & 1) r = ({t})(r * a);
        a = ({t})(a * a);
    }}
    return r;
}}
"""

_POW_U = """\
{q} {t} theano_pow_{d}({t} a, {t} n)
{{
    {t} r = 1;
    for (; n != 0; n = ({t})(n >> 1)) {{
        if (n & 1) r = ({t})(r * a);
        a = ({t})(a * a);
    }}
    return r;
}}
"""

# exp of a number that is never positive cannot overflow, and small results keep their relative accuracy.
_SIGMOID = """\
{q} {t} theano_sigmoid_{d}({t} x)
{{
    {t} e = exp{s}(-fabs{s}(x));
    return (x >= {zero} ? {one} : e) / ({one} + e);
}}
"""

_SOFTPLUS = """\
{q} {t} theano_softplus_{d}({t} x)
{{
    return (x > {zero} ? x : {zero}) + log1p{s}(exp{s}(-fabs{s}(x)));
}}
"""

# In double for both dtypes: the single precision library functions are off by up to 10 units in the last place.
_GAMMA = """\
{q} {t} theano_gamma_{d}({t} x)
{{
    return ({t})tgamma{S}((double)x);
}}
"""

# lgamma_r: lgamma writes a global variable. SciPy's value at -inf is -inf.
_GAMMALN = """\
{q} {t} theano_gammaln_{d}({t} x)
{{
    int sign;
    return x < -{max} ? x : ({t})lgamma_r{S}((double)x, &sign);
}}
"""

C_FAMILY_HELPERS = {
    "floor_div_f": _FLOOR_DIV_F,
    "floor_div_i": _FLOOR_DIV_I,
    "floor_div_u": _FLOOR_DIV_U,
    "mod_f": _MOD_F,
    "mod_i": _MOD_I,
    "mod_u": _MOD_U,
    "pow_i": _POW_I,
    "pow_u": _POW_U,
    "sigmoid": _SIGMOID,
    "softplus": _SOFTPLUS,
    "gamma": _GAMMA,
    "gammaln": _GAMMALN,
}
