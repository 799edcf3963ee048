"""Sums and products of what a rule has taken apart, computed in the dtype of what they stand for.

A rule may leave out the one operand that was a float, or bring integers together that a float stood between: int8 with
int8 would then be counted in int8, and wrap around. Each function here takes the dtype of the result that is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, Variable
from theano.scalar.dtypes import DISCRETE_DTYPES

__all__ = ["argument_of", "as_dtype", "difference_of", "product_of", "quotient_of", "sum_of"]


def as_dtype(variable: Variable, dtype: str) -> Variable:
    """`variable` in a dtype, itself when it has that dtype."""
    return variable if variable.type.dtype == dtype else tt.cast(variable, dtype)


def argument_of(node: Apply) -> Variable:
    """What a node applies its function of one float to, in the dtype in which it is computed."""
    return as_dtype(node.inputs[0], node.outputs[0].type.dtype)


def _wide(group: Sequence[Variable], dtype: str) -> Sequence[Variable]:
    """`group` with its first member cast where an operation on it would have another dtype than that."""
    if ts.upcast(*[v.type.dtype for v in group]) == dtype:
        return group
    return [as_dtype(group[0], dtype), *group[1:]]


def sum_of(group: Sequence[Variable], dtype: str) -> Variable:
    """The sum of `group`, which is not empty; one member is itself."""
    return group[0] if len(group) == 1 else tt.add(*_wide(group, dtype))


def product_of(group: Sequence[Variable], dtype: str) -> Variable:
    """The product of `group`, which is not empty; one member is itself."""
    return group[0] if len(group) == 1 else tt.mul(*_wide(group, dtype))


def difference_of(above: Variable, below: Variable, dtype: str) -> Variable:
    """``above - below``."""
    return tt.sub(*_wide([above, below], dtype))


def quotient_of(above: Variable, below: Variable, dtype: str) -> Variable:
    """``above / below``; of two integers too in that dtype and not in `config.floatX`."""
    if above.type.dtype in DISCRETE_DTYPES and below.type.dtype in DISCRETE_DTYPES:
        return tt.true_div(as_dtype(above, dtype), below)
    return tt.true_div(*_wide([above, below], dtype))
