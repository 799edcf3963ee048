"""Putting tensors together: Join, concatenate, stack."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Constant, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.axis_inputs import check_axis, constant_axis, integer_axis, switch_axis
from theano.tensor.constant_value import get_vector_length
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.make_vector import scalars_to_vector
from theano.tensor.type import tensor_type

__all__ = [
    "Join",
    "concatenate",
    "horizontal_stack",
    "join",
    "join_",
    "stack",
    "stacklists",
    "vertical_stack",
]


@frozen_op
class Join(Op):
    """Concatenation along an axis given as first input."""

    view: int = -1

    def __str__(self) -> str:
        return "Join" if self.view == -1 else f"Join{{view={self.view}}}"

    def make_node(self, axis: Any, *tensors: Any) -> Apply:
        if not tensors:
            raise ValueError(explain("join", "no tensors", "give at least one"))
        parts = [as_tensor_variable(t) for t in tensors]
        axis = integer_axis("join", axis)
        ndim = parts[0].type.ndim
        for i, part in enumerate(parts):
            if part.type.ndim == 0:
                raise TypeError(explain(f"join: input {i}", "a 0-d tensor", "use stack to build a vector of scalars"))
            if part.type.ndim != ndim:
                raise TypeError(
                    explain(
                        f"join: input {i} has {part.type.ndim} dimensions",
                        f"input 0 has {ndim}",
                        "add an axis with x.dimshuffle(0, 1, 'x') or drop it",
                    )
                )
        dtype = _upcast(parts)
        return Apply(self, [axis, *parts], [tensor_type(dtype, tuple(self._pattern(axis, parts, ndim)))()])

    @staticmethod
    def _pattern(axis: Variable, parts: list[Variable], ndim: int) -> list[bool]:
        known = constant_axis(axis)
        if known is None:
            return [False] * ndim
        joined = check_axis("join", known, ndim)
        if len(parts) == 1:
            return list(parts[0].type.broadcastable)
        return [i != joined and any(part.type.broadcastable[i] for part in parts) for i in range(ndim)]

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        axis, *parts = inputs
        axis = check_axis("join", int(axis), parts[0].ndim)
        first = parts[0].shape
        for i, part in enumerate(parts):
            if part.shape[:axis] + part.shape[axis + 1 :] != first[:axis] + first[axis + 1 :]:
                raise ValueError(
                    explain(
                        f"join along axis {axis}: input {i} of shape {part.shape}",
                        f"input 0 has shape {first}",
                        "all lengths but that of the joined axis must agree",
                    )
                )
        output_storage[0][0] = np.concatenate(parts, axis=axis).astype(node.outputs[0].type.dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        axis, parts = node.inputs[0], shapes[1:]
        ndim = len(parts[0])
        known = constant_axis(axis)
        total = [_sum([part[i] for part in parts]) for i in range(ndim)]
        if known is not None:
            joined = known % ndim
            flags = node.outputs[0].type.broadcastable
            return [tuple(total[i] if i == joined else 1 if flags[i] else _known_length(parts, i) for i in range(ndim))]
        return [tuple(switch_axis(axis, i, ndim, total[i], parts[0][i]) for i in range(ndim))]

    def connection_pattern(self, node: Apply) -> list:
        return [[False], *([True] for _ in node.inputs[1:])]


def _known_length(parts: list, i: int) -> Any:
    """Length `i` of the parts, a constant one where there is one: the others must equal it."""
    for part in parts:
        if isinstance(part[i], int | Constant):
            return part[i]
    return parts[0][i]


def _sum(lengths: list) -> Any:
    total = lengths[0]
    for length in lengths[1:]:
        total = total + length
    return total


def _upcast(parts: list[Variable]) -> str:
    return upcast(*[part.type.dtype for part in parts])


join_ = Join()


def join(axis: Any, *tensors_list: Any) -> Variable:
    """Concatenate tensors of equal rank along `axis` (int or symbolic integer scalar).

    Returns
    -------
    TensorVariable, dtype the upcast of the inputs. One tensor is returned unchanged. With a constant axis a dimension
    is broadcastable when any input says so (never the joined one); with a symbolic axis none is.

    Examples
    --------
    >>> import theano.tensor as T
    >>> T.join(1, T.dmatrix(), T.fcol()).type.dtype
    'float64'
    """
    if len(tensors_list) == 1:
        return as_tensor_variable(tensors_list[0])
    return join_(axis, *tensors_list)


def concatenate(tensor_list: Any, axis: Any = 0) -> Variable:
    """`join` with the list first; anything but a list or tuple is a TypeError."""
    if not isinstance(tensor_list, list | tuple):
        raise TypeError(
            explain(
                "concatenate: a list or tuple of tensors",
                f"got {type(tensor_list).__name__} {tensor_list!r}",
                "wrap the tensors in a list",
            )
        )
    return join(axis, *tensor_list)


def stack(*tensors: Any, **kwargs: Any) -> Variable:
    """Join tensors of equal rank along a new axis: ``stack(tensors, axis=0)``.

    Parameters
    ----------
    tensors : list or tuple of tensors
    axis : int
        Position of the new axis, negative counts from the end of the result.

    Returns
    -------
    TensorVariable with one more dimension, dtype the upcast. Scalars give a vector.
    """
    if not tensors and "tensors" not in kwargs:
        raise ValueError(explain("stack", "no tensors", "call stack([a, b, ...], axis=0)"))
    if tensors and not isinstance(tensors[0], list | tuple | np.ndarray) and not _is_vector(tensors):
        warnings.warn(
            "stack(a, b, ...) is deprecated; use stack([a, b, ...], axis=0)", DeprecationWarning, stacklevel=2
        )
        axis, parts = kwargs.pop("axis", 0), list(tensors)
    else:
        given = kwargs.pop("tensors") if "tensors" in kwargs else tensors[0]
        axis = tensors[1] if len(tensors) > 1 else kwargs.pop("axis", 0)
        parts = [given[i] for i in range(get_vector_length(given))] if isinstance(given, Variable) else list(given)
    if kwargs:
        raise TypeError(explain("stack", f"unknown arguments {sorted(kwargs)}", "use tensors and axis"))
    if not parts:
        raise ValueError(explain("stack", "an empty list", "give at least one tensor"))
    return _stack([as_tensor_variable(part) for part in parts], axis)


def _is_vector(tensors: tuple) -> bool:
    """Whether stack was called as stack(vector of known length, axis)."""
    first = tensors[0]
    return (
        len(tensors) <= 2
        and isinstance(first, Variable)
        and first.type.ndim >= 1
        and all(isinstance(t, int) for t in tensors[1:])
    )


def _stack(parts: list[Variable], axis: int) -> Variable:
    ndim = parts[0].type.ndim
    if not -(ndim + 1) <= axis <= ndim:
        raise IndexError(
            explain(
                f"stack along axis {axis}",
                f"the result has {ndim + 1} dimensions",
                f"use {-ndim - 1} to {ndim}",
            )
        )
    axis %= ndim + 1
    if all(part.type.ndim == 0 for part in parts):
        return scalars_to_vector(parts)
    order: list[Any] = list(range(ndim))
    order.insert(axis, "x")
    for i, part in enumerate(parts):
        if part.type.ndim != ndim:
            raise TypeError(
                explain(
                    f"stack: input {i} has {part.type.ndim} dimensions",
                    f"input 0 has {ndim}",
                    "use tensors of equal rank",
                )
            )
    return join(axis, *[part.dimshuffle(*order) for part in parts])


def stacklists(arg: Any) -> Variable:
    """Nested lists of variables and numbers as one tensor, one dimension per level of nesting."""
    if isinstance(arg, list | tuple):
        return stack([stacklists(part) for part in arg])
    return as_tensor_variable(arg)


def _matrices(what: str, args: tuple) -> list[Variable]:
    parts = [as_tensor_variable(arg) for arg in args]
    if len(parts) < 2 or any(part.type.ndim != 2 for part in parts):
        raise AssertionError(
            explain(
                f"{what}: two matrices or more",
                f"got {[str(part.type) for part in parts]}",
                "use concatenate for other ranks",
            )
        )
    return parts


def horizontal_stack(*args: Any) -> Variable:
    """Matrices side by side (axis 1)."""
    return concatenate(_matrices("horizontal_stack", args), axis=1)


def vertical_stack(*args: Any) -> Variable:
    """Matrices one above the other (axis 0)."""
    return concatenate(_matrices("vertical_stack", args), axis=0)
