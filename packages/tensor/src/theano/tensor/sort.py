"""Sorting and the k largest: sort, argsort, topk."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.compile.interruptible import SHORT, interruptible
from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.reshape import flatten
from theano.tensor.type import TensorType

__all__ = ["ArgSortOp", "SortOp", "TopKOp", "argsort", "argtopk", "sort", "topk", "topk_and_argtopk"]

_KINDS = ("quicksort", "mergesort", "heapsort", "stable")


def sorting_work(a: np.ndarray) -> float:
    """Estimated nanoseconds of sorting `a`."""
    return 10.0 * a.size * max(a.size, 1).bit_length()


def _sorting_indices(a: np.ndarray, axis: int, kind: Any, order: Any) -> np.ndarray:
    # When this is given up, it goes on for a while, and NumPy relies on values that nobody changes meanwhile.
    return np.argsort(a.copy() if sorting_work(a) >= SHORT else a, axis, kind, order)


def _check_kind(kind: str) -> None:
    if kind not in _KINDS:
        raise ValueError(explain(f"sort of kind {kind!r}", "there is no such kind", f"use one of {_KINDS}"))


def _axis_input(what: str, axis: Any) -> Variable:
    axis = as_tensor_variable(axis)
    if axis.type.ndim != 0 or not axis.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain(f"{what}: the axis as an integer scalar", f"got {axis.type}", "give an int or None"))
    return axis


@frozen_op
class SortOp(Op):
    """Inputs (a, axis): a sorted copy along the axis."""

    kind: str
    order: Any = None

    def __post_init__(self) -> None:
        _check_kind(self.kind)

    def make_node(self, input: Any, axis: Any = -1) -> Apply:
        a = as_tensor_variable(input)
        return Apply(self, [a, _axis_input("sort", axis)], [a.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, axis = inputs
        output_storage[0][0] = interruptible(sorting_work(a), np.sort, a, int(axis), self.kind, self.order)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [True]]


@frozen_op
class ArgSortOp(Op):
    """Inputs (a, axis): the int64 indices that sort along the axis."""

    kind: str
    order: Any = None

    def __post_init__(self) -> None:
        _check_kind(self.kind)

    def make_node(self, input: Any, axis: Any = -1) -> Apply:
        a = as_tensor_variable(input)
        return Apply(self, [a, _axis_input("argsort", axis)], [TensorType("int64", a.type.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, axis = inputs
        found = interruptible(sorting_work(a), _sorting_indices, a, int(axis), self.kind, self.order)
        output_storage[0][0] = np.asarray(found, dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """A sorted copy along `axis`; None sorts the flattened tensor.

    Parameters
    ----------
    a : TensorVariable
    axis : int, symbolic integer scalar or None
    kind, order : as in ``numpy.sort``
    """
    a = as_tensor_variable(a)
    if axis is None:
        a, axis = flatten(a), 0
    return SortOp(kind, order)(a, axis)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Variable:
    """The int64 indices that sort `a` along `axis`; None sorts the flattened tensor."""
    a = as_tensor_variable(a)
    if axis is None:
        a, axis = flatten(a), 0
    return ArgSortOp(kind, order)(a, axis)


def _partition_indices(x: np.ndarray, position: int, axis: int) -> np.ndarray:
    return np.argpartition(x.copy() if sorting_work(x) >= SHORT else x, position, axis=axis)  # as in _sorting_indices


@frozen_op
class TopKOp(Op):
    """Inputs (x, kth): the k largest (smallest for negative k) values along an axis, unsorted, and their indices."""

    axis: int = -1
    sorted: bool = True
    idx_dtype: str = "int64"
    return_values: bool = True
    return_indices: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.axis, bool) or not isinstance(self.axis, int | np.integer):
            raise TypeError(explain("topk: axis as an int", f"got {self.axis!r}", "give an int"))
        if self.sorted:
            raise NotImplementedError(explain("topk with sorted=True", "results come unsorted", "pass sorted=False"))
        if np.dtype(self.idx_dtype).kind not in "iu":
            raise TypeError(explain("topk: integer idx_dtype", f"got {self.idx_dtype!r}", "use 'int64'"))
        if not self.return_values and not self.return_indices:
            raise ValueError(explain("topk", "neither values nor indices", "ask for one of them"))

    def make_node(self, inp: Any, kth: Any) -> Apply:
        x, kth = as_tensor_variable(inp), as_tensor_variable(kth)
        ndim = x.type.ndim
        if ndim == 0:
            raise ValueError(explain("topk of a 0-d tensor", "there is no axis", "give one dimension or more"))
        if not -ndim <= self.axis < ndim:
            raise IndexError(explain(f"topk along axis {self.axis}", f"{ndim} dimensions", "stay in range"))
        if kth.type.ndim != 0 or not kth.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("topk: k as an integer scalar", f"got {kth.type}", "give an int"))
        pattern = list(x.type.broadcastable)
        pattern[self.axis] = False
        outputs = []
        if self.return_values:
            outputs.append(TensorType(x.type.dtype, pattern)())
        if self.return_indices:
            outputs.append(TensorType(self.idx_dtype, pattern)())
        return Apply(self, [x, kth], outputs)

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, k = inputs[0], int(inputs[1])
        length = x.shape[self.axis]
        if k == 0 or abs(k) > length:
            raise ValueError(explain(f"topk: k = {k}", f"axis {self.axis} has length {length}", "use 1 to the length"))
        part = slice(length - k, None) if k > 0 else slice(None, -k)
        position = length - k if k > 0 else -k - 1
        order = interruptible(sorting_work(x), _partition_indices, x, position, self.axis)
        chosen = np.take(order, range(length)[part], axis=self.axis)
        results = []
        if self.return_values:
            results.append(np.take_along_axis(x, chosen, axis=self.axis))
        if self.return_indices:
            results.append(chosen.astype(self.idx_dtype))
        for storage, result in zip(output_storage, results, strict=True):
            storage[0] = result

    def infer_shape(self, node: Apply, shapes: list) -> list:
        lengths = list(shapes[0])
        lengths[self.axis] = abs(node.inputs[1])
        return [tuple(lengths) for _ in node.outputs]

    def connection_pattern(self, node: Apply) -> list:
        through = [True] if self.return_values else []
        dropped = [False] * self.return_indices
        return [[*through, *dropped], [False] * len(node.outputs)]


def _prepared(x: Any, axis: int | None) -> tuple[Variable, Any]:
    x = as_tensor_variable(x)
    return (flatten(x), 0) if axis is None else (x, axis)


def topk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64") -> Variable:
    """The `kth` largest values along `axis` (smallest for negative `kth`), in no particular order.

    Parameters
    ----------
    x : TensorVariable
    kth : int or symbolic integer scalar, from 1 to the length of the axis in absolute value
    axis : int or None
    sorted : bool
        Must be False: results come unsorted.
    idx_dtype : str
        dtype of the indices in `argtopk`.
    """
    x, axis = _prepared(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_indices=False)(x, kth)


def argtopk(x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64") -> Variable:
    """The indices of `topk`."""
    x, axis = _prepared(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_values=False)(x, kth)


def topk_and_argtopk(
    x: Any, kth: Any, axis: int | None = -1, sorted: bool = True, idx_dtype: str = "int64"
) -> list[Variable]:
    """``[topk, argtopk]`` in one go."""
    x, axis = _prepared(x, axis)
    return TopKOp(axis, sorted, idx_dtype)(x, kth)
