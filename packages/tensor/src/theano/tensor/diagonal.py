"""Reading diagonals and building matrices from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["AllocDiag", "ExtractDiag", "diag", "diagonal"]


def _check_axes(axis1: int, axis2: int) -> None:
    if axis1 == axis2:
        raise ValueError(explain(f"a diagonal of axes {axis1} and {axis2}", "they are equal", "name two axes"))


@frozen_op
class ExtractDiag(Op):
    """A diagonal of two axes, as last dimension of a copy."""

    offset: int = 0
    axis1: int = 0
    axis2: int = 1
    view: bool = False

    @property
    def view_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """The output shares memory with the input in the view form."""
        return {0: [0]} if self.view else {}

    def __post_init__(self) -> None:
        _check_axes(self.axis1, self.axis2)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        ndim = x.type.ndim
        if ndim < 2:
            raise ValueError(explain("diagonal: a tensor with two dimensions or more", f"got {x.type}", "use diag"))
        if any(not -ndim <= axis < ndim for axis in (self.axis1, self.axis2)):
            raise ValueError(
                explain(
                    f"diagonal of axes {self.axis1} and {self.axis2}",
                    f"{ndim} dimensions",
                    "stay in range",
                )
            )
        return Apply(self, [x], [TensorType(x.type.dtype, (False,) * (ndim - 1))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        out = inputs[0].diagonal(self.offset, self.axis1, self.axis2)
        output_storage[0][0] = out if self.view else out.copy()

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: math stands on indexing
        from theano.tensor.math import maximum, minimum

        (lengths,) = shapes
        axes = (self.axis1 % len(lengths), self.axis2 % len(lengths))
        rows, cols = lengths[axes[0]], lengths[axes[1]]
        if self.offset > 0:
            cols = cols - self.offset
        elif self.offset < 0:
            rows = rows + self.offset
        kept = [length for i, length in enumerate(lengths) if i not in axes]
        return [(*kept, maximum(minimum(rows, cols), 0))]


@frozen_op
class AllocDiag(Op):
    """A new tensor with one more dimension, zero but for a diagonal of two axes that holds the last dimension."""

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    def __post_init__(self) -> None:
        _check_axes(self.axis1, self.axis2)

    def make_node(self, diag: Any) -> Apply:
        diag = as_tensor_variable(diag)
        if diag.type.ndim < 1:
            raise ValueError(explain("AllocDiag: a diagonal", f"got {diag.type}", "give one dimension or more"))
        return Apply(self, [diag], [TensorType(diag.type.dtype, (False,) * (diag.type.ndim + 1))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        (diag,) = inputs
        size = diag.shape[-1] + abs(self.offset)
        out = np.zeros((*diag.shape[:-1], size, size), dtype=diag.dtype)
        steps = np.arange(diag.shape[-1])
        out[..., steps + max(0, -self.offset), steps + max(0, self.offset)] = diag
        output_storage[0][0] = np.moveaxis(out, (-2, -1), (self.axis1, self.axis2))

    def infer_shape(self, node: Apply, shapes: list) -> list:
        (lengths,) = shapes
        size = lengths[-1] + abs(self.offset)
        rank = len(lengths) + 1
        axes = (self.axis1 % rank, self.axis2 % rank)
        rest = iter(lengths[:-1])
        return [tuple(size if i in axes else next(rest) for i in range(rank))]


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """A diagonal of two axes of `a`, moved to the last dimension; a copy without broadcast flags."""
    return ExtractDiag(offset, axis1, axis2)(a)


def diag(v: Any, k: int = 0) -> Variable:
    """The matrix with the vector `v` on diagonal `k`, or diagonal `k` of a `v` with more dimensions.

    Examples
    --------
    >>> import theano.tensor as T
    >>> diag(T.constant([1, 2])).eval().tolist()
    [[1, 0], [0, 2]]
    """
    v = as_tensor_variable(v)
    if v.type.ndim == 0:
        raise ValueError(explain("diag of a 0-d tensor", "it has no diagonal", "give a vector or a matrix"))
    return AllocDiag(k)(v) if v.type.ndim == 1 else diagonal(v, offset=k)
