"""Positions: searchsorted, unravel_index, ravel_multi_index."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.compile.interruptible import interruptible
from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.constant_value import get_vector_length
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = [
    "RavelMultiIndex",
    "SearchsortedOp",
    "UnravelIndex",
    "ravel_multi_index",
    "searchsorted",
    "unravel_index",
]


@frozen_op
class SearchsortedOp(Op):
    """Inputs (x, v[, sorter]): int64 positions where v would go into the sorted vector x."""

    side: str = "left"

    def __post_init__(self) -> None:
        if self.side not in ("left", "right"):
            raise ValueError(explain(f"searchsorted with side {self.side!r}", "no such side", "use 'left' or 'right'"))

    def make_node(self, x: Any, v: Any, sorter: Any = None) -> Apply:
        x, v = as_tensor_variable(x), as_tensor_variable(v)
        if x.type.ndim != 1:
            raise TypeError(explain("searchsorted: a sorted vector", f"got {x.type}", "flatten it"))
        inputs = [x, v]
        if sorter is not None:
            sorter = as_tensor_variable(sorter)
            if sorter.type.ndim != 1 or not sorter.type.dtype.startswith("int"):
                raise TypeError(explain("searchsorted: an integer vector as sorter", f"got {sorter.type}", "cast it"))
            inputs.append(sorter)
        return Apply(self, inputs, [TensorType("int64", v.type.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, v = inputs[:2]
        sorter = inputs[2] if len(inputs) > 2 else None
        work = 10.0 * v.size * max(x.size, 1).bit_length()
        found = interruptible(work, np.searchsorted, x, v, self.side, sorter)
        output_storage[0][0] = np.asarray(found, dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[1]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [True], *([False] for _ in node.inputs[2:])]


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Variable:
    """Where `v` would go into the sorted vector `x`.

    Parameters
    ----------
    x : TensorVariable, (n,)
    v : TensorVariable of any shape
    side : {'left', 'right'}
    sorter : integer vector, (n,), optional
        Indices that sort `x`.

    Returns
    -------
    TensorVariable, int64, shape of `v`
    """
    op = SearchsortedOp(side)
    return op(x, v) if sorter is None else op(x, v, sorter)


def _dims_vector(dims: Any) -> Variable:
    dims = as_tensor_variable(dims)
    if dims.type.ndim != 1 or not dims.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("dims as an integer vector", f"got {dims.type}", "give the lengths of the array"))
    return dims


def _check_order(order: str) -> None:
    if order not in ("C", "F"):
        raise ValueError(explain(f"order {order!r}", "no such order", "use 'C' or 'F'"))


@frozen_op
class UnravelIndex(Op):
    """Inputs (indices, dims): `ndim` int64 coordinate tensors of flat positions."""

    ndim: int
    order: str = "C"

    def __post_init__(self) -> None:
        _check_order(self.order)

    def make_node(self, indices: Any, dims: Any) -> Apply:
        indices, dims = as_tensor_variable(indices), _dims_vector(dims)
        if not indices.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("unravel_index: integer positions", f"got {indices.type}", "cast them"))
        return Apply(
            self, [indices, dims], [TensorType("int64", indices.type.broadcastable)() for _ in range(self.ndim)]
        )

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        indices, dims = inputs
        coordinates = np.unravel_index(indices.astype("int64"), tuple(int(n) for n in dims), order=self.order)
        for storage, coordinate in zip(output_storage, coordinates, strict=True):
            # coordinates of NumPy are read-only or share one buffer
            storage[0] = np.array(coordinate, dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]] * self.ndim


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> tuple[Variable, ...]:
    """Coordinates of flat positions in an array of lengths `dims`.

    Parameters
    ----------
    indices : integer tensor
    dims : sequence of ints or integer vector
    order : {'C', 'F'}
    ndim : int, optional
        Number of dimensions; needed when the length of `dims` is not known (ValueError).

    Returns
    -------
    tuple of TensorVariable, int64, shape of `indices`
    """
    dims = _dims_vector(dims)
    if ndim is None:
        try:
            ndim = get_vector_length(dims)
        except ValueError:
            raise ValueError(
                explain(
                    "unravel_index",
                    "the number of dimensions is not known",
                    "pass ndim",
                )
            ) from None
    coordinates = UnravelIndex(ndim, order)(indices, dims, return_list=True)
    return tuple(coordinates)


@frozen_op
class RavelMultiIndex(Op):
    """Inputs (*coordinates, dims): int64 flat positions."""

    mode: str = "raise"
    order: str = "C"

    def __post_init__(self) -> None:
        _check_order(self.order)
        if self.mode not in ("raise", "wrap", "clip"):
            raise ValueError(explain(f"mode {self.mode!r}", "no such mode", "use 'raise', 'wrap' or 'clip'"))

    def make_node(self, *inputs: Any) -> Apply:
        coordinates, dims = [as_tensor_variable(i) for i in inputs[:-1]], _dims_vector(inputs[-1])
        for coordinate in coordinates:
            if not coordinate.type.dtype.startswith(("int", "uint")):
                raise TypeError(explain("ravel_multi_index: integer coordinates", f"got {coordinate.type}", "cast"))
        ranks = {coordinate.type.ndim for coordinate in coordinates}
        if len(ranks) != 1:
            raise TypeError(explain("ravel_multi_index: coordinates of one rank", f"got ranks {ranks}", "align them"))
        pattern = [all(flags) for flags in zip(*(c.type.broadcastable for c in coordinates), strict=True)]
        return Apply(self, [*coordinates, dims], [TensorType("int64", pattern)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        *coordinates, dims = inputs
        flat = np.ravel_multi_index(
            tuple(c.astype("int64") for c in coordinates), tuple(int(n) for n in dims), mode=self.mode, order=self.order
        )
        output_storage[0][0] = np.asarray(flat, dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Variable:
    """Flat positions of coordinates in an array of lengths `dims`; the inverse of `unravel_index`.

    Parameters
    ----------
    multi_index : tuple or list of integer tensors
    dims : sequence of ints or integer vector
    mode : {'raise', 'wrap', 'clip'}
    order : {'C', 'F'}
    """
    if not isinstance(multi_index, tuple | list):
        raise TypeError(explain("ravel_multi_index: a tuple of coordinates", f"got {multi_index!r}", "wrap it"))
    return RavelMultiIndex(mode, order)(*multi_index, dims)
