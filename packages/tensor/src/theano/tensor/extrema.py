"""Largest and smallest elements and their positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import theano.tensor as tensor_namespace  # looked up at call time: these functions are built of others
from theano.errors import explain
from theano.graph import Apply, Op
from theano.tensor.axes import axis_tuple, makeKeepDims, normalized_axes
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = [
    "Argmax", "MaxAndArgmax", "argmax", "argmin", "largest", "max", "max_and_argmax", "min", "ptp", "smallest",
]  # fmt: skip


class _Extremum(Op):
    """Base: positions in C order inside the reduced axes, which are taken in increasing order."""

    __props__ = ("axis",)

    def __init__(self, axis: Any) -> None:
        self.axis = axis_tuple(axis)

    def __str__(self) -> str:
        if self.axis is None:
            return type(self).__name__
        return f"{type(self).__name__}{{axis={self.axis}}}"

    def _node(self, x: Any, dtypes: Sequence[str]) -> Apply:
        axes = normalized_axes(self.axis, x.type.ndim, x)
        if axes is None:
            axes = tuple(range(x.type.ndim))
        op = self if axes == self.axis else type(self)(axes)
        pattern = tuple(b for i, b in enumerate(x.type.broadcastable) if i not in axes)
        return Apply(op, [x], [tensor_type(d, pattern).make_variable() for d in dtypes])

    def _rows(self, x: np.ndarray) -> np.ndarray:
        """`x` with the reduced axes merged into a last one, which must not be empty."""
        axes = tuple(range(x.ndim)) if self.axis is None else self.axis
        kept = [i for i in range(x.ndim) if i not in axes]
        length = int(np.prod([x.shape[i] for i in axes], dtype="int64"))
        if length == 0:
            raise ValueError(
                explain(
                    f"evaluate {self}",
                    f"attempt to get argmax of an empty sequence: shape {x.shape}, axes {axes}",
                    "give at least one element",
                )
            )
        return x.transpose([*kept, *axes]).reshape((*(x.shape[i] for i in kept), length))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[tuple]:
        axes = range(node.inputs[0].type.ndim) if self.axis is None else self.axis
        kept = tuple([n for i, n in enumerate(shapes[0]) if i not in axes])
        return [kept for _ in node.outputs]


class MaxAndArgmax(_Extremum):
    """Maximum and int64 position of the first maximum.

    Parameters
    ----------
    axis : sequence of int or None
        Axes to reduce; None for all.
    """

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return self._node(x, (x.type.dtype, "int64"))

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        rows = self._rows(np.asarray(inputs[0]))
        output_storage[0][0] = np.asarray(np.max(rows, axis=-1))
        output_storage[1][0] = np.asarray(np.argmax(rows, axis=-1), dtype="int64")


class Argmax(_Extremum):
    """int64 position of the first maximum."""

    def make_node(self, x: Any, axis: Any = None) -> Apply:
        if axis is not None:
            return Argmax(axis).make_node(x)
        return self._node(as_tensor_variable(x), ("int64",))

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = np.asarray(np.argmax(self._rows(np.asarray(inputs[0])), axis=-1), dtype="int64")


def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Any]:
    """Maximum over axes and the position of the first maximum.

    Parameters
    ----------
    a : tensor
    axis : int, sequence of int or None
        None for all axes.
    keepdims : bool
        Keep the reduced axes as broadcastable dims.

    Returns
    -------
    [maximum, argmax]
        The maximum has the dtype of `a`, NaN wins. The position is int64, counted in C order inside the reduced axes.

    Raises
    ------
    ValueError
        An axis out of range; at run time, an empty reduction.
    TypeError
        A symbolic axis.
    """
    a = as_tensor_variable(a)
    results = list(MaxAndArgmax(axis)(a))
    if keepdims:
        results = [makeKeepDims(a, r, axis) for r in results]
    return results


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Maximum over axes; dtype kept, NaN wins."""
    return max_and_argmax(x, axis, keepdims)[0]


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """int64 position of the first maximum; axes as in `max_and_argmax`."""
    return max_and_argmax(x, axis, keepdims)[1]


def _reversed_order(x: Any) -> Any:
    """`x` under a map that turns the order round and loses nothing; it is its own inverse.

    Integers use the bitwise complement, since the negation of the smallest one overflows.
    """
    if x.type.dtype.startswith("complex"):
        raise NotImplementedError(explain("minimum of a complex tensor", "complex numbers have no order", "use abs"))
    if x.type.dtype.startswith("float"):
        return tensor_namespace.neg(x)
    return tensor_namespace.invert(x)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Minimum over axes; dtype kept, NaN wins. Complex input is a NotImplementedError."""
    return _reversed_order(max(_reversed_order(as_tensor_variable(x)), axis, keepdims))


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """int64 position of the first minimum. Complex input is a NotImplementedError."""
    return argmax(_reversed_order(as_tensor_variable(x)), axis, keepdims)


def smallest(*args: Any) -> Any:
    """Elementwise minimum of two or more tensors."""
    if len(args) == 2:
        a, b = args
        return tensor_namespace.switch(tensor_namespace.lt(a, b), a, b)
    return min(tensor_namespace.stack(list(args)), axis=0)


def largest(*args: Any) -> Any:
    """Elementwise maximum of two or more tensors."""
    if len(args) == 2:
        a, b = args
        return tensor_namespace.switch(tensor_namespace.gt(a, b), a, b)
    return max(tensor_namespace.stack(list(args)), axis=0)


def ptp(a: Any, axis: Any = None) -> Any:
    """Maximum minus minimum over axes.

    Examples
    --------
    >>> import theano.tensor as T
    >>> ptp(T.fmatrix(), axis=0).type
    TensorType(float32, vector)
    """
    a = as_tensor_variable(a)
    return max(a, axis) - min(a, axis)
