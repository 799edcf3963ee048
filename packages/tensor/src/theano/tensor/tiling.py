"""Shifting and repeating whole tensors: roll, tile."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.alloc import alloc
from theano.tensor.axis_inputs import check_axis
from theano.tensor.constant_value import get_vector_length
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.joining import join
from theano.tensor.reshape import Reshape, flatten
from theano.tensor.shape import shape_tuple
from theano.tensor.type import TensorType
from theano.tensor.type_other import is_integer_scalar

__all__ = ["Tile", "roll", "tile"]


def roll(x: Any, shift: Any, axis: int | None = None) -> Variable:
    """`x` shifted circularly by `shift` (int or symbolic) along `axis`; None shifts the flattened elements.

    Returns
    -------
    TensorVariable of the shape and dtype of `x`
    """
    x = as_tensor_variable(x)
    if axis is None:
        if x.type.ndim <= 1:
            return roll(x, shift, 0) if x.type.ndim else x
        return Reshape(x.type.ndim)(roll(flatten(x), shift, 0), shape_tuple(x))
    axis = check_axis("roll", int(axis), x.type.ndim)
    if x.type.broadcastable[axis]:
        return x
    shift = as_tensor_variable(shift) % x.shape[axis]  # an empty axis gives 0, by the rule of integer division
    lead = (slice(None),) * axis
    at = x.shape[axis] - shift
    return join(axis, x[(*lead, slice(at, None))], x[(*lead, slice(None, at))])


def _repeat_counts(reps: Any, ndim: int | None) -> list[Any]:
    """`reps` of tile as a list of integer scalars, one per dimension when `ndim` is given."""
    if isinstance(reps, list | tuple):
        counts = list(reps)
    else:
        variable = as_tensor_variable(reps)
        if variable.type.ndim == 0:
            counts = [variable]
        elif variable.type.ndim == 1:
            counts = _vector_counts(variable, ndim)
        else:
            raise ValueError(explain("tile: reps", f"{variable.type}", "give an int, a list or an integer vector"))
    for count in counts:
        if not is_integer_scalar(count):
            raise ValueError(explain("tile: reps as integers", f"got {count!r}", "give ints or integer scalars"))
    return counts


def _vector_counts(reps: Variable, ndim: int | None) -> list[Any]:
    try:
        return [reps[i] for i in range(get_vector_length(reps))]
    except ValueError:
        if ndim is None:
            raise ValueError(
                explain(
                    f"tile by the vector {reps}",
                    "its length is not known",
                    "pass ndim, at least its length",
                )
            ) from None
    # lazy: math stands on this module
    from theano.tensor import math as tm

    missing = ndim - reps.shape[0]
    return [tm.switch(tm.lt(i, missing), 1, reps[tm.maximum(i - missing, 0)]) for i in range(ndim)]


def tile(x: Any, reps: Any, ndim: int | None = None) -> Variable:
    """`x` repeated as by ``numpy.tile``.

    Parameters
    ----------
    x : TensorVariable
    reps : int, list, symbolic scalar or vector
    ndim : int, optional
        Dimensions of the result, at least ``x.ndim`` and the number of counts; needed for a vector of unknown length.

    Examples
    --------
    >>> import theano.tensor as T
    >>> T.tile(T.constant([[1, 2]]), (2, 2)).eval().tolist()
    [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    x = as_tensor_variable(x)
    if ndim is not None and ndim < x.type.ndim:
        raise ValueError(explain(f"tile to {ndim} dimensions", f"{x.type} has {x.type.ndim}", "ask for x.ndim or more"))
    counts = _repeat_counts(reps, ndim)
    if ndim is not None and ndim < len(counts):
        raise ValueError(explain(f"tile to {ndim} dimensions", f"{len(counts)} counts", "ask for len(reps) or more"))
    rank = max(x.type.ndim, len(counts), ndim or 0)
    counts = [1] * (rank - len(counts)) + counts
    lengths = [1] * (rank - x.type.ndim) + list(shape_tuple(x))
    order: list[Any] = []
    for i in range(rank):
        kept = i - (rank - x.type.ndim)
        order += ["x", kept if kept >= 0 else "x"]
    spread = alloc(x.dimshuffle(*order), *[n for pair in zip(counts, lengths, strict=True) for n in pair])
    return Reshape(rank)(spread, [_times(c, n) for c, n in zip(counts, lengths, strict=True)])


def _times(count: Any, length: Any) -> Any:
    if isinstance(length, int) and length == 1:
        return count
    return length if isinstance(count, int) and count == 1 else count * length


@frozen_op
class Tile(Op):
    """Old op form of `tile`, inputs (x, reps vector); warns."""

    ndim: int

    def __post_init__(self) -> None:
        warnings.warn("the Tile op is deprecated; use theano.tensor.tile", DeprecationWarning, stacklevel=3)

    def make_node(self, x: Any, reps: Any) -> Apply:
        x, reps = as_tensor_variable(x), as_tensor_variable(reps)
        return Apply(self, [x, reps], [TensorType(x.type.dtype, (False,) * self.ndim)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, reps = inputs
        out = np.tile(x, tuple(int(n) for n in reps))
        if out.ndim != self.ndim:
            raise ValueError(
                explain(f"Tile to {self.ndim} dimensions", f"the result has {out.ndim}", "state the right ndim")
            )
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        reps = node.inputs[1]
        offset = self.ndim - len(shapes[0])
        lengths = [1] * offset + list(shapes[0])
        return [tuple(_times(reps[i], length) for i, length in enumerate(lengths))]
