"""Sums, products, quotients, negation, absolute values."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.canonizer import AddCanonizer, MulCanonizer, factors
from theano.opt.joined import as_dtype, product_of, sum_of
from theano.opt.matching import (
    constant_like,
    constant_of,
    elemwise_node,
    is_constant,
    keep_type,
    scalar_class,
    zeros_of,
)
from theano.opt.ruleset import RuleSet

__all__ = ["rules"]

rules = RuleSet()
local_add_canonizer = rules.add(AddCanonizer(), "C S")
local_mul_canonizer = rules.add(MulCanonizer(), "C S")


@rules.local([ts.Mul], "C", "fast_compile")
def local_mul_zero(fgraph: FunctionGraph, node: Apply) -> Any:
    """0 * x -> zeros of the result's shape, even where x is NaN or infinite."""
    if any(is_constant(v, 0) for v in node.inputs):
        out = node.outputs[0]
        result = zeros_of(fgraph, out)
        return None if result is out else [result]
    return None


@rules.local([ts.TrueDiv, ts.IntDiv], "C P")
def local_zero_div(fgraph: FunctionGraph, node: Apply) -> Any:
    """0 / x -> zeros."""
    if is_constant(node.inputs[0], 0) and constant_of(node.inputs[1]) is None:
        return [zeros_of(fgraph, node.outputs[0])]
    return None


@rules.local([ts.IntDiv], "C P")
def local_intdiv_by_one(fgraph: FunctionGraph, node: Apply) -> Any:
    """x // 1 -> x, for integers."""
    x, y = node.inputs
    if is_constant(y, 1) and x.type.dtype.startswith(("int", "uint")):
        return [keep_type(fgraph, x, node.outputs[0])]
    return None


@rules.local([ts.TrueDiv], "P")
def local_div_to_inv(fgraph: FunctionGraph, node: Apply) -> Any:
    """1 / x -> inv(x)."""
    one, x = node.inputs
    out = node.outputs[0]
    if not is_constant(one, 1) or not out.type.dtype.startswith("float"):
        return None
    return [keep_type(fgraph, tt.inv(x if x.type.dtype == out.type.dtype else tt.cast(x, out.type.dtype)), out)]


@rules.local([ts.Sub], "C P")
def local_elemwise_sub_zeros(fgraph: FunctionGraph, node: Apply) -> Any:
    """x - x -> zeros."""
    if node.inputs[0] is node.inputs[1]:
        return [zeros_of(fgraph, node.outputs[0])]
    return None


@rules.local([ts.Mul], "P")
def local_mul_to_sqr(fgraph: FunctionGraph, node: Apply) -> Any:
    """x * x -> sqr(x)."""
    if len(node.inputs) == 2 and node.inputs[0] is node.inputs[1]:
        return [tt.sqr(node.inputs[0])] if node.outputs[0].type.dtype != "bool" else None
    return None


@rules.local([ts.Mul], "P")
def local_mul_specialize(fgraph: FunctionGraph, node: Apply) -> Any:
    """1*x -> x, -1*x -> -x, inner constants 1 dropped."""
    out = node.outputs[0]
    if out.type.dtype == "bool":
        return None
    rest, sign = [], 1
    for v in node.inputs:
        value = constant_of(v)
        if value is not None and value in (1, -1) and len(node.inputs) > 1:
            sign *= int(value.real)
        else:
            rest.append(v)
    if len(rest) == len(node.inputs):
        return None
    result = as_dtype(product_of(rest, out.type.dtype), out.type.dtype) if rest else constant_like(out, 1)
    return [keep_type(fgraph, tt.neg(result) if sign < 0 else result, out)]


@rules.local([ts.Add], "P")
def local_add_specialize(fgraph: FunctionGraph, node: Apply) -> Any:
    """0 + x -> x."""
    rest = [v for v in node.inputs if not is_constant(v, 0)]
    out = node.outputs[0]
    if len(rest) == len(node.inputs) or out.type.dtype == "bool":
        return None
    if not rest:
        return [zeros_of(fgraph, out)]
    return [keep_type(fgraph, sum_of(rest, out.type.dtype), out)]


@rules.local([ts.Neg], "C P")
def local_neg_neg(fgraph: FunctionGraph, node: Apply) -> Any:
    """-(-x) -> x."""
    inner = elemwise_node(node.inputs[0], ts.Neg)
    return [inner.inputs[0]] if inner is not None else None


