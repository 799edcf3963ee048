"""Adding a constant column at the left of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable

__all__ = [
    "Prepend_scalar_constant_to_each_row",
    "Prepend_scalar_to_each_row",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
]


def _plain_matrix(op: Op, mat: Any) -> Variable:
    mat = as_tensor_variable(mat)
    if mat.type.broadcastable != (False, False):
        raise TypeError(explain(f"{op}: a matrix without broadcast flags", f"got {mat.type}", "use unbroadcast"))
    return mat


def _with_column(value: Any, mat: np.ndarray) -> np.ndarray:
    out = np.empty((mat.shape[0], mat.shape[1] + 1), dtype=mat.dtype)
    out[:, 0] = value
    out[:, 1:] = mat
    return out


@frozen_op
class Prepend_scalar_constant_to_each_row(Op):
    """Input mat: the matrix with a column of a constant at its left."""

    val: Any = 0

    def make_node(self, mat: Any) -> Apply:
        mat = _plain_matrix(self, mat)
        return Apply(self, [mat], [mat.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = _with_column(self.val, inputs[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], shapes[0][1] + 1)]


@frozen_op
class Prepend_scalar_to_each_row(Op):
    """Inputs (val, mat): the matrix with a column of the scalar at its left."""

    def make_node(self, val: Any, mat: Any) -> Apply:
        val, mat = as_tensor_variable(val), _plain_matrix(self, mat)
        if val.type.ndim != 0:
            raise TypeError(explain(f"{self}: a scalar value", f"got {val.type}", "give a number or 0-d tensor"))
        return Apply(self, [val, mat], [mat.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = _with_column(*inputs)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[1][0], shapes[1][1] + 1)]


prepend_scalar_to_each_row = Prepend_scalar_to_each_row()
prepend_0_to_each_row = Prepend_scalar_constant_to_each_row(0.0)
prepend_1_to_each_row = Prepend_scalar_constant_to_each_row(1.0)
