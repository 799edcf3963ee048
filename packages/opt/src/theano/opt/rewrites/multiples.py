"""Sums of multiples of one thing: ``a*x + b*x`` is ``(a + b)*x``."""

from __future__ import annotations

from math import frexp, fsum, isfinite
from typing import Any

import numpy as np

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import terms
from theano.opt.joined import as_dtype, difference_of, product_of, sum_of
from theano.opt.matching import constant_like, constant_of, elemwise_node, keep_type
from theano.opt.ruleset import RuleSet

__all__ = ["rules"]

rules = RuleSet()

_Core = tuple[Variable, ...]
# A term as it stands in the sum, whether it is added (1) or subtracted (-1), its factor.
_Term = tuple[Variable, int, float]


@rules.local([ts.Add, ts.Sub], "C S")
def local_add_multiples(fgraph: FunctionGraph, node: Apply) -> Any:
    """a*x + b*x -> (a + b)*x, where a + b is a number of the dtype; so -0.5*x - 0.5*x -> -x. Plain x + x stays."""
    out = node.outputs[0]
    if np.dtype(out.type.dtype).kind not in "fiu" or not _may_have_multiples(node):
        return None
    opened = terms(fgraph, out)
    groups: dict[_Core, list[_Term]] = {}
    for v, sign in [(v, 1) for v in opened.num] + [(v, -1) for v in opened.den]:
        factor, core = _multiple(v) if v.type.dtype == out.type.dtype else (1, (v,))
        groups.setdefault(core, []).append((v, sign, sign * factor))
    sums: dict[_Core, float] = {}
    for core, members in groups.items():
        total = _exact_sum([f for _, _, f in members], out.type.dtype) if _pays(members) else None
        if total is not None:
            sums[core] = total
    if not sums:
        return None
    up = [v for v, inverted, _ in opened.constants if not inverted]
    down = [v for v, inverted, _ in opened.constants if inverted]
    for core, members in groups.items():
        if core not in sums:
            up += [v for v, sign, _ in members if sign > 0]
            down += [v for v, sign, _ in members if sign < 0]
        elif sums[core]:
            _put(sums[core], core, out, up, down)
    return [keep_type(fgraph, _difference(up, down, out), out)]


def _may_have_multiples(node: Apply) -> bool:
    """A quick look: most sums are of different things without factors."""
    inputs = node.inputs
    if len(inputs) > 2 and len(set(inputs)) < len(inputs):
        return True
    return any(elemwise_node(v, ts.Mul, ts.TrueDiv, ts.Neg, ts.Add, ts.Sub) is not None for v in inputs)


def _multiple(variable: Variable) -> tuple[float, _Core]:
    """`variable` as a number times a product; things of another dtype are not looked into."""
    node = elemwise_node(variable, ts.Mul, ts.TrueDiv)
    plain = (1, (variable,))
    if node is None:
        return plain
    if isinstance(node.op.scalar_op, ts.TrueDiv):
        above, below = node.inputs
        divisor = _number(below)
        if not divisor or above.type != variable.type or abs(frexp(divisor)[0]) != 0.5:
            return plain  # the inverse of a power of two is exact
        return 1 / divisor, (above,)
    numbers = [(v, _number(v)) for v in node.inputs]
    known = [number for _, number in numbers if number is not None]
    rest = [v for v, number in numbers if number is None]
    if not rest or len(known) != 1 or not known[0] or any(v.type.dtype != variable.type.dtype for v in rest):
        return plain
    return known[0], tuple(sorted(rest, key=id))


def _number(variable: Variable) -> float | None:
    value = constant_of(variable)
    if value is None or np.iscomplexobj(value):
        return None
    number: float = value.item()
    return number if isfinite(number) else None


def _pays(members: list[_Term]) -> bool:
    """x + x is as good as 2*x, and keeps its form."""
    return len(members) > 2 or (len(members) == 2 and any(abs(f) != 1 for _, _, f in members))


def _exact_sum(numbers: list[float], dtype: str) -> float | None:
    """The sum of `numbers` if `dtype` has it, so that nothing is rounded that was not before."""
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        whole = sum(numbers)
        return whole if limits.min <= whole <= limits.max else None
    try:
        total = fsum(numbers)
    except OverflowError:
        return None
    with np.errstate(over="ignore"):
        near = float(np.asarray(total, dtype=kind))
    return total if near == total and isfinite(total) and fsum([*numbers, -total]) == 0 else None


def _put(times: float, core: _Core, out: Variable, up: list[Variable], down: list[Variable]) -> None:
    """Add ``times * core`` to the terms that are added or subtracted."""
    if abs(times) == 1:
        (up if times > 0 else down).append(product_of(core, out.type.dtype))
        return
    up.append(tt.mul(constant_like(out, times), *core))


def _difference(up: list[Variable], down: list[Variable], out: Variable) -> Variable:
    dtype = out.type.dtype
    above, below = (sum_of(side, dtype) if side else None for side in (up, down))
    if above is None:
        return constant_like(out, 0) if below is None else tt.neg(as_dtype(below, dtype))
    return above if below is None else difference_of(above, below, dtype)
