"""Shared variables that hold arrays and numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from theano.compile.sharedvalue import SharedVariable
from theano.errors import explain
from theano.scalar.dtypes import ALL_DTYPES
from theano.tensor.type import TensorType
from theano.tensor.variable import _tensor_py_operators

__all__ = [
    "ScalarSharedVariable", "TensorSharedVariable", "load_shared_variable", "scalar_constructor", "tensor_constructor",
]  # fmt: skip


class TensorSharedVariable(_tensor_py_operators, SharedVariable):
    """Shared array with all tensor operators."""


class ScalarSharedVariable(_tensor_py_operators, SharedVariable):
    """Shared 0-d tensor made of a number."""


TensorType.SharedVariable = TensorSharedVariable


def load_shared_variable(val: Any) -> Any:
    """Shared tensor of an array; used when unpickling."""
    return tensor_constructor(val)


def _check_target(target: str) -> None:
    if target != "cpu":
        raise TypeError(explain("make a shared tensor", f"target={target!r}", "use target='cpu' here"))


def tensor_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    target: str = "cpu",
) -> TensorSharedVariable:
    """`theano.shared` for arrays: dtype kept, no dim broadcastable unless `broadcastable` says so.

    Parameters
    ----------
    value : ndarray
        Copied unless `borrow`.
    name : str, optional
    strict, allow_downcast
        How later values are filtered.
    broadcastable : sequence of bool, optional
        Static pattern.

    Raises
    ------
    TypeError
        `value` is no array, so that another constructor is tried.
    """
    _check_target(target)
    if not isinstance(value, np.ndarray):
        raise TypeError(explain("make a shared tensor", f"a {type(value).__name__}", "give an ndarray"))
    if value.dtype.name not in ALL_DTYPES:
        raise TypeError(explain("make a shared tensor", f"an array of dtype {value.dtype}", "give numbers"))
    pattern = (False,) * value.ndim if broadcastable is None else broadcastable
    return TensorSharedVariable(
        type=TensorType(value.dtype.name, pattern),
        value=value if borrow else np.array(value, copy=True),
        name=name,
        strict=strict,
        allow_downcast=allow_downcast,
    )


def scalar_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    target: str = "cpu",
) -> ScalarSharedVariable:
    """`theano.shared` for numbers: a 0-d tensor; Python ints become int64, floats float64 whatever floatX is.

    Raises
    ------
    TypeError
        `value` is no number, so that another constructor is tried.
    """
    _check_target(target)
    if not isinstance(value, (np.number, np.bool_, float, int, complex)):
        raise TypeError(explain("make a shared number", f"a {type(value).__name__}", "give a number"))
    array = np.asarray(copy.deepcopy(value))
    if array.dtype.name not in ALL_DTYPES:
        raise TypeError(explain("make a shared number", f"{value!r}, which no dtype holds", "give a smaller number"))
    return ScalarSharedVariable(
        type=TensorType(array.dtype.name, ()), value=array, name=name, strict=strict, allow_downcast=allow_downcast
    )
