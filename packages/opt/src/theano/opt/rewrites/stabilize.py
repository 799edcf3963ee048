"""Forms that keep their digits: log1p, expm1, sums of exponentials, error functions."""

from __future__ import annotations

import math
from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import Factors, factors, terms
from theano.opt.joined import argument_of, as_dtype, difference_of, product_of, quotient_of, sum_of
from theano.opt.matching import constant_like, constant_of, elemwise_node, keep_type, negated
from theano.opt.ruleset import RuleSet
from theano.tensor.elemwise import DimShuffle
from theano.tensor.reduction import Sum

__all__ = ["constant_sum", "local_log_sum_exp", "rest_of_sum", "rules"]

rules = RuleSet()


def constant_sum(opened: Factors) -> float:
    """Sum of the constants of an opened sum."""
    return float(sum(-float(c) if inverted else float(c) for _, inverted, c in opened.constants))


def _real(node: Apply) -> bool:
    return node.outputs[0].type.dtype.startswith("float")


def rest_of_sum(opened: Factors, like: Variable) -> Variable | None:
    """An opened sum without its constants, in the dtype of `like`; None when nothing is left."""
    if not opened.num and not opened.den:
        return None
    dtype = like.type.dtype
    above, below = (sum_of(side, dtype) if side else None for side in (opened.num, opened.den))
    if below is None:
        return None if above is None else as_dtype(above, dtype)
    return tt.neg(as_dtype(below, dtype)) if above is None else as_dtype(difference_of(above, below, dtype), dtype)


