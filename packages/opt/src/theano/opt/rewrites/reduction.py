"""Sums, products and other reductions."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import Factors, factors
from theano.opt.joined import as_dtype, product_of, quotient_of
from theano.opt.matching import constant_of, elemwise_node, has_one_client, keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.alloc import Alloc
from theano.tensor.extrema import Argmax, MaxAndArgmax
from theano.tensor.join import Join
from theano.tensor.reduction import CAReduce, CAReduceDtype, Max, Min, Prod, Sum

__all__ = ["rules"]

rules = RuleSet()


@rules.local([Sum, Prod, Max, Min], "C", "fast_compile")
def local_sum_prod_all_to_none(fgraph: FunctionGraph, node: Apply) -> Any:
    """A reduction that lists all axes -> axis=None."""
    axis = node.op.axis
    if axis is None or len(axis) != node.inputs[0].type.ndim or not axis:
        return None
    return [node.op.with_axis(None)(node.inputs[0])]


@rules.local([CAReduce], "U C", "fast_compile", "local_cut_useless_reduce")
def local_useless_reduce(fgraph: FunctionGraph, node: Apply) -> Any:
    """A reduction over no axis -> its input."""
    x = node.inputs[0]
    return None if node.op.axes_of(x.type.ndim) else [keep_type(fgraph, x, node.outputs[0])]


@rules.local([CAReduce], "C P UC")
def local_reduce_broadcastable(fgraph: FunctionGraph, node: Apply) -> Any:
    """Reduced dimensions of length 1 are dropped instead."""
    x, out = node.inputs[0], node.outputs[0]
    axes = node.op.axes_of(x.type.ndim)
    ones = [a for a in axes if x.type.broadcastable[a]]
    if not ones:
        return None
    kept = [d for d in range(x.type.ndim) if d not in ones]
    rest = tuple(i for i, d in enumerate(kept) if d in axes)
    thin = x.dimshuffle(*kept)
    result = node.op.with_axis(rest)(thin) if rest else thin
    return [keep_type(fgraph, result, out)]


@rules.local([Sum, Prod, Max, Min], "C")
def local_op_of_op(fgraph: FunctionGraph, node: Apply) -> Any:
    """sum(sum(x, a), b) -> sum(x, a and b); likewise for prod, max and min."""
    x = node.inputs[0]
    inner = x.owner
    if inner is None or type(inner.op) is not type(node.op) or not has_one_client(fgraph, x):
        return None
    if isinstance(node.op, CAReduceDtype) and (inner.op.dtype, inner.op.acc_dtype) != (
        node.op.dtype,
        node.op.acc_dtype,
    ):
        return None
    source = inner.inputs[0]
    first = inner.op.axes_of(source.type.ndim)
    kept = [d for d in range(source.type.ndim) if d not in first]
    axes = tuple(sorted({*first, *(kept[a] for a in node.op.axes_of(x.type.ndim))}))
    return [keep_type(fgraph, node.op.with_axis(axes)(source), node.outputs[0])]


def _outside(node: Apply, opened: Factors, divisors_only: bool) -> tuple[list[Variable], list[Variable]]:
    """Factors and divisors that do not vary along the reduced axes."""
    x = node.inputs[0]
    axes = node.op.axes_of(x.type.ndim)

    def free(v: Variable) -> bool:
        return all(v.type.broadcastable[a] for a in axes)

    constants = [] if divisors_only else [v for v, inverted, _ in opened.constants if not inverted]
    num = [] if divisors_only else [v for v in opened.num if free(v)]
    den = [v for v in opened.den if free(v)] + [v for v, inverted, _ in opened.constants if inverted]
    return [*constants, *num], den


def _pull_out(fgraph: FunctionGraph, node: Apply, divisors_only: bool) -> Any:
    x, out = node.inputs[0], node.outputs[0]
    if not x.type.dtype.startswith("float") or out.type.dtype != x.type.dtype or not has_one_client(fgraph, x):
        return None
    if elemwise_node(x, ts.Mul, ts.TrueDiv, ts.Neg, ts.Inv) is None:
        return None
    opened = factors(fgraph, x)
    num, den = _outside(node, opened, divisors_only)
    sign = opened.sign if not divisors_only else 1
    if not num and not den and sign > 0:
        return None
    inside = _product(opened, num, den, sign * opened.sign, x)
    if inside is None or inside.type != x.type:
        return None
    axes = node.op.axes_of(x.type.ndim)
    kept = [d for d in range(x.type.ndim) if d not in axes]
    result = node.op(inside)
    result = tt.mul(*[v.dimshuffle(*kept) for v in num], result) if num else result
    if den:
        result = tt.true_div(result, product_of([v.dimshuffle(*kept) for v in den], out.type.dtype))
    result = tt.neg(result) if sign < 0 else result
    return [keep_type(fgraph, result, out)] if result.type.ndim == out.type.ndim else None


def _product(opened: Factors, num: list[Variable], den: list[Variable], sign: int, x: Variable) -> Variable | None:
    """What is left of an opened product without the factors `num` and divisors `den`."""
    above = [v for v, inverted, _ in opened.constants if not inverted and v not in num]
    above += [v for v in opened.num if v not in num]
    below = [v for v in opened.den if v not in den]
    if not above:
        return None
    dtype = x.type.dtype
    result = product_of(above, dtype)
    if below:
        result = quotient_of(result, product_of(below, dtype), dtype)
    return tt.neg(as_dtype(result, dtype)) if sign < 0 else result


@rules.local([Sum], "C S P")
def local_sum_prod_div_dimshuffle(fgraph: FunctionGraph, node: Apply) -> Any:
    """sum(a / b) -> sum(a) / b for b that is broadcast along the reduced axes."""
    return _pull_out(fgraph, node, divisors_only=True)


@rules.local([Sum], "P")
def local_sum_prod_mul_by_scalar(fgraph: FunctionGraph, node: Apply) -> Any:
    """sum(c * x) -> c * sum(x) for c that is broadcast along the reduced axes; sum(-x) -> -sum(x)."""
    return _pull_out(fgraph, node, divisors_only=False)


@rules.local([Sum, Prod], "P")
def local_opt_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """sum(alloc(v, shape)) -> v * size; prod(alloc(v, shape)) -> v ** size; per axis too."""
    inner = node.inputs[0].owner
    out = node.outputs[0]
    if inner is None or not isinstance(inner.op, Alloc) or not all(inner.inputs[0].type.broadcastable):
        return None
    value, lengths = inner.inputs[0], inner.inputs[1:]
    if value.type.dtype != out.type.dtype or value.type.dtype == "float16":
        return None
    axes = node.op.axes_of(len(lengths))
    # Integers would wrap around where there are more elements than they can count; sums of integers do so in any case.
    wide = len(axes) > 1 and out.type.dtype.startswith("float")
    counts = [tt.cast(lengths[a], "float64") if wide else lengths[a] for a in axes]
    size = counts[0]
    for count in counts[1:]:
        size = size * count
    scalar = value.dimshuffle()
    size = tt.cast(size, out.type.dtype)
    total = scalar * size if isinstance(node.op, Sum) else scalar**size
    kept = [n for d, n in enumerate(lengths) if d not in axes]
    return [keep_type(fgraph, tt.alloc(tt.cast(total, out.type.dtype), *kept) if kept else total, out)]


_ELEMENTWISE = {Sum: tt.add, Prod: tt.mul, Max: tt.maximum, Min: tt.minimum}


@rules.local([Sum, Prod, Max, Min], "C UC")
def local_reduce_join(fgraph: FunctionGraph, node: Apply) -> Any:
    """reduce(join(0, a, b), axis 0) -> a op b for parts of one row each (max and min: exactly two)."""
    inner = node.inputs[0].owner
    out = node.outputs[0]
    if inner is None or not isinstance(inner.op, Join) or node.op.axes_of(node.inputs[0].type.ndim) != (0,):
        return None
    axis, *parts = inner.inputs
    if constant_of(axis) != 0 or any(not v.type.broadcastable[0] for v in parts) or len(parts) < 2:
        return None
    if len(parts) != 2 and not isinstance(node.op, Sum | Prod):
        return None
    result = _ELEMENTWISE[type(node.op)](*[tt.cast(v, out.type.dtype) for v in parts])
    return [keep_type(fgraph, result.dimshuffle(*range(1, result.type.ndim)), out)]


@rules.local([MaxAndArgmax], "UC", "fast_compile")
def local_max_and_argmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """max_and_argmax of which one output is used -> max or argmax."""
    largest, place = node.outputs
    if fgraph is None or (fgraph.has_client(largest) and fgraph.has_client(place)):
        return None
    x = node.inputs[0]
    if fgraph.has_client(largest):
        axes = node.op.axis if node.op.axis is not None else tuple(range(x.type.ndim))
        return [keep_type(fgraph, Max(axes)(x), largest), None] if axes else None
    return [None, Argmax(node.op.axis)(x)]


@rules.local([ts.Neg], "UC")
def local_max_to_min(fgraph: FunctionGraph, node: Apply) -> Any:
    """-max(-x) -> min(x)."""
    y = node.inputs[0]
    inner = y.owner
    if inner is None or not isinstance(inner.op, Max) or not has_one_client(fgraph, y):
        return None
    if not y.type.dtype.startswith("float"):
        return None  # the negation of an integer may wrap around
    negative = elemwise_node(inner.inputs[0], ts.Neg)
    if negative is None:
        return None
    return [Min(inner.op.axis)(negative.inputs[0])]


@rules.local([Max], "UC")
def local_max_of_neg(fgraph: FunctionGraph, node: Apply) -> Any:
    """max(-x) -> -min(x), where no negation follows that `local_max_to_min` takes away: fewer elements are negated."""
    negative = elemwise_node(node.inputs[0], ts.Neg)
    if type(node.op) is not Max or negative is None or not node.inputs[0].type.dtype.startswith("float"):
        return None
    readers = fgraph.clients(node.outputs[0])
    if len(readers) == 1 and readers[0][0] != "output" and elemwise_node(readers[0][0].outputs[0], ts.Neg):
        return None
    return [tt.neg(Min(node.op.axis)(negative.inputs[0]))]
