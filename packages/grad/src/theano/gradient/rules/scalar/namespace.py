"""What derivative rows need beyond the names of their namespace ``k``, which is theano.tensor or theano.scalar."""

from __future__ import annotations

from typing import Any

import numpy as np

import theano.scalar as aes
from theano.graph import Variable
from theano.tensor import Elemwise

__all__ = ["apply", "cast", "literal", "zero_where"]


def apply(k: Any, scalar_op: Any, *xs: Variable) -> Any:
    """Apply a scalar op in namespace `k`: elementwise on tensors, or plainly on scalars."""
    return scalar_op(*xs) if k is aes else Elemwise(scalar_op)(*xs)


def literal(k: Any, value: complex, like: Variable) -> Variable:
    """A constant in the dtype of `like`, so that it never widens an expression."""
    return k.constant(np.asarray(value, dtype=like.type.dtype)[()], dtype=like.type.dtype)


def cast(k: Any, x: Variable, like: Variable) -> Variable:
    """`x` in the dtype of `like`."""
    return x if x.type.dtype == like.type.dtype else k.cast(x, like.type.dtype)


def zero_where(k: Any, condition: Variable, value: Variable) -> Variable:
    """`value`, but exact zeros where `condition` holds, whatever stands there."""
    return k.switch(condition, literal(k, 0, value), value)
