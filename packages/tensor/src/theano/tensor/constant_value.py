"""What a graph tells before it runs: scalar constants and vector lengths.

The rows that see through each op stand in ``constant_rules``; this module holds the walk.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, explain
from theano.graph import Constant, Variable

__all__ = [
    "EmptyConstantError",
    "extract_constant",
    "get_scalar_constant_value",
    "get_vector_length",
    "numpy_scalar",
    "static_entries",
]


class EmptyConstantError(NotScalarConstantError):
    """The constant has no element, so there is no scalar in it."""


def numpy_scalar(data: Any) -> np.ndarray:
    """`data` as a 0-d array when it holds one number.

    Raises
    ------
    EmptyConstantError
        `data` has no element.
    NotScalarConstantError
        `data` has several elements or is not numeric.
    """
    array = np.asarray(data)
    if array.size == 0 and array.ndim:
        raise EmptyConstantError("a constant without elements has no scalar value")
    if array.ndim or array.dtype.kind not in "biufc":
        raise NotScalarConstantError(f"not one number: {type(data).__name__} of shape {array.shape}")
    return array


def _constant_data(data: Any) -> np.ndarray:
    """The one value of stored `data`; arrays of equal elements count as that element."""
    array = np.asarray(data)
    if array.size > 1 and array.dtype.kind in "biufc":
        first = array.flat[0]
        if array.size <= 4096 and (array == first).all():
            return np.asarray(first, dtype=array.dtype)
    if array.size == 1 and array.dtype.kind in "biufc":
        return array.reshape(())
    return numpy_scalar(array)


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> np.ndarray:
    """The single number that `orig_v` is known to hold everywhere, as a 0-d array.

    Parameters
    ----------
    orig_v : Variable or number
    elemwise : bool
        Compute through elementwise arithmetic on constants.
    only_process_constants : bool
        Look at constants only, never through ops.
    max_recur : int
        How many ops deep to look.

    Raises
    ------
    NotScalarConstantError
        The graph does not show one constant value.

    Examples
    --------
    >>> import theano.tensor as T
    >>> int(T.get_scalar_constant_value(T.constant(3) + 4))
    7
    """
    if orig_v is None:
        raise NotScalarConstantError("None holds no number")
    if not isinstance(orig_v, Variable):
        return numpy_scalar(orig_v)
    if isinstance(orig_v, Constant):
        return _constant_data(orig_v.data)
    node = orig_v.owner
    if node is None or only_process_constants or max_recur <= 0:
        raise NotScalarConstantError(f"{orig_v} is not a constant")
    # lazy: the rows name every op, and the ops use this module
    from theano.tensor.constant_rules import value_rule

    rule = value_rule(node.op, elemwise)
    if rule is None:
        raise NotScalarConstantError(f"{orig_v}: nothing is known of {node.op} before it runs")
    return np.asarray(rule(orig_v, lambda v: get_scalar_constant_value(v, elemwise, False, max_recur - 1)))


def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """Like `get_scalar_constant_value`, but `x` itself (scalar types as 0-d tensors) when it is not constant."""
    try:
        return get_scalar_constant_value(x, elemwise, only_process_constants)
    except NotScalarConstantError:
        pass
    # lazy: make_vector uses this module
    from theano.tensor.make_vector import as_tensor_from_scalar

    return as_tensor_from_scalar(x)


def get_vector_length(v: Any) -> int:
    """Length of the vector `v` when the graph shows it.

    Raises
    ------
    TypeError
        `v` is not a vector.
    ValueError
        The length is not known before the graph runs.
    """
    # lazy: both modules use this one
    from theano.tensor.conversion import as_tensor_variable
    from theano.tensor.vector_rules import vector_length

    v = as_tensor_variable(v)
    if v.type.ndim != 1:
        raise TypeError(explain("get_vector_length: a vector", f"{v.type}", "give a tensor with one dimension"))
    length = vector_length(v)
    if length is None:
        raise ValueError(
            explain(
                f"the length of the vector {v}",
                "the graph does not show it",
                "state the number of entries (often an ndim argument) or build the vector from scalars",
            )
        )
    return length


def static_entries(v: Variable, length: int) -> list[int | None]:
    """The entries of an integer vector that are known constants, None elsewhere.

    Parameters
    ----------
    v : TensorVariable, (length,), integer
    """
    if isinstance(v, Constant):
        entries = [int(n) for n in v.data]
        return entries if len(entries) == length else [None] * length
    # lazy: the rows name every op, and the ops use this module
    from theano.tensor.vector_rules import vector_entries

    found: list[int | None] = []
    for entry in vector_entries(v, length):
        try:
            found.append(None if entry is None else int(get_scalar_constant_value(entry)))
        except NotScalarConstantError:
            found.append(None)
    return found
