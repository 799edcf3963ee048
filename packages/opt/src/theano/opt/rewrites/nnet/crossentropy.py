"""Cross-entropy of a softmax against integer labels, and its gradient: one stable op each, however they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.opt.canonizer import Factors, factors
from theano.opt.joined import product_of
from theano.opt.matching import constant_of, elemwise_node, is_constant, keep_type
from theano.opt.ruleset import RuleSet
from theano.opt.shape_feature import lengths_of
from theano.tensor.alloc import Alloc
from theano.tensor.creation import ARange
from theano.tensor.nnet.crossentropy import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
)
from theano.tensor.nnet.softmax import LogSoftmax, Softmax, SoftmaxGrad, SoftmaxWithBias
from theano.tensor.subtensor import AdvancedIncSubtensor, AdvancedSubtensor

from .softmax import softmax_argument, split_bias

__all__ = ["crossentropy_with_softmax", "rules"]

rules = RuleSet()


def _counts_rows(fgraph: FunctionGraph, rows: Variable, matrix: Variable, labels: Variable) -> bool:
    """Whether `rows` is 0, 1, 2, ... up to the number of rows or labels."""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None:
        return False
    if isinstance(rows, Constant):
        counts = np.array_equal(rows.data, np.arange(len(rows.data)))
        return bool(counts and constant_of(feature.length(matrix, 0)) == len(rows.data))
    node = rows.owner
    if node is None or not isinstance(node.op, ARange):
        return False
    start, stop, step = node.inputs
    if constant_of(start) != 0 or constant_of(step) != 1:
        return False
    return any(feature.same_length(_uncast(stop), _uncast(feature.length(v, 0))) for v in (labels, matrix))


def _uncast(length: Variable) -> Variable:
    node = elemwise_node(length, ts.Cast)
    return length if node is None else node.inputs[0]


def _picked(fgraph: FunctionGraph, node: Apply) -> tuple[Variable, Variable] | None:
    """(matrix, labels) for matrix[arange(n), labels]."""
    if not isinstance(node.op, AdvancedSubtensor) or len(node.inputs) != 3:
        return None
    matrix, rows, labels = node.inputs
    if (
        matrix.type.ndim != 2
        or getattr(labels.type, "ndim", None) != 1
        or not str(labels.type.dtype).startswith(("int", "uint"))
    ):
        return None
    if getattr(rows.type, "ndim", None) != 1 or not _counts_rows(fgraph, rows, matrix, labels):
        return None
    return matrix, labels


def _loss(fgraph: FunctionGraph, z: Variable, labels: Variable) -> Variable:
    """The fused cross-entropy of softmax(z), one value per row."""
    parts = split_bias(fgraph, z)
    if parts is None:
        parts = z, tt.alloc(tt.constant(0, dtype=z.type.dtype), lengths_of(fgraph, z)[1])
    return crossentropy_softmax_argmax_1hot_with_bias(*parts, labels)[0]


@rules.local([AdvancedSubtensor, ts.Log], "S P", "fast_compile_gpu")
def local_advanced_indexing_crossentropy_onehot(fgraph: FunctionGraph, node: Apply) -> Any:
    """logsoftmax(z)[arange(n), y] and log(softmax(z)[arange(n), y]) -> minus the fused cross-entropy."""
    if isinstance(node.op, AdvancedSubtensor):
        found = _picked(fgraph, node)
        inner = None if found is None else found[0].owner
        if inner is None or not isinstance(inner.op, LogSoftmax):
            return None
        z = inner.inputs[0]
    else:
        inner = node.inputs[0].owner
        found = None if inner is None else _picked(fgraph, inner)
        argument = None if found is None else softmax_argument(found[0])
        if argument is None:
            return None
        z = argument
    return [keep_type(fgraph, tt.neg(_loss(fgraph, z, found[1])), node.outputs[0])]  # type: ignore[index]


@rules.local([CrossentropyCategorical1Hot], "S P", name="crossentropy_to_crossentropy_with_softmax_with_bias")
def crossentropy_with_softmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """crossentropy_categorical_1hot(softmax(z), y) -> the fused cross-entropy."""
    z = softmax_argument(node.inputs[0])
    if z is None:
        return None
    return [keep_type(fgraph, _loss(fgraph, z, node.inputs[1]), node.outputs[0])]


@rules.local([SoftmaxGrad], "S P", "fast_compile_gpu")
def local_softmax_grad_to_crossentropy_with_softmax_grad(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax_grad(crossentropy_categorical_1hot_grad(g, sm, y), sm) -> the fused gradient."""
    dy, sm = node.inputs
    inner = dy.owner
    if inner is None or not isinstance(inner.op, CrossentropyCategorical1HotGrad) or inner.inputs[1] is not sm:
        return None
    g, _, labels = inner.inputs
    return [keep_type(fgraph, crossentropy_softmax_1hot_with_bias_dx(g, sm, labels), node.outputs[0])]


