"""Zero gradients: making them and recognizing them."""

from __future__ import annotations

from typing import Any

import numpy as np

import theano.scalar as aes
import theano.tensor as at
from theano.configuration import config
from theano.graph import Constant, Variable

__all__ = ["gradient_dtype", "is_continuous", "is_zero", "zero_gradient"]

CONTINUOUS = frozenset({"float16", "float32", "float64", "complex64", "complex128"})


def is_continuous(variable: Variable) -> bool:
    """Whether values of the variable can vary smoothly; True also for types without dtype."""
    dtype = getattr(variable.type, "dtype", None)
    return dtype is None or dtype in CONTINUOUS


def gradient_dtype(x: Variable) -> str:
    """The dtype of a gradient with respect to `x`: its own, or floatX where `x` is discrete."""
    dtype = getattr(x.type, "dtype", config.floatX)
    return dtype if dtype in CONTINUOUS else config.floatX


def zero_gradient(x: Variable) -> Variable:
    """Return zeros of the shape of `x`, in `gradient_dtype`.

    Raises
    ------
    TypeError
        The type of `x` knows no zeros.
    """
    dtype = gradient_dtype(x)
    if isinstance(x.type, at.TensorType):
        return at.zeros_like(x, dtype=dtype)
    if isinstance(x.type, aes.Scalar):
        return aes.constant(np.zeros((), dtype)[()], dtype=dtype)
    make = getattr(x, "zeros_like", None)
    if make is None:
        raise TypeError(f"variables of {x.type} have no zeros")
    return make()


def _source_of_value(variable: Variable) -> Variable | None:
    """The input that holds the same numbers as `variable`, differently arranged; None if there is none."""
    node = variable.owner
    if node is None:
        return None
    op: Any = node.op
    if isinstance(op, at.DimShuffle | at.Rebroadcast | at.Reshape | at.Alloc):
        return node.inputs[0]
    if isinstance(op, at.Elemwise):
        if isinstance(op.scalar_op, aes.Second):
            return node.inputs[1]
        if isinstance(op.scalar_op, aes.Cast | aes.Identity):
            return node.inputs[0]
    return None


def is_zero(variable: Variable) -> bool:
    """Whether the graph shows that every element of `variable` is zero."""
    seen: Variable | None = variable
    while seen is not None:
        if isinstance(seen, Constant):
            data = np.asarray(seen.data)
            return data.dtype != object and not data.any()
        seen = _source_of_value(seen)
    return False
