"""Cross-entropy losses, alone and fused with softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.nnet.sigm import softplus
from theano.tensor.nnet.softmax import shifted
from theano.tensor.type import TensorType

__all__ = [
    "CrossentropyCategorical1Hot",
    "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx",
    "CrossentropySoftmaxArgmax1HotWithBias",
    "binary_crossentropy",
    "categorical_crossentropy",
    "crossentropy_categorical_1hot",
    "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "sigmoid_binary_crossentropy",
]

_FLOATS = ("float16", "float32", "float64")


def _is_label_vector(y: Variable) -> bool:
    return y.type.ndim == 1 and y.type.dtype.startswith(("int", "uint"))


def _check_labels(op: Op, labels: np.ndarray, shape: tuple[int, ...]) -> None:
    """ValueError unless there is one label per row, each naming a column."""
    if labels.shape[0] != shape[0]:
        raise ValueError(explain(f"{op}: rows of shape {shape}", f"{labels.shape[0]} labels", "give one per row"))
    if labels.size and (labels.min() < 0 or labels.max() >= shape[1]):
        raise ValueError(
            explain(
                f"{op}: labels of {shape[1]} classes",
                f"labels from {labels.min()} to {labels.max()}",
                "labels count from 0 and stay below the number of columns",
            )
        )


@frozen_op
class CrossentropySoftmaxArgmax1HotWithBias(Op):
    """Inputs (x, b, y_idx): softmax of ``x + b``, its negative log likelihood of the labels, and its argmax.

    Outputs are (nll vector, softmax matrix, argmax vector).
    """

    def make_node(self, x: Any, b: Any, y_idx: Any) -> Apply:
        x, b, y_idx = (as_tensor_variable(v) for v in (x, b, y_idx))
        if x.type.ndim != 2 or x.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: x as a float matrix", f"got {x.type}", "give a float matrix"))
        if b.type.ndim != 1 or b.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: b as a float vector", f"got {b.type}", "give a float vector"))
        if not _is_label_vector(y_idx):
            raise ValueError(explain(f"{self}: labels as an integer vector", f"got {y_idx.type}", "cast the labels"))
        nll = TensorType(x.type.dtype, y_idx.type.broadcastable)()
        return Apply(self, [x, b, y_idx], [nll, x.type(), y_idx.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, b, labels = inputs
        if b.shape[0] != x.shape[1]:
            raise ValueError(explain(f"{self}: x of shape {x.shape}", f"{b.shape[0]} biases", "give one per column"))
        _check_labels(self, labels, x.shape)
        logits = (x + b).astype(x.dtype, copy=False)
        down = shifted(logits)
        e = np.exp(down)
        total = e.sum(axis=1, keepdims=True, dtype="float64" if x.dtype != "float16" else "float32")
        picked = down[np.arange(len(labels)), labels]
        output_storage[0][0] = (np.log(total[:, 0]) - picked).astype(x.dtype)
        output_storage[1][0] = e / total.astype(x.dtype)
        output_storage[2][0] = logits.argmax(axis=1).astype(labels.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, _, labels = shapes
        return [(labels[0],), x, (labels[0],)]

    def connection_pattern(self, node: Apply) -> list:
        return [[True, True, True], [True, True, True], [False, False, True]]

    def lower(self, node: Apply, build: Any) -> Any:
        dtype = node.inputs[0].type.dtype
        if node.inputs[1].type.dtype != dtype:
            return None
        k, rows, wide = build.k, build.rows(axes=(1,)), "float64"
        x = rows.let(build.load(0) + build.load(1, order=(-1, 0)))
        top = rows.reduce("maximum", x)
        at_label = k.eq(build.iota(), k.cast(build.load(2, order=(0, -1)), "int64"))
        rows.guard_position(2)
        picked = rows.reduce("maximum", k.where(at_label, x - top, k.const(-np.inf, dtype)))
        first = k.where(k.or_(k.eq(x, top), k.isnan(x)), build.iota(), k.const(np.iinfo("int64").max, "int64"))
        position = rows.reduce("minimum", first)
        e = rows.let(k.exp(x - top))
        total = rows.reduce("add", e, acc_dtype=wide)
        rows.store(1, e / k.cast(total, dtype))
        rows.store_reduced(0, k.log(total) - k.cast(picked, wide))
        rows.store_reduced(2, position)
        return rows.step()


@frozen_op
class CrossentropySoftmax1HotWithBiasDx(Op):
    """Inputs (dy, sm, y_idx): ``dy * (sm - onehot(y_idx))``, the gradient of the fused cross-entropy."""

    def make_node(self, dy: Any, sm: Any, y_idx: Any) -> Apply:
        dy, sm, y_idx = (as_tensor_variable(v) for v in (dy, sm, y_idx))
        if dy.type.ndim > 1 or dy.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: dy as a float scalar or vector", f"got {dy.type}", "reduce or cast it"))
        if sm.type.ndim != 2 or sm.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: sm as a float matrix", f"got {sm.type}", "give a float matrix"))
        if not _is_label_vector(y_idx):
            raise ValueError(explain(f"{self}: labels as an integer vector", f"got {y_idx.type}", "cast the labels"))
        return Apply(self, [dy, sm, y_idx], [sm.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        dy, sm, labels = inputs
        _check_labels(self, labels, sm.shape)
        if dy.ndim == 1 and dy.shape[0] != sm.shape[0] and not node.inputs[0].type.broadcastable[0]:
            raise ValueError(explain(f"{self}: sm of shape {sm.shape}", f"dy of length {len(dy)}", "give one per row"))
        steps = np.broadcast_to(dy, (sm.shape[0],))
        out = steps[:, None] * sm
        out[np.arange(len(labels)), labels] -= steps
        output_storage[0][0] = out.astype(sm.dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[1]]

    def lower(self, node: Apply, build: Any) -> Any:
        dy_type, sm_type = node.inputs[0].type, node.inputs[1].type
        if dy_type.dtype != sm_type.dtype:
            return None
        k, rows = build.k, build.rows(axes=(1,))
        dy = build.load(0, order=(0, -1) if dy_type.ndim else (-1, -1))
        at_label = k.eq(build.iota(), k.cast(build.load(2, order=(0, -1)), "int64"))
        rows.guard_position(2)
        one_hot = k.where(at_label, k.const(1.0, sm_type.dtype), k.const(0.0, sm_type.dtype))
        rows.store(0, dy * (build.load(1) - one_hot))
        return rows.step()


@frozen_op
class CrossentropyCategorical1Hot(Op):
    """Inputs (coding_dist, true_one_of_n): ``-log(coding_dist[i, true_one_of_n[i]])`` for each row i."""

    def make_node(self, coding_dist: Any, true_one_of_n: Any) -> Apply:
        dist, labels = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
        if dist.type.ndim != 2:
            raise TypeError(explain(f"{self}: a matrix of probabilities", f"got {dist.type}", "give a matrix"))
        if labels.type.ndim != 1 or labels.type.dtype not in ("int32", "int64"):
            raise TypeError(explain(f"{self}: labels as an int32 or int64 vector", f"got {labels.type}", "cast them"))
        return Apply(self, [dist, labels], [TensorType(dist.type.dtype, labels.type.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        dist, labels = inputs
        _check_labels(self, labels, dist.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            output_storage[0][0] = -np.log(dist[np.arange(len(labels)), labels])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0],)]

    def lower(self, node: Apply, build: Any) -> Any:
        if node.inputs[0].type.dtype not in _FLOATS:
            return None
        k, rows = build.k, build.rows(axes=(1,))
        p = build.load(0)
        at_label = k.eq(build.iota(), k.cast(build.load(1, order=(0, -1)), "int64"))
        rows.guard_position(1)
        picked = rows.reduce("add", k.where(at_label, p, k.const(0.0, p.dtype)))
        rows.store_reduced(0, k.neg(k.log(picked)))
        return rows.step()


@frozen_op
class CrossentropyCategorical1HotGrad(Op):
    """Inputs (g_y, coding_dist, true_one_of_n): ``-g_y / p`` at the labels, zero elsewhere."""

    def make_node(self, g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (g_y, coding_dist, true_one_of_n)]
        return Apply(self, inputs, [inputs[1].type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        g, dist, labels = inputs
        _check_labels(self, labels, dist.shape)
        out = np.zeros_like(dist)
        rows = np.arange(len(labels))
        with np.errstate(divide="ignore", invalid="ignore"):
            out[rows, labels] = -g / dist[rows, labels]
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[1]]

    def lower(self, node: Apply, build: Any) -> Any:
        g_type, dist_type = node.inputs[0].type, node.inputs[1].type
        if g_type.dtype != dist_type.dtype or g_type.ndim > 1 or dist_type.dtype not in _FLOATS:
            return None
        k, rows = build.k, build.rows(axes=(1,))
        g = build.load(0, order=(0, -1) if g_type.ndim else (-1, -1))
        at_label = k.eq(build.iota(), k.cast(build.load(2, order=(0, -1)), "int64"))
        rows.guard_position(2)
        rows.store(0, k.where(at_label, k.neg(g) / build.load(1), k.const(0.0, dist_type.dtype)))
        return rows.step()


crossentropy_softmax_argmax_1hot_with_bias = CrossentropySoftmaxArgmax1HotWithBias()
crossentropy_softmax_1hot_with_bias_dx = CrossentropySoftmax1HotWithBiasDx()
crossentropy_categorical_1hot = CrossentropyCategorical1Hot()
crossentropy_categorical_1hot_grad = CrossentropyCategorical1HotGrad()


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> list[Variable]:
    """``[nll, softmax]`` of ``x + b`` against the labels `y_idx`."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)[0:2]


