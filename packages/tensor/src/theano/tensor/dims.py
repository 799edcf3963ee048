"""Functions that reorder and insert dimensions."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.dimshuffle import dimshuffle_op

__all__ = ["shape_padaxis", "shape_padleft", "shape_padright", "swapaxes", "transpose"]


def transpose(x: Any, axes: Any = None) -> Any:
    """View with the axes reversed, or in the order `axes`.

    A full reversal of a named variable is named ``<name>.T``.

    Examples
    --------
    >>> import theano.tensor as T
    >>> transpose(T.dcol("c")).type, transpose(T.dcol("c")).name
    (TensorType(float64, row), 'c.T')
    """
    x = as_tensor_variable(x)
    reverse = tuple(range(x.type.ndim - 1, -1, -1))
    order = reverse if axes is None else tuple(_from_zero(a, x.type.ndim) for a in axes)
    if axes is not None and len(order) != x.type.ndim:
        raise ValueError(
            explain(
                f"transpose with axes {tuple(axes)}",
                f"the tensor has {x.type.ndim} dimensions",
                "name each axis once",
            )
        )
    result = dimshuffle_op(x.type.broadcastable, order)(x)
    if x.name and order == reverse:
        result.name = x.name + ".T"
    return result


def _from_zero(axis: Any, ndim: int) -> Any:
    return axis + ndim if not isinstance(axis, str) and axis < 0 else axis


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """View with two axes exchanged."""
    y = as_tensor_variable(y)
    ndim = y.type.ndim
    order = list(range(ndim))
    for axis in (axis1, axis2):
        if not -ndim <= axis < ndim:
            raise ValueError(explain("swapaxes", f"axis {axis} of a tensor of rank {ndim}", "name existing axes"))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return dimshuffle_op(y.type.broadcastable, tuple(order))(y)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """View with `n_ones` broadcastable dims added on the left."""
    t = as_tensor_variable(t)
    return dimshuffle_op(t.type.broadcastable, ("x",) * n_ones + tuple(range(t.type.ndim)))(t)


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """View with `n_ones` broadcastable dims added on the right."""
    t = as_tensor_variable(t)
    return dimshuffle_op(t.type.broadcastable, tuple(range(t.type.ndim)) + ("x",) * n_ones)(t)


def shape_padaxis(t: Any, axis: int) -> Any:
    """View with one broadcastable dim inserted so that it becomes number `axis`.

    Raises
    ------
    IndexError
        `axis` is not a dim of the result.

    Examples
    --------
    >>> import theano.tensor as T
    >>> shape_padaxis(T.dmatrix(), -1).broadcastable
    (False, False, True)
    """
    t = as_tensor_variable(t)
    ndim = t.type.ndim + 1
    if not -ndim <= axis < ndim:
        raise IndexError(
            explain(
                "shape_padaxis",
                f"axis {axis} is out of bounds [-{ndim}, {ndim}) of the result",
                "name a dim of the result",
            )
        )
    order: list[Any] = list(range(t.type.ndim))
    order.insert(axis % ndim, "x")
    return dimshuffle_op(t.type.broadcastable, tuple(order))(t)