@rules.local([ts.Log], "S P")
def local_log1p(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(1 + x) -> log1p(x), log(1 - x) -> log1p(-x); a sum of integers has no digits to lose, and may wrap around."""
    y = node.inputs[0]
    if elemwise_node(y, ts.Add, ts.Sub) is None or not y.type.dtype.startswith("float"):
        return None
    opened = terms(fgraph, y)
    if not opened.constants or constant_sum(opened) != 1:
        return None
    rest = rest_of_sum(opened, node.outputs[0])
    return None if rest is None else [keep_type(fgraph, tt.log1p(rest), node.outputs[0])]


@rules.local([ts.Add, ts.Sub], "C S P")
def local_expm1(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(x) - 1 -> expm1(x)."""
    if not _real(node):
        return None
    opened = _one_term(fgraph, node, ts.Exp)
    if opened is None or opened[0] != -1 or opened[1] < 0:
        return None
    return [keep_type(fgraph, tt.expm1(opened[2]), node.outputs[0])]


def _one_term(fgraph: FunctionGraph, node: Apply, *kinds: type) -> tuple[float, int, Variable, type] | None:
    """constant + sign * f(x) as (constant, sign, x, kind of f); None for other sums."""
    if len(node.inputs) != 2 or not any(elemwise_node(v, ts.Neg, *kinds) for v in node.inputs):
        return None
    opened = terms(fgraph, node.outputs[0])
    if len(opened.num) + len(opened.den) != 1 or not opened.constants:
        return None
    term = (opened.num or opened.den)[0]
    inner = elemwise_node(term, *kinds)
    if inner is None:
        return None
    return constant_sum(opened), 1 if opened.num else -1, argument_of(inner), type(inner.op.scalar_op)


#: (constant, sign, function) -> what ``constant + sign * f(x)`` is.
_ERROR_FUNCTIONS: dict[Any, Any] = {
    (1, 1, ts.Erf): lambda x: tt.erfc(tt.neg(x)),
    (1, -1, ts.Erf): tt.erfc,
    (1, -1, ts.Erfc): tt.erf,
    (-1, 1, ts.Erfc): lambda x: tt.neg(tt.erf(x)),
    (-1, 1, ts.Erf): lambda x: tt.neg(tt.erfc(x)),
}
#: One rule does it all; these are the names under which programs know its cases.
_ERROR_FUNCTION_NAMES = (
    "local_one_minus_erf", "local_one_minus_erf2", "local_one_plus_neg_erf", "local_erf_minus_one",
    "local_one_minus_erfc", "local_one_minus_erfc2", "local_one_minus_erfc3", "local_one_add_neg_erfc",
    "local_erf_neg_minus_one", "local_erf_neg_minus_one2",
)  # fmt: skip


@rules.local([ts.Add, ts.Sub], "C S P", *_ERROR_FUNCTION_NAMES)
def local_one_plus_erf(fgraph: FunctionGraph, node: Apply) -> Any:
    """1 + erf(x) -> erfc(-x), 1 - erf(x) -> erfc(x), 1 - erfc(x) -> erf(x), and their negatives."""
    found = _one_term(fgraph, node, ts.Erf, ts.Erfc) if _real(node) else None
    if found is None:
        return None
    constant, sign, x, kind = found
    build = _ERROR_FUNCTIONS.get((constant, sign, kind))
    return None if build is None else [keep_type(fgraph, build(x), node.outputs[0])]


@rules.local([ts.Log], "S P")
def local_log_add(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(exp(a) + exp(b)) -> m + log1p(exp(-|a - b|)) with m the larger of a and b."""
    addition = elemwise_node(node.inputs[0], ts.Add)
    if addition is None or len(addition.inputs) != 2 or not _real(node):
        return None
    exps = [elemwise_node(v, ts.Exp) for v in addition.inputs]
    if any(e is None for e in exps):
        return None
    a, b = (argument_of(e) for e in exps)  # type: ignore[arg-type]
    far = tt.maximum(a, b) + tt.log1p(tt.exp(-tt.abs_(a - b)))
    # equal infinities have no difference
    result = tt.switch(tt.eq(a, b), a + constant_like(a, math.log(2)), far)
    return [keep_type(fgraph, result, node.outputs[0])]


def _sum_of_exp(variable: Variable) -> tuple[Variable, Apply, Any] | None:
    """(x, the sum node, order of a dimshuffle around it or None) for sum(exp(x)), maybe under a dimshuffle."""
    order = None
    node = variable.owner
    if node is not None and isinstance(node.op, DimShuffle):
        order = node.op.new_order
        node = node.inputs[0].owner
    if node is None or not isinstance(node.op, Sum):
        return None
    inner = elemwise_node(node.inputs[0], ts.Exp)
    return None if inner is None else (argument_of(inner), node, order)


@rules.local([ts.Log], "S")
def local_log_sum_exp(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(sum(exp(x))) -> m + log(sum(exp(x - m))) with m the maximum, or 0 where that is infinite."""
    found = _sum_of_exp(node.inputs[0])
    if found is None or not _real(node):
        return None
    x, reduction, order = found
    axes = reduction.op.axes_of(x.type.ndim)
    if not axes or _is_shifted(x):
        return None
    largest = tt.max(x, axis=axes, keepdims=True)
    shift = tt.switch(tt.isinf(largest), constant_like(largest, 0), largest)
    kept = [d for d in range(x.type.ndim) if d not in axes]
    total = reduction.op(tt.exp(x - shift))
    result = shift.dimshuffle(*kept) + tt.log(total)
    return [keep_type(fgraph, result if order is None else result.dimshuffle(*order), node.outputs[0])]


def _is_shifted(x: Variable) -> bool:
    """Whether x is already a difference from a maximum (so that its exponential cannot overflow)."""
    node = elemwise_node(x, ts.Sub)
    if node is None:
        return False
    below = node.inputs[1]
    while below.owner is not None and (isinstance(below.owner.op, DimShuffle) or elemwise_node(below, ts.Switch)):
        below = below.owner.inputs[-1]
    return below.owner is not None and type(below.owner.op).__name__ in ("Max", "MaxAndArgmax")


def _series(x: Variable) -> Variable:
    """1 - 1/(2x²) + 3/(4x⁴) - 15/(8x⁶): erfc(x) x sqrt(pi) exp(x²) for large x.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, eq. 7.1.23.
    """
    s = tt.inv(tt.sqr(x))
    one, a, b, c = (constant_like(x, v) for v in (1, -0.5, 0.75, -1.875))
    return one + s * (a + s * (b + s * c))


@rules.local([ts.Log], "S P")
def local_log_erfc(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(erfc(x)) -> the asymptotic series where erfc(x) underflows."""
    inner = elemwise_node(node.inputs[0], ts.Erfc)
    if inner is None or inner.inputs[0].type != node.outputs[0].type:
        return None
    x = inner.inputs[0]
    limits = {"float32": 10.05, "float64": 26.64}
    if x.type.dtype not in limits or node.tag.__dict__.get("is_switched"):
        return None
    near = tt.log(tt.erfc(x))
    near.owner.tag.is_switched = True
    far = -tt.sqr(x) + tt.log(_series(x)) - tt.log(x) - constant_like(x, 0.5 * math.log(math.pi))
    return [tt.switch(tt.lt(x, constant_like(x, limits[x.type.dtype])), near, far)]


def is_square_of(variable: Variable, x: Variable) -> bool:
    """Whether `variable` is x*x in one of its spellings."""
    node = elemwise_node(variable, ts.Sqr, ts.Mul, ts.Pow)
    if node is None:
        return False
    if isinstance(node.op.scalar_op, ts.Sqr):
        return node.inputs[0] is x
    if isinstance(node.op.scalar_op, ts.Pow):
        return node.inputs[0] is x and constant_of(node.inputs[1]) == 2
    return len(node.inputs) == 2 and node.inputs[0] is x and node.inputs[1] is x


@rules.local([ts.TrueDiv], "S P")
def local_grad_log_erfc_neg(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(-x²) / erfc(x), times anything -> its asymptotic form where erfc(x) underflows."""
    out = node.outputs[0]
    limits = {"float32": 9.3, "float64": 26.63}
    if out.type.dtype not in limits or node.tag.__dict__.get("is_switched"):
        return None
    opened = factors(fgraph, out)
    for divisor in opened.den:
        erfc = elemwise_node(divisor, ts.Erfc)
        if erfc is None:
            continue
        x = erfc.inputs[0]
        for top in opened.num:
            exp = elemwise_node(top, ts.Exp)
            square = None if exp is None else negated(exp.inputs[0])
            if square is None or not is_square_of(square, x) or x.type.dtype != out.type.dtype:
                continue
            far = x * constant_like(x, math.sqrt(math.pi)) / _series(x)
            near = tt.true_div(top, divisor)
            near.owner.tag.is_switched = True
            ratio = tt.switch(tt.lt(x, constant_like(x, limits[x.type.dtype])), near, far)
            return [keep_type(fgraph, with_factor(opened, ratio, top, divisor, out), out)]
    return None


def with_factor(
    opened: Factors, new: Variable | None, top: Variable | None, divisor: Variable | None, out: Variable
) -> Variable:
    """An opened product with `new` in the place of the factor `top` and the divisor `divisor`, where given."""
    num = _without(opened.num, top) + [v for v, inverted, _ in opened.constants if not inverted]
    den = _without(opened.den, divisor) + [v for v, inverted, _ in opened.constants if inverted]
    if new is not None:
        num.append(new)
    dtype = out.type.dtype
    result = product_of(num, dtype) if num else constant_like(out, 1)
    if den:
        result = quotient_of(result, product_of(den, dtype), dtype)
    return tt.neg(as_dtype(result, dtype)) if opened.sign < 0 else result


def _without(group: list[Variable], one: Variable | None) -> list[Variable]:
    left = list(group)
    if one is not None:
        left.remove(one)
    return left