@rules.local([ts.Neg], "P")
def local_neg_div_neg(fgraph: FunctionGraph, node: Apply) -> Any:
    """-(-a / b) -> a / b; a negative constant numerator counts."""
    quotient = elemwise_node(node.inputs[0], ts.TrueDiv)
    if quotient is None or not node.outputs[0].type.dtype.startswith("float"):
        return None
    top, bottom = quotient.inputs
    negative = elemwise_node(top, ts.Neg)
    if negative is not None and negative.inputs[0].type.dtype.startswith("float"):
        return [keep_type(fgraph, tt.true_div(negative.inputs[0], bottom), node.outputs[0])]
    value = constant_of(top)
    if value is not None and value < 0 and top.type.dtype.startswith("float"):
        return [keep_type(fgraph, tt.true_div(constant_like(top, -value), bottom), node.outputs[0])]
    return None


@rules.local([ts.Abs], "C")
def local_abs_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """|a*b| -> |a|*|b|, |a/b| -> |a|/|b|."""
    inner = elemwise_node(node.inputs[0], ts.Mul, ts.TrueDiv)
    if inner is None or not node.outputs[0].type.dtype.startswith("float"):
        return None
    if any(not v.type.dtype.startswith("float") for v in inner.inputs):
        return None
    return [inner.op(*[tt.abs_(v) for v in inner.inputs])]


@rules.local([ts.Mul, ts.TrueDiv], "P")
def local_abs_merge(fgraph: FunctionGraph, node: Apply) -> Any:
    """|a|*|b| -> |a*b|, |a|/|b| -> |a/b|."""
    inner = [elemwise_node(v, ts.Abs) for v in node.inputs]
    if len(inner) < 2 or any(n is None or not n.outputs[0].type.dtype.startswith("float") for n in inner):
        return None
    result = tt.abs_(node.op(*[n.inputs[0] for n in inner if n is not None]))
    return [result] if result.type == node.outputs[0].type else None


@rules.local([ts.TrueDiv], "C")
def local_div_abs_to_sgn(fgraph: FunctionGraph, node: Apply) -> Any:
    """x / |x| -> sgn(x)."""
    inner = elemwise_node(node.inputs[1], ts.Abs)
    if inner is None or inner.inputs[0] is not node.inputs[0] or not inner.inputs[0].type.dtype.startswith("float"):
        return None
    return [tt.sgn(node.inputs[0])]


@rules.local([ts.Mul], "C S")
def local_greedy_distributor(fgraph: FunctionGraph, node: Apply) -> Any:
    """(a/x + b) * x -> a + b*x when that drops a division; (a + b)*x stays."""
    out = node.outputs[0]
    if not out.type.dtype.startswith("float"):
        return None
    for i, factor in enumerate(node.inputs):
        inner = elemwise_node(factor, ts.Add, ts.Sub)
        if inner is None or (fgraph is not None and fgraph.client_count(factor) > 1):
            continue
        for j, x in enumerate(node.inputs):
            parts = [_without_divisor(fgraph, term, x) for term in inner.inputs] if j != i else []
            if not parts or all(part is None for part in parts):
                continue
            spread = [tt.mul(t, x) if p is None else p for t, p in zip(inner.inputs, parts, strict=True)]
            if sum(part is None for part in parts) > 1:
                continue
            rest = [v for n, v in enumerate(node.inputs) if n not in (i, j)]
            result = inner.op(*spread)
            return [keep_type(fgraph, tt.mul(result, *rest) if rest else result, out)]
    return None


def _without_divisor(fgraph: FunctionGraph, term: Any, x: Any) -> Any:
    """`term` times `x` when `x` is one of its divisors; None otherwise."""
    if scalar_class(term) is not ts.TrueDiv or term.type != x.type:
        return None
    opened = factors(fgraph, term)
    if x not in opened.den or opened.constants or opened.sign < 0 or len(opened.den) != 1:
        return None
    top = product_of(opened.num, term.type.dtype) if opened.num else None
    return top if top is not None and top.type == term.type else None


def _upcasts(node: Apply, constant: Any) -> str | None:
    others = [v.type.dtype for v in node.inputs if v is not constant]
    return ts.upcast(*others) if others else None


@rules.local([ts.Add, ts.Mul, ts.Sub, ts.TrueDiv], "C P")
def local_upcast_elemwise_constant_inputs(fgraph: FunctionGraph, node: Apply) -> Any:
    """op(x, cast(c)) -> op(x, c') with the constant in the higher dtype; folding makes the cast a constant."""
    out = node.outputs[0].type.dtype
    if not out.startswith("float") or all(v.type.dtype == out for v in node.inputs):
        return None
    changed, inputs = False, []
    for v in node.inputs:
        if v.owner is None and v.type.dtype != out and getattr(v, "data", None) is not None and v.data.size == 1:
            wide = tt.constant(v.data.astype(out))
            if (
                bool((wide.data == v.data).all())
                and _upcasts(node, v) == out
                and wide.type.broadcastable == v.type.broadcastable
            ):
                v, changed = wide, True
        inputs.append(v)
    return [node.op(*inputs)] if changed else None
