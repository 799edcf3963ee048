"""Cross-entropies of labels, alone and fused with softmax.

The one-hot matrix of the labels is never built: what it selects is read, or added, by indexing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import theano.tensor as at
from theano.gradient.disconnected import grad_not_implemented, is_disconnected
from theano.gradient.forward import Rop
from theano.gradient.rules.conventions import forward, gradient
from theano.gradient.zeros import zero_gradient
from theano.graph import Variable
from theano.tensor import AdvancedIncSubtensor, AdvancedSubtensor, shape_i
from theano.tensor.nnet import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    crossentropy_categorical_1hot_grad,
    crossentropy_softmax_1hot_with_bias_dx,
    logsoftmax_op,
    softmax_grad,
    softmax_op,
)

__all__ = ["register"]


def _pick(matrix: Variable, labels: Variable) -> Variable:
    """The element of each row that its label names."""
    return AdvancedSubtensor()(matrix, at.arange(shape_i(matrix, 0)), labels)


def _place(model: Variable, values: Variable, labels: Variable) -> Variable:
    """`values` at the labels of the rows, zero elsewhere, in the shape of `model`."""
    return AdvancedIncSubtensor()(zero_gradient(model), values, at.arange(shape_i(model, 0)), labels)


def by_formula(formula: Callable[..., list[Variable]]) -> Callable[[Any, list], list]:
    """Make a forward rule from the same result written in simpler ops."""

    @forward
    def rule(node: Any, points: list) -> list:
        moving = [(x, p) for x, p in zip(node.inputs, points, strict=True) if p is not None]
        if not moving:
            return [None] * len(node.outputs)
        return Rop(
            formula(*node.inputs),
            [x for x, _ in moving],
            [p for _, p in moving],
            disconnected_outputs="ignore",
            return_disconnected="zero",
        )

    return rule


@gradient
def categorical_gradient(node: Any, gs: list) -> list:
    """-g / p at the labels."""
    dist, labels = node.inputs
    return [crossentropy_categorical_1hot_grad(gs[0], dist, labels), grad_not_implemented(node.op, 1, labels)]


def categorical_formula(dist: Variable, labels: Variable) -> list[Variable]:
    return [-at.log(_pick(dist, labels))]


@gradient
def categorical_grad_gradient(node: Any, gs: list) -> list:
    g_y, dist, labels = node.inputs
    chosen, p = _pick(gs[0], labels), _pick(dist, labels)
    return [-chosen / p, _place(dist, chosen * g_y / at.sqr(p), labels), grad_not_implemented(node.op, 2, labels)]


def categorical_grad_formula(g_y: Variable, dist: Variable, labels: Variable) -> list[Variable]:
    return [_place(dist, -g_y / _pick(dist, labels), labels)]


@gradient
def fused_gradient(node: Any, gs: list) -> list:
    """g * (sm - onehot) from the loss, the rule of softmax from the probabilities; the argmax moves in steps."""
    _, _, labels = node.inputs
    sm = node.outputs[1]
    terms = []
    if not is_disconnected(gs[0]):
        terms.append(crossentropy_softmax_1hot_with_bias_dx(gs[0], sm, labels))
    if not is_disconnected(gs[1]):
        terms.append(softmax_grad(gs[1], sm))
    for_x = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    return [for_x, at.sum(for_x, axis=0), None]


def fused_formula(x: Variable, b: Variable, labels: Variable) -> list[Variable]:
    z = x + b
    return [-_pick(logsoftmax_op(z), labels), softmax_op(z), at.cast(at.argmax(z, axis=1), labels.type.dtype)]


@gradient
def fused_dx_gradient(node: Any, gs: list) -> list:
    dy, sm, labels = node.inputs
    (g,) = gs
    per_row = at.sum(g * sm, axis=1) - _pick(g, labels)
    if dy.type.ndim == 0:
        return [at.sum(per_row), g * dy, None]
    if dy.type.broadcastable[0]:
        return [at.sum(per_row, axis=0, keepdims=True), g * dy.dimshuffle(0, "x"), None]
    return [per_row, g * dy.dimshuffle(0, "x"), None]


def fused_dx_formula(dy: Variable, sm: Variable, labels: Variable) -> list[Variable]:
    rows = at.second(at.cast(labels, dy.type.dtype), dy)
    return [rows.dimshuffle(0, "x") * sm - _place(sm, rows, labels)]


def register(registry: Any) -> None:
    backward, tangents = registry.table("gradient"), registry.table("forward")
    rows = (
        (CrossentropyCategorical1Hot, categorical_gradient, categorical_formula),
        (CrossentropyCategorical1HotGrad, categorical_grad_gradient, categorical_grad_formula),
        (CrossentropySoftmaxArgmax1HotWithBias, fused_gradient, fused_formula),
        (CrossentropySoftmax1HotWithBiasDx, fused_dx_gradient, fused_dx_formula),
    )
    for op_class, back, formula in rows:
        backward.register(op_class, back)
        tangents.register(op_class, by_formula(formula))
