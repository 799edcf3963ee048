"""Which axes a reduction covers."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Constant, Variable, variable_text
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.dimshuffle import dimshuffle_op

__all__ = ["axis_tuple", "check_and_normalize_axes", "makeKeepDims", "normalized_axes"]


def axis_tuple(axis: Any) -> tuple[int, ...] | None:
    """An axis argument as a tuple of ints; None stays (all axes).

    Raises
    ------
    TypeError
        A symbolic axis, or something that is no int.
    """
    if axis is None or (isinstance(axis, tuple) and all(type(a) is int for a in axis)):
        return axis
    if isinstance(axis, Constant):
        axis = axis.data
    if axis is None:
        return None
    if isinstance(axis, Variable):
        raise TypeError(explain("reduce over an axis", f"the symbolic axis {axis}", "give an int known now"))
    if isinstance(axis, np.ndarray):
        axis = axis.tolist()
    items = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    return tuple(_axis_number(a) for a in items)


def _axis_number(a: Any) -> int:
    if isinstance(a, Constant):
        a = a.data
    if isinstance(a, np.ndarray) and a.ndim == 0:
        a = a[()]
    if isinstance(a, (bool, np.bool_)) or not isinstance(a, (int, np.integer)):
        raise TypeError(explain("reduce over an axis", f"axis {a!r}", "give ints"))
    return int(a)


def normalized_axes(axis: Any, ndim: int, of: Variable | None = None) -> tuple[int, ...] | None:
    """Sorted distinct axes counted from 0; None stays. Errors name the variable `of`.

    Raises
    ------
    ValueError
        An axis that the tensor lacks, or one named twice.
    """
    axes = axis_tuple(axis)
    if axes is None:
        return None
    for a in axes:
        if not -ndim <= a < ndim:
            raise ValueError(
                explain(
                    f"reduce {_named(of)}over axis {a}",
                    f"axis out of range of {ndim} dimensions",
                    "name an existing axis",
                )
            )
    result = tuple(sorted({a % ndim for a in axes}))
    if len(result) != len(axes):
        asked = f"reduce {_named(of)}over axes {axes}"
        raise ValueError(explain(asked, "an axis is named twice", "name each axis once"))
    return result


def _named(variable: Variable | None) -> str:
    return "" if variable is None else f"{variable_text(variable)} "


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """Sorted list of distinct axes of `x`; the empty list means all.

    Examples
    --------
    >>> import theano.tensor as T
    >>> check_and_normalize_axes(T.tensor3(), (-1, 0))
    [0, 2]
    """
    axes = normalized_axes(axis, as_tensor_variable(x).type.ndim)
    return [] if axes is None else list(axes)


def makeKeepDims(x: Any, y: Any, axis: Any) -> Any:
    """`y`, a reduction of `x` over `axis`, with the reduced axes as broadcastable dims.

    Raises
    ------
    ValueError
        A symbolic axis.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    try:
        axes = normalized_axes(axis, x.type.ndim, x)
    except TypeError as error:
        raise ValueError(explain("keepdims", f"axis {axis!r}", "give ints known now")) from error
    reduced = set(range(x.type.ndim)) if axes is None else set(axes)
    kept = iter(range(x.type.ndim))
    order = tuple("x" if i in reduced else next(kept) for i in range(x.type.ndim))
    return dimshuffle_op(y.type.broadcastable, order)(y)
