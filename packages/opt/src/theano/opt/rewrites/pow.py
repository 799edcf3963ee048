"""Powers."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.matching import constant_of, keep_type, zeros_of
from theano.opt.ruleset import RuleSet

__all__ = ["rules"]

rules = RuleSet()


@rules.local([ts.Pow], "C")
def local_pow_canonicalize(fgraph: FunctionGraph, node: Apply) -> Any:
    """x**0 -> ones, x**1 -> x."""
    x, exponent = node.inputs
    value = constant_of(exponent)
    if value is None or value not in (0, 1):
        return None
    out = node.outputs[0]
    return [zeros_of(fgraph, out, 1) if value == 0 else keep_type(fgraph, x, out)]


def _simple_power(x: Variable, value: Any) -> Variable | None:
    if value == 2:
        return tt.sqr(x)
    if not x.type.dtype.startswith(("float", "complex")):
        return None
    if value == 0.5:
        return tt.sqrt(x)
    if value == -0.5:
        return tt.inv(tt.sqrt(x))
    if value == -1:
        return tt.inv(x)
    if value == -2:
        return tt.inv(tt.sqr(x))
    return None


@rules.local([ts.Pow], "P")
def local_pow_specialize(fgraph: FunctionGraph, node: Apply) -> Any:
    """x**2 -> sqr, x**0.5 -> sqrt, x**-0.5 -> 1/sqrt, x**-1 -> inv, x**-2 -> 1/sqr, x**1 -> x, x**0 -> ones."""
    x, exponent = node.inputs
    value = constant_of(exponent)
    out = node.outputs[0]
    if value is None:
        return None
    if value == 0:
        return [zeros_of(fgraph, out, 1)]
    if value == 1:
        return [keep_type(fgraph, x, out)]
    result = _simple_power(x if x.type.dtype == out.type.dtype else tt.cast(x, out.type.dtype), value)
    return None if result is None else [keep_type(fgraph, result, out)]


@rules.local([ts.Pow], "D")
def local_pow_specialize_device(fgraph: FunctionGraph, node: Apply) -> Any:
    """x**n for a whole number |n| <= 512 -> a product by repeated squaring (n up to 16 bits set costs few products)."""
    x, exponent = node.inputs
    value, out = constant_of(exponent), node.outputs[0]
    if value is None or value != int(value) or not 2 < abs(value) <= 512 or not out.type.dtype.startswith("float"):
        return None
    count = abs(int(value))
    power = x if x.type.dtype == out.type.dtype else tt.cast(x, out.type.dtype)
    result = None
    while count:
        if count & 1:
            result = power if result is None else tt.mul(result, power)
        count >>= 1
        if count:
            power = tt.sqr(power)
    return [keep_type(fgraph, tt.inv(result) if value < 0 else result, out)]
