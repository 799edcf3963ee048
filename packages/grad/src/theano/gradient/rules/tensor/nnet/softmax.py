"""Row-wise softmax and log-softmax."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.rules.tensor.elemwise import sum_to
from theano.graph import Variable
from theano.tensor.nnet import LogSoftmax, Softmax, SoftmaxGrad, SoftmaxWithBias, softmax_grad, softmax_op

__all__ = ["register"]


def _row_sum(x: Variable) -> Variable:
    return at.sum(x, axis=1, keepdims=True)


@gradient
def softmax_gradient(node: Any, gs: list) -> list:
    """(g - rowsum(g * sm)) * sm; a bias gets its column sums."""
    term = softmax_grad(gs[0], node.outputs[0])
    return [term, *[at.sum(term, axis=0)] * (len(node.inputs) - 1)]


@forward
def softmax_forward(node: Any, points: list) -> list:
    """The Jacobian of softmax is symmetric, so the reverse formula serves."""
    moved = [p for p in points if p is not None]
    if not moved:
        return [None]
    tangent = moved[0] if len(moved) == 1 else moved[0] + moved[1]
    return [softmax_grad(at.second(node.outputs[0], tangent), node.outputs[0])]


@gradient
def softmax_grad_gradient(node: Any, gs: list) -> list:
    (dy, sm), (g,) = node.inputs, gs
    out = node.outputs[0]
    for_dy = softmax_grad(g, sm)
    for_sm = g * (dy - _row_sum(dy * sm)) - dy * _row_sum(g * sm)
    return [sum_to(dy, for_dy, out), sum_to(sm, for_sm, out)]


@forward
def softmax_grad_forward(node: Any, points: list) -> list:
    (dy, sm), (t_dy, t_sm) = node.inputs, points
    terms = []
    if t_dy is not None:
        terms.append(softmax_grad(t_dy, sm))
    if t_sm is not None:
        terms.append(t_sm * (dy - _row_sum(dy * sm)) - sm * _row_sum(dy * t_sm))
    return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]


@gradient
def logsoftmax_gradient(node: Any, gs: list) -> list:
    (x,), (g,) = node.inputs, gs
    return [g - _row_sum(g) * softmax_op(x)]


@forward
def logsoftmax_forward(node: Any, points: list) -> list:
    (x,), (point,) = node.inputs, points
    return [None if point is None else point - _row_sum(point * softmax_op(x))]


def softmax_grad_batching(node: Any, block: Any) -> list:
    dy, sm = block.spread(0), block.spread(1)
    return [(dy - at.sum(dy * sm, axis=1, keepdims=True)) * sm]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    rows = (
        (Softmax, softmax_gradient, softmax_forward),
        (SoftmaxWithBias, softmax_gradient, softmax_forward),
        (SoftmaxGrad, softmax_grad_gradient, softmax_grad_forward),
        (LogSoftmax, logsoftmax_gradient, logsoftmax_forward),
    )
    for op_class, back, ahead in rows:
        backward.register(op_class, back)
        tangents.register(op_class, ahead)
    registry.table("batching").register(SoftmaxGrad, softmax_grad_batching)
