"""Softmax: recognised, with its bias taken in, and its logarithm without underflow."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import Factors, factors, squares_opened, terms
from theano.opt.joined import as_dtype, difference_of, product_of, quotient_of, sum_of
from theano.opt.matching import elemwise_node, keep_type
from theano.opt.rewrites.stabilize import with_factor
from theano.opt.ruleset import RuleSet
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.extrema import Argmax, MaxAndArgmax
from theano.tensor.nnet.sigm import ScalarSigmoid, ScalarSoftplus
from theano.tensor.nnet.softmax import (
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
    logsoftmax_op,
    softmax_grad,
    softmax_op,
    softmax_with_bias,
)
from theano.tensor.reduction import Sum

__all__ = ["rules", "softmax_argument", "split_bias"]

rules = RuleSet()


def softmax_argument(variable: Variable) -> Variable | None:
    """z for softmax(z), x + b for softmax_with_bias(x, b); None for others."""
    node = variable.owner
    if node is None:
        return None
    if isinstance(node.op, Softmax):
        return node.inputs[0]
    if isinstance(node.op, SoftmaxWithBias):
        return tt.add(node.inputs[0], node.inputs[1].dimshuffle("x", 0))
    return None


def split_bias(fgraph: FunctionGraph, z: Variable) -> tuple[Variable, Variable] | None:
    """(x, b) for a matrix z = x + b with row vectors b; None when there is no such term."""
    if elemwise_node(z, ts.Add) is None:
        return None
    opened = terms(fgraph, z)
    rows = [v for v in opened.num if v.type.broadcastable == (True, False)]
    wide = [v for v in opened.num if v not in rows]
    if not rows or not wide or opened.den or any(v.type.dtype != z.type.dtype for v in (*rows, *wide)):
        return None
    matrix = wide + [v for v, _, _ in opened.constants]
    x = matrix[0] if len(matrix) == 1 else tt.add(*matrix)
    if x.type != z.type:
        return None
    b = rows[0] if len(rows) == 1 else tt.add(*rows)
    return x, b.dimshuffle(1)


@rules.local([Softmax], "P", "fast_compile_gpu")
def local_softmax_with_bias(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax(x + b) -> softmax_with_bias(x, b)."""
    parts = split_bias(fgraph, node.inputs[0])
    return None if parts is None else [keep_type(fgraph, softmax_with_bias(*parts), node.outputs[0])]


def _row_sum_of(variable: Variable) -> Variable | None:
    """x for sum(exp(x), axis=1, keepdims=True) of a matrix x."""
    total = _row_sum(variable)
    if total is None:
        return None
    inner = elemwise_node(total.inputs[0], ts.Exp)
    return None if inner is None else inner.inputs[0]


