"""Logistic functions in all their spellings."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import factors, squares_opened, terms
from theano.opt.joined import argument_of
from theano.opt.matching import elemwise_node, keep_type, negated
from theano.opt.ruleset import RuleSet
from theano.tensor.nnet.sigm import (
    ScalarSigmoid,
    ScalarSoftplus,
    hard_sigmoid,
    sigmoid,
    softplus,
    ultra_fast_sigmoid,
)

from .stabilize import constant_sum, with_factor

__all__ = ["rules"]

rules = RuleSet()


def _minus(x: Variable) -> Variable:
    """-x, or y for x = -y."""
    inner = negated(x)
    return tt.neg(x) if inner is None else inner


def _one_plus_exp(fgraph: FunctionGraph, variable: Variable) -> Variable | None:
    """z for 1 + exp(z), else None."""
    if elemwise_node(variable, ts.Add) is None:
        return None
    opened = terms(fgraph, variable)
    if len(opened.num) != 1 or opened.den or not opened.constants or constant_sum(opened) != 1:
        return None
    exp = elemwise_node(opened.num[0], ts.Exp)
    return None if exp is None or exp.inputs[0].type.dtype != variable.type.dtype else exp.inputs[0]


@rules.local([ts.TrueDiv, ts.Inv], "S", "local_inv_1_plus_exp")
def local_exp_over_1_plus_exp(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(x)/(1+exp(x)) -> sigmoid(x), 1/(1+exp(x)) -> sigmoid(-x), among any other factors."""
    out = node.outputs[0]
    if not out.type.dtype.startswith("float"):
        return None
    opened = squares_opened(factors(fgraph, out))
    for divisor in opened.den:
        z = _one_plus_exp(fgraph, divisor)
        if z is None:
            continue
        top = next((v for v in opened.num if (e := elemwise_node(v, ts.Exp)) is not None and e.inputs[0] is z), None)
        new = sigmoid(z) if top is not None else sigmoid(_minus(z))
        return [keep_type(fgraph, with_factor(opened, new, top, divisor, out), out)]
    return None


@rules.local([ts.TrueDiv, ts.Inv], "S")
def local_over_1_minus_sigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """a / (1 - sigmoid(x)) -> a / sigmoid(-x): the difference would be 0 where sigmoid(-x) is only small."""
    out = node.outputs[0]
    if not out.type.dtype.startswith("float"):
        return None
    opened = squares_opened(factors(fgraph, out))
    for divisor in opened.den:
        if elemwise_node(divisor, ts.Sub) is None:
            continue
        x = _complement(fgraph, divisor)
        if x is not None:
            opened.den[opened.den.index(divisor)] = sigmoid(_minus(x))
            return [keep_type(fgraph, with_factor(opened, None, None, None, out), out)]
    return None


def _complement(fgraph: FunctionGraph, variable: Variable) -> Variable | None:
    """x for 1 - sigmoid(x)."""
    opened = terms(fgraph, variable)
    if len(opened.den) != 1 or opened.num or not opened.constants or constant_sum(opened) != 1:
        return None
    inner = elemwise_node(opened.den[0], ScalarSigmoid)
    return None if inner is None else argument_of(inner)


@rules.local([ts.Mul], "S")
def local_sigm_times_exp(fgraph: FunctionGraph, node: Apply) -> Any:
    """sigmoid(x) * exp(-x) -> sigmoid(-x), among any other factors."""
    out = node.outputs[0]
    sigmoids = [(v, n.inputs[0]) for v in node.inputs if (n := elemwise_node(v, ScalarSigmoid)) is not None]
    exps = [(v, n.inputs[0]) for v in node.inputs if (n := elemwise_node(v, ts.Exp)) is not None]
    for s, x in sigmoids:
        for e, y in exps:
            if not y.type.dtype.startswith("float") or (negated(y) is not x and negated(x) is not y):
                continue
            rest = list(node.inputs)
            rest.remove(s)
            rest.remove(e)
            new = sigmoid(_minus(x))
            return [keep_type(fgraph, tt.mul(*rest, new) if rest else new, out)]
    return None


@rules.local([ts.Log], "S", name="logsigm_to_softplus")
def logsigm_to_softplus(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(sigmoid(x)) -> -softplus(-x)."""
    inner = elemwise_node(node.inputs[0], ScalarSigmoid)
    if inner is None:
        return None
    return [keep_type(fgraph, tt.neg(softplus(_minus(argument_of(inner)))), node.outputs[0])]


@rules.local([ts.Log], "S", name="log1msigm_to_softplus")
def log1msigm_to_softplus(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(1 - sigmoid(x)) -> -softplus(x)."""
    y = node.inputs[0]
    if elemwise_node(y, ts.Sub, ts.Add) is None or not y.type.dtype.startswith("float"):
        return None
    x = _complement(fgraph, y)
    return None if x is None else [keep_type(fgraph, tt.neg(softplus(x)), node.outputs[0])]


@rules.local([ts.Log1p], "S", name="log1pexp_to_softplus")
def log1pexp_to_softplus(fgraph: FunctionGraph, node: Apply) -> Any:
    """log1p(exp(x)) -> softplus(x)."""
    inner = elemwise_node(node.inputs[0], ts.Exp)
    return None if inner is None else [keep_type(fgraph, softplus(inner.inputs[0]), node.outputs[0])]


# The odd name, comma included, is the one that programs exclude.
@rules.local([ts.Log1p], "S", name="log1p_neg_sigmoid,")
def log1p_neg_sigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """log1p(-sigmoid(x)) -> -softplus(x)."""
    positive = negated(node.inputs[0])
    inner = None if positive is None else elemwise_node(positive, ScalarSigmoid)
    return None if inner is None else [keep_type(fgraph, tt.neg(softplus(inner.inputs[0])), node.outputs[0])]


@rules.local([ts.Exp], "S", name="exp_neg_softplus_to_sigmoid")
def exp_neg_softplus_to_sigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(-softplus(x)) -> sigmoid(-x)."""
    positive = negated(node.inputs[0])
    inner = None if positive is None else elemwise_node(positive, ScalarSoftplus)
    return None if inner is None else [keep_type(fgraph, sigmoid(_minus(inner.inputs[0])), node.outputs[0])]


@rules.local([ScalarSigmoid], "P", "only", use_db_name_as_tag=False)
def local_ultra_fast_sigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """sigmoid(x) -> its cheap approximation; only when asked for by name."""
    return [keep_type(fgraph, ultra_fast_sigmoid(node.inputs[0]), node.outputs[0])]


@rules.local([ScalarSigmoid], "P", "only", use_db_name_as_tag=False)
def local_hard_sigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """sigmoid(x) -> three straight lines; only when asked for by name."""
    return [keep_type(fgraph, hard_sigmoid(node.inputs[0]), node.outputs[0])]


@rules.local([ts.Sub, ts.Add], "S", "only", name="local_1msigmoid", use_db_name_as_tag=False)
def local_1msigmoid(fgraph: FunctionGraph, node: Apply) -> Any:
    """1 - sigmoid(x) -> sigmoid(-x); only when asked for by name."""
    x = _complement(fgraph, node.outputs[0])
    return None if x is None else [keep_type(fgraph, sigmoid(_minus(x)), node.outputs[0])]