def _no_bias(x: Variable) -> Variable:
    # lazy: the constructors stand on indexing
    from theano.tensor.alloc import zeros_like

    return zeros_like(x[0])


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> list[Variable]:
    """``[nll, softmax]`` of `x` against the labels `y_idx`."""
    x = as_tensor_variable(x)
    return crossentropy_softmax_1hot_with_bias(x, _no_bias(x), y_idx, **kwargs)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> tuple:
    """``(nll, softmax, max probability, argmax)`` of ``x + b`` against the labels `y_idx`."""
    # lazy: reductions stand beside this package
    from theano.tensor import max_and_argmax

    nll, sm = crossentropy_softmax_1hot_with_bias(x, b, y_idx, **kwargs)
    highest, position = max_and_argmax(sm, axis=-1)
    return nll, sm, highest, position


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> tuple:
    """``(nll, softmax, max probability, argmax)`` of `x` against the labels `y_idx`."""
    x = as_tensor_variable(x)
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, _no_bias(x), y_idx, **kwargs)


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """Elementwise ``-(target * log(output) + (1 - target) * log(1 - output))``; no reduction."""
    # lazy: math is larger than what the ops above need
    from theano.tensor.math import log

    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return -(target * log(output) + (1.0 - target) * log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """`binary_crossentropy` of ``sigmoid(output)``, computed from the logits without loss of precision.

    Written as ``target * softplus(-output) + (1 - target) * softplus(output)``: neither term cancels, and the gradient
    is ``sigmoid(output) - target``.
    """
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return target * softplus(-output) + (1.0 - target) * softplus(output)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """Cross-entropy of each row.

    Parameters
    ----------
    coding_dist : TensorVariable, (..., classes), float
        Predicted probabilities.
    true_dist : TensorVariable
        Probabilities of the same rank, or integer labels with one dimension less.

    Returns
    -------
    TensorVariable, one value per row
    """
    # lazy: math is larger than what the ops above need
    from theano.tensor.math import log

    coding_dist, true_dist = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if true_dist.type.ndim == coding_dist.type.ndim:
        return -(true_dist * log(coding_dist)).sum(axis=coding_dist.type.ndim - 1)
    if true_dist.type.ndim == coding_dist.type.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError(
        explain(
            f"categorical_crossentropy of {coding_dist.type}",
            f"a target of type {true_dist.type}",
            "give probabilities of the same rank or labels with one dimension less",
        )
    )
