"""Arithmetic of slices with int or symbolic bounds: canonical form and length."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError
from theano.graph import Constant, Variable
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.make_vector import as_tensor_from_scalar
from theano.tensor.type_other import NoneTypeT

__all__ = ["get_canonical_form_slice", "known_int", "slice_length"]


def known_int(value: Any) -> Any:
    """`value` as an int when it is provably constant, None for None, else a 0-d tensor variable."""
    if value is None or isinstance(value, int | np.integer):
        return value if value is None else int(value)
    if isinstance(value, Variable) and isinstance(value.type, NoneTypeT):
        return None
    if isinstance(value, Constant):
        return int(value.data)
    variable = as_tensor_variable(as_tensor_from_scalar(value))
    try:
        return int(get_scalar_constant_value(variable))
    except NotScalarConstantError:
        return variable


def _switch(condition: Any, then: Any, otherwise: Any) -> Any:
    if isinstance(condition, bool):
        return then if condition else otherwise
    # lazy: math stands on indexing
    from theano.tensor.math import switch

    return switch(condition, then, otherwise)


def _minimum(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    if a is b:
        return a
    # lazy: math stands on indexing
    from theano.tensor.math import minimum

    return minimum(a, b)


def _maximum(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    # lazy: math stands on indexing
    from theano.tensor.math import maximum

    return maximum(a, b)


def _clipped(bound: Any, length: Any, low: int, high: Any) -> Any:
    """`bound` counted from the start and kept within [low, high], as Python does for slices."""
    if isinstance(bound, int):
        counted = bound if bound >= 0 else length + bound
        if bound < 0:
            return _maximum(counted, low)
        return bound if bound == 0 and not isinstance(high, int) and low == 0 else _minimum(counted, high)
    return _minimum(_maximum(_switch(bound < 0, bound + length, bound), low), high)


def _forward(start: Any, stop: Any, length: Any) -> tuple[Any, Any]:
    first = 0 if start is None else _clipped(start, length, 0, length)
    return first, length if stop is None else _clipped(stop, length, 0, length)


def _backward(start: Any, stop: Any, length: Any) -> tuple[Any, Any]:
    last = length - 1
    return (
        last if start is None else _clipped(start, length, -1, last),
        -1 if stop is None else _clipped(stop, length, -1, last),
    )


def _count(span: Any, step: Any) -> Any:
    """Number of steps of positive size `step` in `span`, at least 0."""
    if isinstance(step, int) and step == 1:
        return span if _nonnegative_span(span) else _maximum(span, 0)
    return _maximum((span + (step - 1)) // step, 0)


def _nonnegative_span(span: Any) -> bool:
    return isinstance(span, int) and span >= 0


def slice_length(theslice: slice, length: Any) -> Any:
    """How many elements `theslice` takes of an axis of `length`; an int where everything is known.

    Parameters
    ----------
    theslice : slice of ints, None and 0-d integer variables
    length : int or 0-d integer variable

    Examples
    --------
    >>> slice_length(slice(1, None, 2), 6), slice_length(slice(None, None, -1), 3)
    (3, 3)
    """
    start, stop, step = (known_int(bound) for bound in (theslice.start, theslice.stop, theslice.step))
    length = known_int(length)
    step = 1 if step is None else step
    if isinstance(length, int) and all(bound is None or isinstance(bound, int) for bound in (start, stop, step)):
        return len(range(*slice(start, stop, step).indices(length)))
    if start in (None, 0) and stop is None and isinstance(step, int) and step == 1:
        return length
    if isinstance(step, int):
        first, end = _forward(start, stop, length) if step > 0 else _backward(start, stop, length)
        return _count(end - first if step > 0 else first - end, abs(step))
    first, end = _forward(start, stop, length)
    top, bottom = _backward(start, stop, length)
    return _switch(step > 0, _count(end - first, step), _count(top - bottom, -step))


def get_canonical_form_slice(theslice: Any, length: Any) -> tuple[Any, Any]:
    """A slice that takes the same elements in increasing order, and the direction to read them in.

    Parameters
    ----------
    theslice : slice or integer index
    length : int or 0-d integer variable

    Returns
    -------
    slice or index
        Non-negative bounds and a positive step.
    int or variable
        1, or -1 when the result must be reversed.

    Examples
    --------
    >>> get_canonical_form_slice(slice(None, None, -2), 6)
    (slice(1, 6, 2), -1)
    >>> get_canonical_form_slice(-1, 6)
    (5, 1)
    """
    length = known_int(length)
    if not isinstance(theslice, slice):
        index = known_int(theslice)
        if isinstance(index, int):
            return (index if index >= 0 else index + length), 1
        return _switch(index < 0, index + length, index), 1
    start, stop, step = (known_int(bound) for bound in (theslice.start, theslice.stop, theslice.step))
    step = 1 if step is None else step
    count = slice_length(slice(start, stop, step), length)
    if isinstance(step, int) and step > 0:
        first, end = _forward(start, stop, length)
        return slice(first, end, step), 1
    top, _ = _backward(start, stop, length)
    reverse = slice(top + 1 - ((count - 1) * -step + 1), top + 1, -step)
    if isinstance(count, int) and isinstance(top, int) and count == 0:
        reverse = slice(0, 0, -step)
    elif not isinstance(count, int):
        low = _switch(count > 0, reverse.start, 0)
        reverse = slice(low, _switch(count > 0, reverse.stop, 0), -step)
    if isinstance(step, int):
        return reverse, -1
    first, end = _forward(start, stop, length)
    up = step > 0
    return slice(_switch(up, first, reverse.start), _switch(up, end, reverse.stop), _switch(up, step, -step)), _switch(
        up, 1, -1
    )
