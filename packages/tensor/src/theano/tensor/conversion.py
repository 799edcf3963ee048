"""The conversion of values to tensor variables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import theano.tensor as tensor_namespace  # looked up at call time: stacking and padding need ops made of variables
from theano.configuration import config
from theano.errors import AsTensorError, explain
from theano.graph import Apply, Variable
from theano.plugin import hook
from theano.scalar.autocast import autocast_float, convert
from theano.scalar.dtypes import ALL_DTYPES
from theano.scalar.type import Scalar
from theano.scalar.variable import variable_converters
from theano.tensor.constant import TensorConstant
from theano.tensor.dimshuffle import dimshuffle_op
from theano.tensor.type import TensorType, tensor_type

__all__ = ["as_tensor", "as_tensor_variable", "constant", "constant_cache"]

# Python numbers between -10 and 10 that became constants, by value and by the settings that choose the dtype.
constant_cache: dict[Any, TensorConstant] = {}
_CACHE_LIMIT = 20_000


def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: str | None = None) -> TensorConstant:
    """Constant tensor of a number or array; every length-1 dim is marked broadcastable.

    Parameters
    ----------
    x : number, array or nested list
        Python numbers get the smallest fitting dtype (autocast), arrays keep theirs.
    name : str, optional
    ndim : int, optional
        Rank; the data are padded with dims of length 1 on the left.
    dtype : str, optional
        dtype of the constant.

    Raises
    ------
    TypeError
        `x` is symbolic or no array of numbers.
    ValueError
        `ndim` is less than the rank of `x`.

    Examples
    --------
    >>> constant(3).type, constant([[1.5, 2.0]]).type
    (TensorType(int8, scalar), TensorType(float64, row))
    """
    if name is None and ndim is None and dtype is None and (type(x) is int or type(x) is float) and -10 <= x <= 10:
        return _small_constant(x)
    value = _array(x, dtype)
    if ndim is not None and value.ndim != ndim:
        if value.ndim > ndim:
            raise ValueError(
                explain(
                    f"constant with ndim={ndim}",
                    f"data of rank {value.ndim} and shape {value.shape}",
                    "raise ndim",
                )
            )
        value = value.reshape((1,) * (ndim - value.ndim) + value.shape)
    return TensorConstant(tensor_type(value.dtype.name, tuple([n == 1 for n in value.shape])), value, name)


def _small_constant(x: Any) -> TensorConstant:
    """Cached constant of a small Python number."""
    if type(x) is int:
        key: Any = (x, config.cast_policy)
    else:
        # 0.0 and -0.0 are equal keys, so the sign of a zero takes part
        sign = math.copysign(1.0, x) if x == 0 else 0.0
        key = (x, sign, config.floatX, config.cast_policy, autocast_float.dtypes, autocast_float.explicit)
    found = constant_cache.get(key)
    if found is None:
        value = convert(x)
        found = TensorConstant(tensor_type(value.dtype.name, ()), value)
        if len(constant_cache) < _CACHE_LIMIT:
            constant_cache[key] = found
    return found


def _array(x: Any, dtype: str | None) -> np.ndarray:
    """`x` as a new array of numbers."""
    if isinstance(x, Variable):
        raise TypeError(explain("make a constant", f"the symbolic variable {x}", "use as_tensor_variable"))
    if isinstance(x, (list, tuple)) and len(x) == 0 and dtype is None:
        dtype = config.floatX
    try:
        value = convert(x, dtype)
    except (ValueError, OverflowError) as error:
        raise TypeError(explain("make a constant", f"{x!r}: {error}"[:300], "give numbers or an array")) from error
    if value.dtype.name not in ALL_DTYPES:
        raise TypeError(explain("make a constant", f"data of dtype {value.dtype}", f"use {', '.join(ALL_DTYPES)}"))
    # The caller may go on writing to its array, a constant may not change.
    return np.array(value, copy=True, order="K", subok=False) if isinstance(x, np.ndarray) else value


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """`x` as a tensor variable; itself if it is one.

    Parameters
    ----------
    x : variable, number, array, list, or node with one output
        A flat list that contains variables is stacked.
    name : str, optional
        Name of a new constant.
    ndim : int, optional
        Rank; leading broadcastable dims are added or stripped.

    Raises
    ------
    AsTensorError
        A Python bool (most often ``a == b`` where ``eq(a, b)`` was meant), or nothing that fits an array.
    ValueError
        A node with several outputs, or a rank that cannot be reached.
    """
    if isinstance(x, Variable) and isinstance(x.type, TensorType):
        return x if ndim is None or x.type.ndim == ndim else _with_rank(x, ndim)
    if hasattr(x, "_as_TensorVariable"):
        return as_tensor_variable(x._as_TensorVariable(), name, ndim)
    if isinstance(x, Apply):
        return as_tensor_variable(_only_output(x), name, ndim)
    if isinstance(x, Variable):
        if isinstance(x.type, Scalar):
            return as_tensor_variable(tensor_namespace.tensor_from_scalar(x), name, ndim)
        raise AsTensorError(
            explain(
                "use a variable as a tensor",
                f"Variable type field must be a TensorType: {x} of {x.type}",
                "convert it first",
            )
        )
    if isinstance(x, (list, tuple)) and any(isinstance(item, Variable) for item in x):
        return _stacked(x, name, ndim)
    if isinstance(x, bool):
        raise AsTensorError(
            explain(
                "use True or False as a tensor",
                "a Python bool, most often the result of comparing variables with == or !=",
                "use theano.tensor.eq or neq, or numpy.bool_ for a constant",
            )
        )
    try:
        return constant(x, name=name, ndim=ndim)
    except TypeError as error:
        found = hook("theano_as_variable", value=x)
        if found is not None and isinstance(found.type, TensorType):
            return as_tensor_variable(found, name, ndim)
        raise AsTensorError(
            explain(
                "use a value as a tensor",
                f"Cannot convert {x!r} of type {type(x).__name__} to a tensor"[:300],
                "give numbers, an array, or a tensor variable",
            )
        ) from error


as_tensor = as_tensor_variable


def _only_output(node: Apply) -> Variable:
    if getattr(node.op, "default_output", None) is not None:
        return node.default_output()
    if len(node.outputs) != 1:
        raise ValueError(
            explain(
                "use a node as a tensor",
                f"It is ambiguous which output of a multi-output Op has to be fetched: {node.op}",
                "pick one of node.outputs",
            )
        )
    return node.outputs[0]


def _stacked(items: Any, name: str | None, ndim: int | None) -> Any:
    try:
        result = tensor_namespace.stack(list(items))
    except (TypeError, ValueError) as error:
        raise AsTensorError(
            explain(
                "use a list with variables as a tensor",
                f"its items cannot be stacked: {error}",
                "give items of one rank, or use stacklists for nested lists",
            )
        ) from error
    return as_tensor_variable(result, name, ndim)


def _with_rank(x: Any, ndim: int) -> Any:
    """`x` with leading broadcastable dims added or stripped."""
    extra = x.type.ndim - ndim
    if extra > 0:
        if not all(x.type.broadcastable[:extra]):
            raise ValueError(
                explain(
                    f"use {x} as a tensor of rank {ndim}",
                    f"its type is {x.type}",
                    "Tensor type cannot be stripped of dims that are not broadcastable: index or reshape it",
                )
            )
        order: tuple[Any, ...] = tuple(range(extra, x.type.ndim))
    else:
        order = ("x",) * -extra + tuple(range(x.type.ndim))
    return dimshuffle_op(x.type.broadcastable, order)(x)


def _scalar_of_tensor(variable: Any) -> Any:
    """A 0-d tensor as a scalar variable, None for anything else."""
    if isinstance(variable.type, TensorType) and variable.type.ndim == 0:
        return tensor_namespace.scalar_from_tensor(variable)
    return None


variable_converters.append(_scalar_of_tensor)
