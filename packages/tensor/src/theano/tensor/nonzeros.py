"""Where a tensor is not zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import ShapeError, explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.reshape import flatten
from theano.tensor.type import TensorType

__all__ = ["Nonzero", "flatnonzero", "nonzero", "nonzero_values"]


@frozen_op
class Nonzero(Op):
    """Coordinates of the nonzero elements in C order, an int64 matrix (ndim, count)."""

    def make_node(self, a: Any) -> Apply:
        a = as_tensor_variable(a)
        if a.type.ndim == 0:
            raise ValueError(explain("nonzero of a 0-d tensor", "it has no coordinates", "use neq(a, 0)"))
        return Apply(self, [a], [TensorType("int64", (False, False))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = np.vstack(np.nonzero(inputs[0])).astype("int64", copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        raise ShapeError("nonzero: the number of nonzero elements is known only when it runs")

    def connection_pattern(self, node: Apply) -> list:
        return [[True]]


_nonzero = Nonzero()


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """Coordinates of the nonzero elements in C order.

    Parameters
    ----------
    a : TensorVariable with one dimension or more
    return_matrix : bool
        Return the (ndim, count) matrix instead of a tuple of its rows.

    Returns
    -------
    tuple of int64 vectors, so that ``a[a.nonzero()]`` works
    """
    a = as_tensor_variable(a)
    matrix = _nonzero(a)
    return matrix if return_matrix else tuple([matrix[i] for i in range(a.type.ndim)])


def flatnonzero(a: Any) -> Variable:
    """int64 vector of the positions of nonzero elements in the flattened `a`; 0-d is a ValueError."""
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError(explain("flatnonzero of a 0-d tensor", "it has no positions", "use neq(a, 0)"))
    return nonzero(flatten(a), return_matrix=True)[0]


def nonzero_values(a: Any) -> Variable:
    """Vector of the nonzero elements of `a` in C order."""
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError(explain("nonzero_values of a 0-d tensor", "it has no positions", "use neq(a, 0)"))
    return flatten(a).take(flatnonzero(a))
