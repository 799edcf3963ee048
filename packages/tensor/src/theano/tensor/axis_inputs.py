"""Axes given as inputs of a node: int constants where known, symbolic scalars otherwise."""

from __future__ import annotations

from typing import Any

from theano.errors import NotScalarConstantError, explain
from theano.graph import Variable
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.conversion import as_tensor_variable

__all__ = ["check_axis", "constant_axis", "integer_axis", "switch_axis"]


def constant_axis(axis: Any) -> int | None:
    try:
        return int(get_scalar_constant_value(axis))
    except NotScalarConstantError:
        return None


def integer_axis(what: str, axis: Any) -> Variable:
    axis = as_tensor_variable(axis)
    if axis.type.ndim != 0 or not axis.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain(f"{what}: the axis as an integer scalar", f"got {axis.type}", "give an int"))
    return axis


def check_axis(what: str, axis: int, ndim: int) -> int:
    """`axis` counted from 0; too negative is an IndexError, too large a ValueError."""
    if axis < -ndim:
        raise IndexError(explain(f"{what} along axis {axis}", f"{ndim} dimensions", f"use {-ndim} to {ndim - 1}"))
    if axis >= ndim:
        raise ValueError(explain(f"{what} along axis {axis}", f"{ndim} dimensions", f"use {-ndim} to {ndim - 1}"))
    return axis % ndim


def switch_axis(axis: Variable, i: int, ndim: int, on_axis: Any, elsewhere: Any) -> Variable:
    """`on_axis` where the symbolic `axis` is dimension `i`, counted from either end."""
    # lazy: math stands on this module
    from theano.tensor import math as tm

    return tm.switch(tm.or_(tm.eq(axis, i), tm.eq(axis, i - ndim)), on_axis, elsewhere)
