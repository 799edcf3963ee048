"""Row-wise softmax and log-softmax, with bias and gradient forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.graph.trace import warn_user
from theano.tensor.conversion import as_tensor_variable

__all__ = [
    "LogSoftmax",
    "Softmax",
    "SoftmaxGrad",
    "SoftmaxWithBias",
    "logsoftmax",
    "logsoftmax_op",
    "softmax",
    "softmax_grad",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
]

_FLOATS = ("float16", "float32", "float64")


def _matrix(op: Op, x: Any) -> Variable:
    """`x` as a float matrix; a vector becomes one row (with a warning)."""
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2) or x.type.dtype not in _FLOATS:
        raise ValueError(explain(f"{op}: a float matrix", f"got {x.type}", "for other ranks use softmax_graph"))
    if x.type.ndim == 1:
        text = "softmax of a vector gives a (1, n) matrix; pass x.dimshuffle('x', 0) to say so"
        warn_user(text, DeprecationWarning)
        x = x.dimshuffle("x", 0)
    if x.type.broadcastable[1]:
        warn_user("softmax over a dimension that always has length 1 gives ones; check the axes")
    return x


def shifted(x: np.ndarray) -> np.ndarray:
    """`x` minus the maximum of each row, so that exp cannot overflow."""
    return x - x.max(axis=1, keepdims=True) if x.shape[1] else x


def softmax_rows(x: np.ndarray) -> np.ndarray:
    """Softmax of each row."""
    e = np.exp(shifted(x))
    return e / e.sum(axis=1, keepdims=True, dtype=_wide(x.dtype)).astype(x.dtype)


def _wide(dtype: np.dtype) -> str:
    return {"float16": "float32", "float32": "float64"}.get(str(dtype), "float64")


def _acc(node: Apply) -> str:
    return _wide(node.outputs[0].type.dtype)


@frozen_op
class Softmax(Op):
    """Softmax of each row of a float matrix."""

    def make_node(self, x: Any) -> Apply:
        x = _matrix(self, x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = softmax_rows(inputs[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def lower(self, node: Apply, build: Any) -> Any:
        k, rows = build.k, build.rows(axes=(1,))
        x = build.load(0)
        e = rows.let(k.exp(x - rows.reduce("maximum", x)))
        total = k.cast(rows.reduce("add", e, acc_dtype=_acc(node)), node.outputs[0].type.dtype)
        rows.store(0, e * (1.0 / total))  # the total is at least 1: its inverse loses nothing but half a unit
        return rows.step()


@frozen_op
class LogSoftmax(Op):
    """Log of the softmax of each row of a float matrix."""

    def make_node(self, x: Any) -> Apply:
        x = _matrix(self, x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x = shifted(inputs[0])
        total = np.exp(x).sum(axis=1, keepdims=True, dtype=_wide(x.dtype))
        output_storage[0][0] = x - np.log(total).astype(x.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def lower(self, node: Apply, build: Any) -> Any:
        k, rows = build.k, build.rows(axes=(1,))
        x = build.load(0)
        down = rows.let(x - rows.reduce("maximum", x))
        total = rows.reduce("add", k.exp(down), acc_dtype=_acc(node))
        rows.store(0, down - k.cast(k.log(total), node.outputs[0].type.dtype))
        return rows.step()


@frozen_op
class SoftmaxWithBias(Op):
    """Inputs (x, b): softmax of each row of ``x + b``."""

    def make_node(self, x: Any, b: Any) -> Apply:
        x, b = as_tensor_variable(x), as_tensor_variable(b)
        if x.type.ndim != 2 or x.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: a float matrix", f"got {x.type}", "give a matrix"))
        if b.type.ndim != 1 or b.type.dtype not in _FLOATS:
            raise ValueError(explain(f"{self}: the bias as a float vector", f"got {b.type}", "give a vector"))
        return Apply(self, [x, b], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, b = inputs
        if b.shape[0] != x.shape[1]:
            raise ValueError(
                explain(
                    f"softmax_with_bias of shape {x.shape}",
                    f"a bias of length {b.shape[0]}",
                    "give one bias per column",
                )
            )
        output_storage[0][0] = softmax_rows((x + b).astype(x.dtype, copy=False))

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def lower(self, node: Apply, build: Any) -> Any:
        if node.inputs[0].type.dtype != node.inputs[1].type.dtype:
            return None
        k, rows = build.k, build.rows(axes=(1,))
        x = build.load(0) + build.load(1, order=(-1, 0))
        e = rows.let(k.exp(x - rows.reduce("maximum", x)))
        total = k.cast(rows.reduce("add", e, acc_dtype=_acc(node)), node.outputs[0].type.dtype)
        rows.store(0, e * (1.0 / total))
        return rows.step()


@frozen_op
class SoftmaxGrad(Op):
    """Inputs (dy, sm): gradient of softmax, ``(dy - rowsum(dy * sm)) * sm``."""

    def make_node(self, dy: Any, sm: Any) -> Apply:
        dy, sm = as_tensor_variable(dy), as_tensor_variable(sm)
        for name, part in (("dy", dy), ("sm", sm)):
            if part.type.ndim not in (1, 2) or part.type.dtype not in _FLOATS:
                raise ValueError(explain(f"{self}: {name} as a float matrix", f"got {part.type}", "give a matrix"))
        dy = dy.dimshuffle("x", 0) if dy.type.ndim == 1 else dy
        sm = sm.dimshuffle("x", 0) if sm.type.ndim == 1 else sm
        return Apply(self, [dy, sm], [sm.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        dy, sm = inputs
        weighted = dy * sm
        total = weighted.sum(axis=1, keepdims=True, dtype=_wide(sm.dtype)).astype(weighted.dtype)
        output_storage[0][0] = (weighted - total * sm).astype(sm.dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[1]]

    def lower(self, node: Apply, build: Any) -> Any:
        dtype = node.outputs[0].type.dtype
        if node.inputs[0].type.dtype != dtype:
            return None
        k, rows = build.k, build.rows(axes=(1,))
        dy, sm = build.load(0), build.load(1)
        total = k.cast(rows.reduce("add", dy * sm, acc_dtype=_acc(node)), dtype)
        rows.store(0, (dy - total) * sm)
        return rows.step()


softmax_op = Softmax()
logsoftmax_op = LogSoftmax()
softmax_with_bias = SoftmaxWithBias()
softmax_grad = SoftmaxGrad()


def softmax(c: Any) -> Variable:
    """Softmax of each row of the float matrix `c`; a vector counts as one row (and warns).

    Returns
    -------
    TensorVariable, shape and dtype of the matrix
    """
    return softmax_op(c)


def logsoftmax(c: Any) -> Variable:
    """Log of `softmax`, accurate where the softmax underflows."""
    return logsoftmax_op(c)


def softmax_graph(c: Any) -> Variable:
    """``exp(c) / exp(c).sum(axis=-1, keepdims=True)`` for any rank, as plain elementwise ops."""
    # lazy: math is larger than what the ops above need
    from theano.tensor.math import exp

    e = exp(as_tensor_variable(c))
    return e / e.sum(axis=-1, keepdims=True)
