"""Exponentials against logarithms, and other functions that undo one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.matching import constant_like, elemwise_node
from theano.opt.ruleset import RuleSet

__all__ = ["rules"]

rules = RuleSet()
_LOG_OF_EXP = {ts.Log: ts.Exp, ts.Log1p: ts.Expm1}
_EXP_OF_LOG = {ts.Exp: (ts.Log, 0), ts.Expm1: (ts.Log1p, -1)}


@rules.local(list(_LOG_OF_EXP), "C S P")
def local_log_exp(fgraph: FunctionGraph, node: Apply) -> Any:
    """log(exp(x)) -> x, log1p(expm1(x)) -> x."""
    inner = elemwise_node(node.inputs[0], _LOG_OF_EXP[type(node.op.scalar_op)])
    if inner is None or inner.inputs[0].type != node.outputs[0].type:
        return None
    return [inner.inputs[0]]


@rules.local(list(_EXP_OF_LOG), "C S P")
def local_exp_log(fgraph: FunctionGraph, node: Apply) -> Any:
    """exp(log(x)) -> x where x >= 0 and NaN elsewhere; expm1(log1p(x)) likewise from -1."""
    log, least = _EXP_OF_LOG[type(node.op.scalar_op)]
    inner = elemwise_node(node.inputs[0], log)
    out = node.outputs[0]
    if inner is None or inner.inputs[0].type != out.type or not out.type.dtype.startswith("float"):
        return None
    x = inner.inputs[0]
    return [tt.switch(tt.ge(x, constant_like(x, least)), x, constant_like(x, np.nan))]


_INVERSES = {
    ts.Deg2Rad: ts.Rad2Deg, ts.Rad2Deg: ts.Deg2Rad, ts.Cosh: ts.ArcCosh, ts.ArcCosh: ts.Cosh, ts.Tanh: ts.ArcTanh,
    ts.ArcTanh: ts.Tanh, ts.Sinh: ts.ArcSinh, ts.ArcSinh: ts.Sinh, ts.Neg: ts.Neg, ts.Inv: ts.Inv, ts.Conj: ts.Conj,
}  # fmt: skip


@rules.local(list(_INVERSES), "C P")
def local_func_inv(fgraph: FunctionGraph, node: Apply) -> Any:
    """f(f_inverse(x)) -> x (arccosh(cosh(x)) too, although it is |x|, as programs have come to know it)."""
    inner = elemwise_node(node.inputs[0], _INVERSES[type(node.op.scalar_op)])
    if inner is None or inner.inputs[0].type != node.outputs[0].type:
        return None
    return [inner.inputs[0]]
