"""Output dtype rules of scalar ops: functions from input `Scalar` types to a tuple of output types."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

from theano.errors import explain
from theano.scalar.dtypes import REAL_OF_COMPLEX, upcast, upgrade_dtypes
from theano.scalar.type import (
    Scalar,
    bool,
    complex_types,
    discrete_types,
    float64,
    float_types,
    get_scalar_type,
    int8,
    int64,
)

__all__ = [
    "bitwise_out",
    "bool_out",
    "float_out",
    "float_out_nocomplex",
    "int_out",
    "int_out_nocomplex",
    "real_out",
    "same_out",
    "same_out_float_only",
    "same_out_min8",
    "same_out_nobool",
    "same_out_nocomplex",
    "specific_out",
    "transfer_type",
    "unary_out_lookup",
    "upcast_out",
    "upcast_out_min8",
    "upcast_out_no_complex",
    "upcast_out_nobool",
    "upgrade_to_float",
    "upgrade_to_float64",
    "upgrade_to_float_no_complex",
]

Rule = Callable[..., tuple[Scalar, ...]]


def _refuse(types: tuple[Scalar, ...], what: str) -> TypeError:
    names = ", ".join(t.dtype for t in types)
    return TypeError(explain("compute the output dtype", f"{what} among input dtypes ({names})", "cast the inputs"))


def _no_complex(types: tuple[Scalar, ...]) -> None:
    if any(t in complex_types for t in types):
        raise _refuse(types, "a complex dtype, which this operation does not take,")


def upcast_out(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype."""
    return (get_scalar_type(upcast(*(t.dtype for t in types))),)


def upcast_out_nobool(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype, which must not be bool."""
    result = upcast_out(*types)
    if result[0] == bool:
        raise _refuse(types, "only bool, which this operation does not take,")
    return result


def upcast_out_min8(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype; int8 instead of bool."""
    result = upcast_out(*types)
    return (int8,) if result[0] == bool else result


def upcast_out_no_complex(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype of real inputs."""
    _no_complex(types)
    return upcast_out(*types)


def upgrade_to_float(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype after discrete inputs became floats (rule F)."""
    return (get_scalar_type(upgrade_dtypes(tuple(t.dtype for t in types))),)


def upgrade_to_float_no_complex(*types: Scalar) -> tuple[Scalar, ...]:
    """Rule F for real inputs."""
    _no_complex(types)
    return upgrade_to_float(*types)


def upgrade_to_float64(*types: Scalar) -> tuple[Scalar, ...]:
    """Always float64."""
    _no_complex(types)
    return (float64,)


def same_out(type: Scalar) -> tuple[Scalar, ...]:
    """The input's dtype."""
    return (type,)


def same_out_nobool(type: Scalar) -> tuple[Scalar, ...]:
    """The input's dtype, which must not be bool."""
    if type == bool:
        raise _refuse((type,), "bool, which this operation does not take,")
    return (type,)


def same_out_min8(type: Scalar) -> tuple[Scalar, ...]:
    """The input's dtype; int8 instead of bool."""
    return (int8,) if type == bool else (type,)


def same_out_float_only(type: Scalar) -> tuple[Scalar, ...]:
    """The input's dtype, which must be a float."""
    if type not in float_types:
        raise _refuse((type,), "a dtype that is no float")
    return (type,)


def same_out_nocomplex(type: Scalar) -> tuple[Scalar, ...]:
    """The input's dtype, which must be real."""
    _no_complex((type,))
    return (type,)


def int_out(*types: Scalar) -> tuple[Scalar, ...]:
    """Always int64."""
    return (int64,)


def int_out_nocomplex(*types: Scalar) -> tuple[Scalar, ...]:
    """int64, for real inputs."""
    _no_complex(types)
    return (int64,)


def float_out(*types: Scalar) -> tuple[Scalar, ...]:
    """Always float64."""
    return (float64,)


def float_out_nocomplex(*types: Scalar) -> tuple[Scalar, ...]:
    """float64, for real inputs."""
    _no_complex(types)
    return (float64,)


def real_out(type: Scalar) -> tuple[Scalar, ...]:
    """Real counterpart of a complex dtype, any other dtype as it is."""
    return (get_scalar_type(REAL_OF_COMPLEX.get(type.dtype, type.dtype)),)


def bool_out(*types: Scalar) -> tuple[Scalar, ...]:
    """Always bool."""
    return (bool,)


def bitwise_out(*types: Scalar) -> tuple[Scalar, ...]:
    """Common dtype of inputs that are all bool or all integers."""
    kinds = {t == bool for t in types}
    if len(kinds) != 1 or any(t not in discrete_types for t in types):
        raise _refuse(types, "not all bool or all integers, as bit operations need,")
    result = upcast_out(*types)
    if result[0] not in discrete_types:
        raise _refuse(types, "uint64 with a signed integer, which no integer dtype holds,")
    return result


class _RuleObject:
    """A rule with parameters; equal when class and parameters are."""

    parameters: tuple

    def __eq__(self, other: object) -> builtins.bool:
        return type(self) is type(other) and self.parameters == other.parameters

    def __hash__(self) -> int:
        return hash((type(self), self.parameters))


class transfer_type(_RuleObject):
    """Per output: the type of input number ``i``, or None for the common dtype.

    Examples
    --------
    >>> transfer_type(1)(int8, float64)
    (Scalar(float64),)
    """

    def __init__(self, *transfer: int | Scalar | None) -> None:
        self.transfer = self.parameters = transfer

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return tuple(
            upcast_out(*types)[0] if item is None else item if isinstance(item, Scalar) else types[item]
            for item in self.transfer
        )


class specific_out(_RuleObject):
    """Fixed output types."""

    def __init__(self, *spec: Scalar) -> None:
        self.spec = self.parameters = spec

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return self.spec


class unary_out_lookup(_RuleObject):
    """Output type from a table keyed by the input type."""

    def __init__(self, type_table: Mapping[Any, Scalar]) -> None:
        self.tbl = dict(type_table)
        self.parameters = tuple(sorted((str(k), str(v)) for k, v in self.tbl.items()))

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        if len(types) != 1 or types[0] not in self.tbl:
            raise _refuse(types, "a dtype that has no entry in the table")
        found = self.tbl[types[0]]
        return tuple(found) if isinstance(found, (list, tuple)) else (found,)
