"""Counting and distinct values: bincount, Unique, to_one_hot."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from theano.compile.interruptible import interruptible
from theano.errors import ShapeError, explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.sort import sorting_work
from theano.tensor.type import TensorType

__all__ = ["BinCountOp", "Unique", "bincount", "to_one_hot"]


@frozen_op
class BinCountOp(Op):
    """Inputs (x, weights or None): how often each number from 0 occurs in the vector x, or the sum of its weights."""

    minlength: Any = None

    def make_node(self, x: Any, weights: Any = None) -> Apply:
        x = _counted_vector(x)
        if self.minlength is not None and (not isinstance(self.minlength, int | np.integer) or self.minlength < 1):
            raise TypeError(explain("bincount: minlength", f"got {self.minlength!r}", "give a positive int"))
        if weights is None:
            return Apply(self, [x], [TensorType("int64", (False,))()])
        weights = as_tensor_variable(weights)
        if weights.type.ndim != 1:
            raise TypeError(explain("bincount: weights as a vector", f"got {weights.type}", "flatten them"))
        return Apply(self, [x, weights], [TensorType("float64", (False,))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        weights = inputs[1] if len(inputs) > 1 else None
        counts = np.bincount(inputs[0].astype("int64", copy=False), weights, self.minlength or 0)
        output_storage[0][0] = counts.astype(node.outputs[0].type.dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        raise ShapeError(f"{self}: the length depends on the largest value")


def _counted_vector(x: Any) -> Variable:
    x = as_tensor_variable(x)
    if x.type.ndim != 1 or not x.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("bincount: a vector of integers", f"got {x.type}", "flatten or cast it"))
    return x


def bincount(x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False) -> Variable:
    """How often each number from 0 occurs in the vector `x` of non-negative integers.

    Parameters
    ----------
    x : TensorVariable, (n,), integer
    weights : TensorVariable, (n,), optional
        Sum these instead of counting; gives the dtype of the result (else that of `x`).
    minlength : int or symbolic integer scalar, optional
        Least length of the result, otherwise ``max(x) + 1``.
    assert_nonneg : bool
        Check at run time that no entry is negative.
    """
    # lazy: reductions stand on indexing
    from theano.tensor import all as tensor_all
    from theano.tensor import cast, join, maximum
    from theano.tensor import max as tensor_max
    from theano.tensor.alloc import zeros
    from theano.tensor.asserts import Assert
    from theano.tensor.subtensor.rows import advanced_inc_subtensor1

    x = _counted_vector(x)
    if assert_nonneg:
        x = Assert("bincount: the input has negative values")(x, tensor_all(x >= 0))
    # one below all numbers, because there may be none
    length = tensor_max(join(0, cast(x, "int64"), np.array([-1]))) + 1
    if minlength is not None:
        length = maximum(length, cast(as_tensor_variable(minlength), "int64"))
    if weights is None:
        return advanced_inc_subtensor1(zeros([length], dtype=x.type.dtype), 1, x)
    weights = as_tensor_variable(weights)
    return advanced_inc_subtensor1(zeros([length], dtype=weights.type.dtype), weights, x)


def to_one_hot(y: Any, nb_class: Any, dtype: str | None = None) -> Variable:
    """Matrix with a one at column ``y[i]`` of row i and zeros elsewhere.

    Parameters
    ----------
    y : TensorVariable, (n,), integer
    nb_class : int or integer scalar
    dtype : str, optional
        Default ``config.floatX``.

    Returns
    -------
    TensorVariable, (n, nb_class)
    """
    # lazy: these modules stand on indexing as this package does
    from theano.tensor.alloc import zeros
    from theano.tensor.creation import arange
    from theano.tensor.shape import shape_i
    from theano.tensor.subtensor.advanced import advanced_set_subtensor

    y = as_tensor_variable(y)
    rows = shape_i(y, 0)
    one = np.asarray(1, dtype="int8")
    return advanced_set_subtensor(zeros((rows, nb_class), dtype=dtype), one, arange(rows), y)


@frozen_op
class Unique(Op):
    """The sorted distinct values (or slices along `axis`) and, on request, their first index, the inverse, counts."""

    return_index: bool = False
    return_inverse: bool = False
    return_counts: bool = False
    axis: int | None = None

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        pattern = [False]
        if self.axis is not None:
            if not -x.type.ndim <= self.axis < x.type.ndim:
                raise RuntimeError(
                    explain(
                        f"Unique along axis {self.axis}",
                        f"{x.type} has {x.type.ndim} dimensions",
                        "stay in range",
                    )
                )
            pattern = [flag and i != self.axis % x.type.ndim for i, flag in enumerate(x.type.broadcastable)]
        extras = sum((self.return_index, self.return_inverse, self.return_counts))
        outputs = [TensorType(x.type.dtype, pattern)(), *(TensorType("int64", (False,))() for _ in range(extras))]
        return Apply(self, [x], outputs)

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        asked = (self.return_index, self.return_inverse, self.return_counts)
        found = interruptible(sorting_work(inputs[0]), functools.partial(np.unique, axis=self.axis), inputs[0], *asked)
        found = found if any(asked) else (found,)
        output_storage[0][0] = np.asarray(found[0])
        for storage, extra in zip(output_storage[1:], found[1:], strict=True):
            # NumPy 2.0 shapes the inverse like the input
            storage[0] = np.asarray(extra, dtype="int64").reshape(-1)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        raise ShapeError(f"{self}: the number of distinct values is known only when it runs")

    def connection_pattern(self, node: Apply) -> list:
        return [[True, *([False] * (len(node.outputs) - 1))]]
