"""Products over a contracted dimension: dot, tensordot, batched_dot, outer."""

from __future__ import annotations

from typing import Any

import numpy as np

import theano.tensor as T  # looked up at call time: its functions are made of these
from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.asserts import Assert
from theano.tensor.blas import batched_dot as _batched_dot_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.reshape import Reshape, flatten, product
from theano.tensor.shape import shape_tuple
from theano.tensor.type import tensor_type

__all__ = ["Dot", "batched_dot", "batched_tensordot", "dot", "matmul", "outer", "tensordot"]


@frozen_op
class Dot(Op):
    """Product of vectors and matrices; dtype the upcast of the two."""

    def __str__(self) -> str:
        return "dot"

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != 2:
            raise TypeError(explain("dot: two operands", f"got {len(inputs)}", "nest calls for longer products"))
        x, y = (as_tensor_variable(operand) for operand in inputs)
        for i, operand in enumerate((x, y)):
            if operand.type.ndim not in (1, 2):
                raise TypeError(
                    explain(
                        f"dot: operand {i} as vector or matrix",
                        f"got {operand.type}",
                        "use theano.tensor.dot, which takes every rank",
                    )
                )
        pattern = (*x.type.broadcastable[:-1], *y.type.broadcastable[1:])
        if y.type.ndim == 1:
            pattern = x.type.broadcastable[:-1]
        return Apply(self, [x, y], [tensor_type(upcast(x.type.dtype, y.type.dtype), tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y = inputs
        if x.shape[-1] != y.shape[0]:
            raise ValueError(
                explain(
                    f"dot of shapes {x.shape} and {y.shape}",
                    f"the contracted lengths {x.shape[-1]} and {y.shape[0]} differ",
                    "the last length of the first operand must be the first length of the second",
                )
            )
        dtype = node.outputs[0].type.dtype
        output_storage[0][0] = np.asarray(np.dot(x.astype(dtype, copy=False), y.astype(dtype, copy=False)), dtype=dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, y = shapes
        return [(*x[:-1], *y[1:])]


_dot = Dot()


def dot(a: Any, b: Any) -> Variable:
    """Product of `a` and `b`.

    Vectors and matrices give the usual products, a 0-d operand scales the other, and above two dimensions the last
    axis of `a` is contracted with the second-to-last of `b`.

    Returns
    -------
    TensorVariable, dtype the upcast; lengths that differ are a ValueError at run time.

    Examples
    --------
    >>> import theano.tensor as T
    >>> dot(T.constant([[1, 2]]), T.constant([3, 4])).eval().tolist()
    [11]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        return a * b
    if a.type.ndim > 2 or b.type.ndim > 2:
        return tensordot(a, b, [[a.type.ndim - 1], [max(0, b.type.ndim - 2)]])
    return _dot(a, b)


def _axis_lists(what: str, axes: Any, ndims: tuple[int, int], first: int) -> tuple[list[int], list[int]]:
    """The contracted axes of both operands, checked; axes below `first` are taken (the batch axis)."""
    if isinstance(axes, int | np.integer) and not isinstance(axes, bool):
        count = int(axes)
        if count < 0 or any(count > ndim - first for ndim in ndims):
            raise ValueError(
                explain(
                    f"{what}: contract {count} axes",
                    f"the operands have {ndims[0]} and {ndims[1]} dimensions",
                    "contract at most as many axes as each operand has",
                )
            )
        return list(range(ndims[0] - count, ndims[0])), list(range(first, first + count))
    if not isinstance(axes, list | tuple | np.ndarray) or len(axes) != 2:
        raise ValueError(explain(f"{what}: axes", f"got {axes!r}", "give an int or a pair of axis lists"))
    lists = [[int(i) for i in np.atleast_1d(np.asarray(part, dtype="int64"))] for part in axes]
    if len(lists[0]) != len(lists[1]):
        raise ValueError(explain(f"{what}: axes {axes!r}", "the lists differ in length", "pair the contracted axes"))
    for i, (part, ndim) in enumerate(zip(lists, ndims, strict=True)):
        if any(not -ndim <= axis < ndim for axis in part):
            raise ValueError(explain(f"{what}: axes {part} of operand {i}", f"{ndim} dimensions", "stay in range"))
        part[:] = [axis % ndim for axis in part]
        if len(set(part)) != len(part) or any(axis < first for axis in part):
            raise ValueError(
                explain(
                    f"{what}: axes {part} of operand {i}",
                    "an axis twice" if first == 0 else "an axis twice, or the batch axis 0",
                    "name each contracted axis once",
                )
            )
    return lists[0], lists[1]


def _contract(a: Variable, b: Variable, a_axes: list[int], b_axes: list[int], batched: bool) -> Variable:
    """Move the contracted axes together, multiply as matrices (one per batch item), restore the free axes."""
    lead = [0] if batched else []
    a_free = [i for i in range(len(lead), a.type.ndim) if i not in a_axes]
    b_free = [i for i in range(len(lead), b.type.ndim) if i not in b_axes]
    a_shape, b_shape = shape_tuple(a), shape_tuple(b)
    batch = [a_shape[0]] if batched else []
    left = a.dimshuffle(*lead, *a_free, *a_axes)
    right = b.dimshuffle(*lead, *b_axes, *b_free)
    plain = len(a_axes) == 1  # the axes that are contracted need no joining, and the product compares their lengths
    left_shape = [*batch, product(a_shape[i] for i in a_free), product(a_shape[i] for i in a_axes)]
    left = _as_shape(left, left_shape, exact=plain and len(a_free) == 1)
    right_batch = [b_shape[0]] if batched else []
    right_shape = [*right_batch, product(b_shape[i] for i in b_axes), product(b_shape[i] for i in b_free)]
    right = _as_shape(right, right_shape, exact=plain and len(b_free) == 1)
    if len(a_axes) > 1:  # 2 by 3 and 3 by 2 have as many elements
        left = _same_lengths(left, [(a_shape[i], b_shape[j]) for i, j in zip(a_axes, b_axes, strict=True)])
    contracted = _batched_dot_op(left, right) if batched else _dot(left, right)
    shape = [*batch, *[a_shape[i] for i in a_free], *[b_shape[i] for i in b_free]]
    return _as_shape(contracted, shape, exact=len(a_free) == len(b_free) == 1)


def _same_lengths(x: Variable, pairs: list) -> Variable:
    text = explain(
        "contract several axes with tensordot",
        "the lengths of a pair of axes differ",
        "name the axes of both operands in the same order",
    )
    return Assert(text)(x, *[T.eq(a, b) for a, b in pairs])


def _as_shape(x: Variable, shape: list, exact: bool) -> Variable:
    return x if exact else Reshape(len(shape))(x, shape)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Variable:
    """Contract axes of `a` with axes of `b`.

    Parameters
    ----------
    a, b : TensorVariable
    axes : int or pair of axis lists
        An int n means the last n axes of `a` with the first n of `b`. Wrong counts are a ValueError.

    Returns
    -------
    TensorVariable: the free axes of `a`, then those of `b`
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    a_axes, b_axes = _axis_lists("tensordot", axes, (a.type.ndim, b.type.ndim), 0)
    return _contract(a, b, a_axes, b_axes, batched=False)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Variable:
    """`tensordot` for each item of axis 0; `axes` never names axis 0 (ValueError)."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if x.type.ndim == 0 or y.type.ndim == 0:
        raise ValueError(explain("batched_tensordot", "a 0-d operand", "both operands need a batch axis"))
    x_axes, y_axes = _axis_lists("batched_tensordot", axes, (x.type.ndim, y.type.ndim), 1)
    return _contract(x, y, x_axes, y_axes, batched=True)


def batched_dot(a: Any, b: Any) -> Variable:
    """Product per item of axis 0: (b, i, j) with (b, j, k) gives (b, i, k).

    One operand may have two dimensions; one dimension scales the items of the other; higher ranks contract the last
    axis of `a` with the second-to-last of `b`.

    Returns
    -------
    TensorVariable, dtype the upcast
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise TypeError(explain("batched_dot", f"operands of type {a.type} and {b.type}", "both need a batch axis"))
    if a.type.ndim == 1:
        return a.dimshuffle(0, *(["x"] * (b.type.ndim - 1))) * b
    if b.type.ndim == 1:
        return a * b.dimshuffle(0, *(["x"] * (a.type.ndim - 1)))
    if a.type.ndim > 3 or b.type.ndim > 3:
        return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])
    return _batched_dot_op(a, b)


def matmul(a: Any, b: Any) -> Variable:
    """The operator ``@``: `dot` up to two dimensions, and the product of each pair of matrices of two stacks.

    Parameters
    ----------
    a, b : TensorVariable
        Of at most three dimensions; the first of three is that of the stack, and is stretched where it is
        broadcastable, or where the other operand is no stack.

    Examples
    --------
    >>> import theano.tensor as T
    >>> (T.ones((5, 2, 3)) @ T.ones((5, 3, 4))).shape.eval().tolist()
    [5, 2, 4]
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if max(a.type.ndim, b.type.ndim) > 3:
        raise TypeError(
            explain(
                f"matrix product of {a.type} and {b.type}",
                "more than three dimensions",
                "use tensordot, or reshape to stacks of matrices",
            )
        )
    if b.type.ndim < 3 or a.type.ndim < 2:
        return dot(a, b)
    if a.type.ndim == 2:
        return dot(a, b).dimshuffle(1, 0, 2)
    if a.type.broadcastable[0]:
        return matmul(a[0], b)
    return matmul(a, b[0]) if b.type.broadcastable[0] else batched_dot(a, b)


def outer(x: Any, y: Any) -> Variable:
    """Outer product of the flattened `x` and `y`, a matrix."""
    x, y = flatten(as_tensor_variable(x)), flatten(as_tensor_variable(y))
    return dot(x.dimshuffle(0, "x"), y.dimshuffle("x", 0))