@rules.local([ts.TrueDiv], "S P")
def local_softmax_from_exp(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(x) / sum(exp(x), axis=1, keepdims=True) -> softmax(x), among any other factors."""
    out = node.outputs[0]
    if out.type.ndim != 2 or not out.type.dtype.startswith("float"):
        return None
    opened = factors(fgraph, out)
    for divisor in opened.den:
        x = _row_sum_of(divisor)
        if x is None or x.type.dtype != out.type.dtype or x.type.broadcastable[1]:
            continue
        top = _exp_of(x, opened.num)
        if top is not None:
            return [keep_type(fgraph, with_factor(opened, softmax_op(x), top, divisor, out), out)]
    return None


def _exp_of(x: Variable, group: list[Variable]) -> Variable | None:
    """The member of `group` that is exp(x)."""
    return next((v for v in group if (e := elemwise_node(v, ts.Exp)) is not None and e.inputs[0] is x), None)


@rules.local([ts.TrueDiv], "S P")
def local_row_sum_over_exp_total(fgraph: FunctionGraph, node: Apply) -> Any:
    """sum(a * exp(x), axis=1) / sum(exp(x), axis=1) -> sum(a * softmax(x), axis=1), kept as columns."""
    out = node.outputs[0]
    if out.type.ndim != 2 or not out.type.dtype.startswith("float"):
        return None
    opened = squares_opened(factors(fgraph, out))
    for divisor in opened.den:
        x = _row_sum_of(divisor)
        for v in opened.num if x is not None else ():
            total = _row_sum(v)
            if total is None:
                continue
            inner = factors(fgraph, total.inputs[0])
            top = _exp_of(x, inner.num)
            if top is None or not (inner.den or len(inner.num) > 1):
                continue
            weighted = with_factor(inner, softmax_op(x), top, None, total.inputs[0])
            new = total.op(keep_type(fgraph, weighted, total.inputs[0])).dimshuffle(0, "x")
            return [keep_type(fgraph, with_factor(opened, new, v, divisor, out), out)]
    return None


def _row_sum(variable: Variable) -> Apply | None:
    """The sum node of sum(..., axis=1, keepdims=True) of a matrix."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle) or node.op.new_order != (0, "x"):
        return None
    total = node.inputs[0].owner
    if total is None or not isinstance(total.op, Sum) or total.inputs[0].type.ndim != 2 or total.op.axis != (1,):
        return None
    return total


@rules.local([ts.Mul], "S P")
def local_exp_times_quotients(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(x) * (a/d + b/d²) -> softmax(x) * (a + b/d) with d the row sums of exp(x)."""
    out = node.outputs[0]
    if out.type.ndim != 2 or not out.type.dtype.startswith("float"):
        return None
    for top in node.inputs:
        exp = elemwise_node(top, ts.Exp)
        if exp is None or exp.inputs[0].type != out.type:
            continue
        for other in node.inputs:
            lifted = None if other is top else _times_row_total(fgraph, other, exp.inputs[0])
            if lifted is not None:
                rest = [v for v in node.inputs if v is not top and v is not other]
                return [keep_type(fgraph, tt.mul(softmax_op(exp.inputs[0]), lifted, *rest), out)]
    return None


def _times_row_total(fgraph: FunctionGraph, total: Variable, x: Variable) -> Variable | None:
    """A sum all of whose terms are divided by the row sums of exp(x), without that divisor."""
    if elemwise_node(total, ts.Add, ts.Sub) is None:
        return None
    opened = terms(fgraph, total)
    if opened.constants:
        return None
    sides: list[list[Variable]] = [[], []]
    for side, group in zip(sides, (opened.num, opened.den), strict=True):
        for term in group:
            parts = squares_opened(factors(fgraph, term))
            divisor = next((d for d in parts.den if _row_sum_of(d) is x), None)
            if divisor is None or not (parts.num or parts.constants):
                return None
            parts.den.remove(divisor)
            side.append(_rebuilt(parts, term.type.dtype))
    dtype = x.type.dtype
    above, below = (sum_of(side, dtype) if side else None for side in sides)
    if above is None:
        return tt.neg(below)
    return above if below is None else difference_of(above, below, dtype)


def _rebuilt(opened: Factors, dtype: str) -> Variable:
    num = opened.num + [v for v, inverted, _ in opened.constants if not inverted]
    den = opened.den + [v for v, inverted, _ in opened.constants if inverted]
    result = product_of(num, dtype)
    if den:
        result = quotient_of(result, product_of(den, dtype), dtype)
    return tt.neg(as_dtype(result, dtype)) if opened.sign < 0 else result


@rules.local([ts.Mul], "S P")
def local_softmax_grad_from_parts(fgraph: FunctionGraph, node: Apply) -> Any:
    """(a - sum(a * sm, axis=1)) * sm -> softmax_grad(a, sm) for a softmax sm."""
    out = node.outputs[0]
    if out.type.ndim != 2:
        return None
    for sm in node.inputs:
        if sm.owner is None or not isinstance(sm.owner.op, _SOFTMAXES) or sm.type != out.type:
            continue
        for other in node.inputs:
            a = None if other is sm else _minus_weighted_mean(fgraph, other, sm)
            if a is not None:
                rest = [v for v in node.inputs if v is not sm and v is not other]
                result = softmax_grad(a, sm)
                return [keep_type(fgraph, tt.mul(result, *rest) if rest else result, out)]
    return None


_SOFTMAXES = (Softmax, SoftmaxWithBias)


def _minus_weighted_mean(fgraph: FunctionGraph, variable: Variable, sm: Variable) -> Variable | None:
    """a for a - sum(a * sm, axis=1, keepdims=True)."""
    if elemwise_node(variable, ts.Sub, ts.Add) is None:
        return None
    opened = terms(fgraph, variable)
    if len(opened.num) != 1 or len(opened.den) != 1 or opened.constants:
        return None
    (a,), (mean,) = opened.num, opened.den
    total = _row_sum(mean)
    if total is None or a.type != sm.type:
        return None
    weighted = elemwise_node(total.inputs[0], ts.Mul)
    if weighted is None or len(weighted.inputs) != 2 or {*weighted.inputs} != {a, sm}:
        return None
    return a


@rules.local([ts.Log], "S P", "stabilize", "fast_compile")
def local_logsoftmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(softmax(x)) -> logsoftmax(x)."""
    z = softmax_argument(node.inputs[0])
    return None if z is None else [keep_type(fgraph, logsoftmax_op(z), node.outputs[0])]


@rules.local([ts.Exp], "S P", "fast_compile")
def local_exp_logsoftmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(logsoftmax(x)) -> softmax(x)."""
    inner = node.inputs[0].owner
    if inner is None or not isinstance(inner.op, LogSoftmax):
        return None
    return [keep_type(fgraph, softmax_op(inner.inputs[0]), node.outputs[0])]


@rules.local([SoftmaxGrad], "S P", "stabilize", "fast_compile")
def local_logsoftmax_grad(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax_grad(g / sm, sm) -> g - rowsum(g) * sm: no division by a softmax that underflows."""
    dy, sm = node.inputs
    if elemwise_node(dy, ts.TrueDiv, ts.Neg, ts.Mul) is None:
        return None
    opened = factors(fgraph, dy)
    if sm not in opened.den:
        return None
    opened.den.remove(sm)
    if not opened.num and all(inverted for _, inverted, _ in opened.constants):
        return None
    g = keep_type(fgraph, _rebuilt(opened, dy.type.dtype), dy)
    result = tt.sub(g, tt.mul(tt.sum(g, axis=1).dimshuffle(0, "x"), sm))
    return [keep_type(fgraph, result, node.outputs[0])]


_RISING = (ts.Exp, ts.Log, ts.Tanh, ScalarSigmoid, ScalarSoftplus)


@rules.local([Argmax, MaxAndArgmax], "P", "fast_compile_gpu")
def local_argmax_pushdown(fgraph: FunctionGraph, node: Apply) -> Any:
    """argmax(softmax(x)) -> argmax(x); likewise under sigmoid, tanh, exp, log and softplus."""
    if isinstance(node.op, MaxAndArgmax) and (fgraph is None or fgraph.has_client(node.outputs[0])):
        return None
    inner = node.inputs[0].owner
    if inner is None:
        return None
    x: Any = None
    if isinstance(inner.op, Softmax | LogSoftmax | SoftmaxWithBias) and node.op.axis == (1,):
        x = inner.inputs[0] if isinstance(inner.op, LogSoftmax) else softmax_argument(node.inputs[0])
    elif isinstance(inner.op, Elemwise) and isinstance(inner.op.scalar_op, _RISING):
        x = inner.inputs[0]
    if x is None:
        return None
    results: list[Any] = [None] * len(node.outputs)
    results[-1] = Argmax(node.op.axis)(x)
    return results