def _one_hot(fgraph: FunctionGraph, variable: Variable) -> tuple[Variable, Variable] | None:
    """(values, labels) for a matrix that holds `values` at the labels of its rows and zeros elsewhere."""
    node = variable.owner
    if node is None or not isinstance(node.op, AdvancedIncSubtensor) or len(node.inputs) != 4:
        return None
    base, values, rows, labels = node.inputs
    if base.type.ndim != 2 or not is_constant(base, 0) or getattr(labels.type, "ndim", None) != 1:
        return None
    if values.type.ndim > 1 or not _counts_rows(fgraph, rows, base, labels):
        return None
    return values, labels


def _per_row(opened: Factors, without: list[Variable]) -> tuple[list[Variable], list[Variable]] | None:
    """The other factors and divisors as values per row or scalars; None when one varies along a row."""
    num = [v for v in opened.num if v not in without] + [v for v, inverted, _ in opened.constants if not inverted]
    den = [v for v in opened.den if v not in without] + [v for v, inverted, _ in opened.constants if inverted]
    if any(not v.type.broadcastable[-1] for v in (*num, *den)):
        return None
    return [_row_value(v) for v in num], [_row_value(v) for v in den]


def _row_value(variable: Variable) -> Variable:
    return variable.dimshuffle() if all(variable.type.broadcastable) else variable.dimshuffle(0)


def _scaled(value: Variable, num: list[Variable], den: list[Variable], sign: int) -> Variable:
    result = tt.mul(value, *num) if num else value
    if den:
        result = tt.true_div(result, product_of(den, result.type.dtype))
    return tt.neg(result) if sign < 0 else result


@rules.local([SoftmaxGrad], "S P", "fast_compile_gpu")
def local_advanced_indexing_crossentropy_onehot_grad(fgraph: FunctionGraph, node: Apply) -> Any:
    """softmax_grad of the gradient of log(sm)[arange(n), y] or log(sm[arange(n), y]) -> the fused gradient."""
    dy, sm = node.inputs
    g = _gradient_of_logs(fgraph, dy, sm)
    if g is None:
        return None
    value, labels = g
    value = value if value.type.dtype == sm.type.dtype else tt.cast(value, sm.type.dtype)
    if value.type.ndim and value.type.broadcastable[0] and not sm.type.broadcastable[0]:
        value = value.dimshuffle()
    return [keep_type(fgraph, crossentropy_softmax_1hot_with_bias_dx(tt.neg(value), sm, labels), node.outputs[0])]


def _gradient_of_logs(fgraph: FunctionGraph, dy: Variable, sm: Variable) -> tuple[Variable, Variable] | None:
    """(g, labels) when dy is g / sm at the labels and zero elsewhere."""
    found = _one_hot(fgraph, dy)
    if found is not None:  # one_hot(g / sm[arange(n), y])
        values, labels = found
        opened = factors(fgraph, values)
        for divisor in opened.den:
            picked = None if divisor.owner is None else _picked(fgraph, divisor.owner)
            if picked is None or picked[0] is not sm or picked[1] is not labels:
                continue
            rest = list(opened.den)
            rest.remove(divisor)
            num = opened.num + [v for v, inverted, _ in opened.constants if not inverted]
            den = rest + [v for v, inverted, _ in opened.constants if inverted]
            one = tt.constant(np.asarray(1, dtype=sm.type.dtype))
            return _scaled(num[0] if num else one, num[1:], den, opened.sign), labels
        return None
    opened = factors(fgraph, dy)  # one_hot(g) / sm, with scales
    if opened.den.count(sm) != 1:
        return None
    for v in opened.num:
        found = _one_hot(fgraph, v)
        scales = None if found is None else _per_row(opened, [v, sm])
        if scales is not None:
            return _scaled(found[0], *scales, opened.sign), found[1]  # type: ignore[index]
    return None


@rules.local([CrossentropySoftmax1HotWithBiasDx], "C S P")
def local_useless_crossentropy_softmax_1hot_with_bias_dx_alloc(fgraph: FunctionGraph, node: Apply) -> Any:
    """The fused gradient of alloc(g) -> of the scalar g."""
    dy, sm, labels = node.inputs
    inner = dy.owner
    if inner is None or not isinstance(inner.op, Alloc) or not all(inner.inputs[0].type.broadcastable):
        return None
    return [node.op(inner.inputs[0].dimshuffle(), sm, labels)]


@rules.local([Softmax, SoftmaxWithBias], "P", "xent", "fast_compile_gpu")
def graph_merge_softmax_with_crossentropy_softmax(fgraph: FunctionGraph, node: Apply) -> Any:
    """A softmax that the fused cross-entropy computes anyway is taken from there."""
    x = node.inputs[0]
    for reader, _ in fgraph.clients(x) if fgraph is not None else ():
        if not isinstance(reader, Apply) or not isinstance(reader.op, CrossentropySoftmaxArgmax1HotWithBias):
            continue
        if reader.inputs[0] is not x:
            continue
        bias = reader.inputs[1]
        if bias is node.inputs[1] if isinstance(node.op, SoftmaxWithBias) else is_constant(bias, 0):
            return [reader.outputs[1]]
    return None
