"""Shared scalar variables; made by explicit call only, since `theano.shared` makes 0-d tensors of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.compile.sharedvalue import SharedVariable
from theano.scalar.type import get_scalar_type
from theano.scalar.variable import _scalar_py_operators

__all__ = ["ScalarSharedVariable", "shared"]


class ScalarSharedVariable(_scalar_py_operators, SharedVariable):
    """Shared number with the operators of scalar variables."""


def shared(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None
) -> ScalarSharedVariable:
    """Shared scalar variable of a number.

    Raises
    ------
    TypeError
        `value` is no number.
    """
    if not isinstance(value, (np.number, np.bool_, float, int, complex)):
        raise TypeError(f"a shared scalar holds a number, got {value!r} of type {type(value).__name__}")
    number = np.asarray(value)[()]
    return ScalarSharedVariable(
        type=get_scalar_type(number.dtype.name), value=number, name=name, strict=strict, allow_downcast=allow_downcast
    )
