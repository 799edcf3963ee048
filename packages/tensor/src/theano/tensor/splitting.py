"""Taking a tensor apart along an axis."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op
from theano.graph.op import frozen_op
from theano.tensor.axis_inputs import check_axis, constant_axis, integer_axis, switch_axis
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["Split", "split"]


@frozen_op
class Split(Op):
    """Pieces of a tensor along an axis; inputs (x, axis, sizes), `len_splits` outputs."""

    len_splits: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "len_splits", int(self.len_splits))

    def __str__(self) -> str:
        return f"Split{{{self.len_splits}}}"

    def make_node(self, x: Any, axis: Any, splits: Any) -> Apply:
        x = as_tensor_variable(x)
        axis = integer_axis("split", axis)
        splits = as_tensor_variable(splits)
        if splits.type.ndim != 1 or not splits.type.dtype.startswith(("int", "uint")):
            raise TypeError(
                explain(
                    "split: the sizes as an integer vector",
                    f"got {splits.type}",
                    "give a list of ints or a vector",
                )
            )
        known = constant_axis(axis)
        pattern = list(x.type.broadcastable)
        if known is None:
            pattern = [False] * x.type.ndim
        else:
            pattern[check_axis("split", known, x.type.ndim)] = False
        return Apply(self, [x, axis, splits], [TensorType(x.type.dtype, pattern)() for _ in range(self.len_splits)])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, axis, sizes = inputs
        axis = check_axis("split", int(axis), x.ndim)
        length = x.shape[axis]
        if len(sizes) != self.len_splits or (sizes < 0).any() or int(sizes.sum()) != length:
            raise ValueError(
                explain(
                    f"split: {self.len_splits} pieces of sizes {[int(n) for n in sizes]}",
                    f"axis {axis} has length {length}",
                    "give one size of 0 or more per piece, summing to the length",
                )
            )
        start = 0
        for storage, size in zip(output_storage, sizes, strict=True):
            piece = (slice(None),) * axis + (slice(start, start + int(size)),)
            storage[0] = x[piece].copy()
            start += int(size)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        (lengths, _, _), (_, axis, sizes) = shapes, node.inputs
        ndim = len(lengths)
        known = constant_axis(axis)
        if known is not None:
            return [
                tuple(sizes[j] if i == known % ndim else lengths[i] for i in range(ndim))
                for j in range(self.len_splits)
            ]
        return [
            tuple(switch_axis(axis, i, ndim, sizes[j], lengths[i]) for i in range(ndim)) for j in range(self.len_splits)
        ]

    def connection_pattern(self, node: Apply) -> list:
        taken = [True] * self.len_splits
        dropped = [False] * self.len_splits
        return [taken, dropped, dropped]


def split(x: Any, splits_size: Any, n_splits: int, axis: Any = 0) -> Any:
    """Pieces of the lengths in `splits_size` along `axis`.

    Parameters
    ----------
    x : TensorVariable
    splits_size : integer vector or list, (n_splits,)
    n_splits : int
    axis : int or symbolic integer scalar

    Returns
    -------
    list of TensorVariable; the single variable when `n_splits` is 1
    """
    return Split(n_splits)(x, axis, splits_size)
