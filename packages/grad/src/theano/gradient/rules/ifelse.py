"""`ifelse`: gradients go into the branch that was taken, zeros into the other."""

from __future__ import annotations

from typing import Any

from theano.gradient.disconnected import is_disconnected
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import is_continuous, zero_gradient
from theano.graph import Variable
from theano.ifelse import IfElse

__all__ = ["ifelse_gradient", "ifelse_tangents", "register"]


@gradient
def ifelse_gradient(node: Any, gs: list) -> list:
    """One lazy choice for each branch, of all gradients that arrive."""
    n = node.op.n_outs
    condition = node.inputs[0]
    live = [k for k, g in enumerate(gs) if not is_disconnected(g) and is_continuous(node.inputs[1 + k])]
    terms: list[Any] = [None] * len(node.inputs)
    if not live:
        return terms
    choose = IfElse(len(live), node.op.as_view, node.op.gpu, node.op.name)
    arriving = [gs[k] for k in live]
    for start, taken in ((1, True), (1 + n, False)):
        zeros = [zero_gradient(node.inputs[start + k]) for k in live]
        pair = [*arriving, *zeros] if taken else [*zeros, *arriving]
        for k, term in zip(live, choose(condition, *pair, return_list=True), strict=True):
            terms[start + k] = term
    return terms


@forward
def ifelse_tangents(node: Any, points: list) -> list:
    """The tangents of the branch that is taken."""
    n = node.op.n_outs
    moving = [k for k in range(n) if points[1 + k] is not None or points[1 + n + k] is not None]
    if not moving:
        return [None] * n
    then = [_or_zeros(node.inputs[1 + k], points[1 + k]) for k in moving]
    other = [_or_zeros(node.inputs[1 + n + k], points[1 + n + k]) for k in moving]
    chosen = IfElse(len(moving), name=node.op.name)(node.inputs[0], *then, *other, return_list=True)
    found = dict(zip(moving, chosen, strict=True))
    return [found.get(k) for k in range(n)]


def _or_zeros(v: Variable, point: Any) -> Any:
    return zero_gradient(v) if point is None else point


def register(registry: Any) -> None:
    registry.table("gradient").register(IfElse, ifelse_gradient)
    registry.table("forward").register(IfElse, ifelse_tangents)
