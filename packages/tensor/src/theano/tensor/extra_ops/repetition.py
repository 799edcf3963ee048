"""Repeating elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.alloc import alloc
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.reshape import Reshape, flatten
from theano.tensor.shape import shape_tuple
from theano.tensor.type import TensorType

__all__ = ["RepeatOp", "repeat"]


def _check_repeats(repeats: Variable) -> None:
    dtype = repeats.type.dtype
    if not dtype.startswith(("int", "uint")) or dtype == "uint64":
        raise TypeError(
            explain(
                "repeat: counts as integers up to int64",
                f"got {repeats.type}",
                "cast them to int64",
            )
        )
    if repeats.type.ndim > 1:
        raise ValueError(explain("repeat: counts as a scalar or vector", f"got {repeats.type}", "flatten them"))


@frozen_op
class RepeatOp(Op):
    """Inputs (x, repeats): each element along the axis (None flattens) repeated as often as its count says."""

    axis: int | None = None

    def make_node(self, x: Any, repeats: Any) -> Apply:
        x, repeats = as_tensor_variable(x), as_tensor_variable(repeats)
        _check_repeats(repeats)
        if self.axis is None:
            return Apply(self, [x, repeats], [TensorType(x.type.dtype, (False,))()])
        if not -x.type.ndim <= self.axis < x.type.ndim:
            raise ValueError(explain(f"repeat along axis {self.axis}", f"{x.type}", "use an axis of the tensor"))
        pattern = list(x.type.broadcastable)
        try:
            kept = int(get_scalar_constant_value(repeats)) == 1
        except NotScalarConstantError:
            kept = False
        pattern[self.axis] = pattern[self.axis] and kept
        return Apply(self, [x, repeats], [TensorType(x.type.dtype, pattern)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, repeats = inputs
        output_storage[0][0] = np.repeat(x, repeats, axis=self.axis)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        repeats = node.inputs[1]
        lengths = list(shapes[0])
        if self.axis is None:
            size: Any = 1
            for length in lengths:
                size = length if isinstance(size, int) and size == 1 else size * length
            lengths, axis = [size], 0
        else:
            axis = self.axis
        if repeats.type.ndim == 0:
            lengths[axis] = lengths[axis] * repeats
        elif repeats.type.broadcastable[0]:
            lengths[axis] = lengths[axis] * repeats[0]
        else:
            # lazy: reductions stand on indexing
            from theano.tensor import sum as tensor_sum

            lengths[axis] = tensor_sum(repeats, dtype="int64")
        return [tuple(lengths)]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [False]]


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Repeat the elements of `x` along `axis` (None flattens).

    Parameters
    ----------
    x : TensorVariable
    repeats : integer scalar, or vector with one count per element
    axis : int, optional

    Examples
    --------
    >>> import theano.tensor as T
    >>> repeat(T.constant([1, 2]), [1, 3]).eval().tolist()
    [1, 2, 2, 2]
    """
    x = as_tensor_variable(x)
    repeats = as_tensor_variable(repeats)
    _check_repeats(repeats)
    if axis is not None and not -x.type.ndim <= axis < x.type.ndim:
        raise ValueError(explain(f"repeat along axis {axis}", f"{x.type}", "use an axis of the tensor"))
    if repeats.type.ndim == 1 and not repeats.type.broadcastable[0]:
        return RepeatOp(axis)(x, repeats)
    if repeats.type.ndim == 1:
        repeats = repeats[0]
    if axis is None:
        x, axis = flatten(x), 0
    axis %= x.type.ndim
    # a scalar count: a new axis of that length after the repeated one, then both merged
    order = [*range(axis + 1), "x", *range(axis + 1, x.type.ndim)]
    lengths = list(shape_tuple(x))
    spread = alloc(x.dimshuffle(*order), *lengths[: axis + 1], repeats, *lengths[axis + 1 :])
    lengths[axis] = repeats if isinstance(lengths[axis], int) else lengths[axis] * repeats
    return Reshape(x.type.ndim)(spread, lengths)
