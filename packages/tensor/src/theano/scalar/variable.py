"""Scalar variables and constants, and the conversion of values to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import theano.scalar as scalar_namespace  # the operators below look ops up at call time: ops are made of variables
from theano.configuration import config
from theano.errors import AsTensorError, explain
from theano.graph import Apply, Constant, NotANumber, Variable, variable_text
from theano.scalar.autocast import convert
from theano.scalar.dtypes import upcast
from theano.scalar.type import Scalar, complex64, complex128, get_scalar_type

__all__ = [
    "ScalarConstant",
    "ScalarVariable",
    "_scalar_py_operators",
    "as_common_dtype",
    "as_scalar",
    "complexs",
    "complexs64",
    "complexs128",
    "constant",
    "floats",
    "ints",
    "variable_converters",
]

# Turn foreign variables (0-d tensors) into scalar variables; packages above this one append functions
# ``variable -> scalar variable or None``.
variable_converters: list[Callable[[Variable], Variable | None]] = []


class _scalar_py_operators(NotANumber):
    """Python operators of scalar variables."""

    ndim = 0
    type: Scalar

    @property
    def dtype(self) -> str:
        return self.type.dtype

    def __abs__(self) -> Any:
        return scalar_namespace.abs_(self)

    def __neg__(self) -> Any:
        return scalar_namespace.neg(self)

    def __invert__(self) -> Any:
        return scalar_namespace.invert(self)

    def __bool__(self) -> bool:
        raise TypeError(
            explain(
                f"truth value of {variable_text(self)}",
                "its value is not known while the graph is built",
                "use switch",
            )
        )

    def __lt__(self, other: Any) -> Any:
        return scalar_namespace.lt(self, other)

    def __le__(self, other: Any) -> Any:
        return scalar_namespace.le(self, other)

    def __gt__(self, other: Any) -> Any:
        return scalar_namespace.gt(self, other)

    def __ge__(self, other: Any) -> Any:
        return scalar_namespace.ge(self, other)

    def __and__(self, other: Any) -> Any:
        return scalar_namespace.and_(self, other)

    def __or__(self, other: Any) -> Any:
        return scalar_namespace.or_(self, other)

    def __xor__(self, other: Any) -> Any:
        return scalar_namespace.xor(self, other)

    def __rand__(self, other: Any) -> Any:
        return scalar_namespace.and_(other, self)

    def __ror__(self, other: Any) -> Any:
        return scalar_namespace.or_(other, self)

    def __rxor__(self, other: Any) -> Any:
        return scalar_namespace.xor(other, self)

    def __add__(self, other: Any) -> Any:
        return scalar_namespace.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return scalar_namespace.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return scalar_namespace.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return scalar_namespace.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return scalar_namespace.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return scalar_namespace.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return scalar_namespace.true_div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return scalar_namespace.true_div(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return scalar_namespace.int_div(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return scalar_namespace.int_div(other, self)

    def __mod__(self, other: Any) -> Any:
        return scalar_namespace.mod_check(self, other)

    def __rmod__(self, other: Any) -> Any:
        return scalar_namespace.mod_check(other, self)

    def __pow__(self, other: Any) -> Any:
        return scalar_namespace.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return scalar_namespace.pow(other, self)

    def astype(self, dtype: str) -> Any:
        return scalar_namespace.cast(self, dtype)

    def zeros_like(self, dtype: str | None = None) -> Any:
        return scalar_namespace.second(self, constant(0, dtype=str(dtype or self.type.dtype)))

    def ones_like(self, dtype: str | None = None) -> Any:
        return scalar_namespace.second(self, constant(1, dtype=str(dtype or self.type.dtype)))


class ScalarVariable(_scalar_py_operators, Variable):
    """Symbolic number."""


class ScalarConstant(_scalar_py_operators, Constant):
    """Symbolic number with a fixed value."""

    def signature(self) -> Any:
        """dtype and bits: NaN equals itself, 0.0 differs from -0.0."""
        return self.type, np.asarray(self.data).tobytes()

    merge_signature = signature


# The type states its variable classes; it stands below this module, so they are set from here.
Scalar.Variable = ScalarVariable
Scalar.Constant = ScalarConstant


def constant(x: Any, name: str | None = None, dtype: str | None = None) -> ScalarConstant:
    """Scalar constant of a number; its dtype by the autocast rules unless given."""
    value = convert(x, dtype)
    if np.ndim(value) != 0:
        raise TypeError(explain("make a scalar constant", f"an array of shape {np.shape(value)}", "give one number"))
    return ScalarConstant(get_scalar_type(value.dtype.name), value[()], name)


def as_scalar(x: Any, name: str | None = None) -> Variable:
    """Scalar variable of a number, a 0-d tensor variable, or a node with one output.

    Raises
    ------
    TypeError
        `x` cannot be a scalar.
    ValueError
        A node with several outputs.
    """
    if isinstance(x, Apply):
        if len(x.outputs) != 1:
            raise ValueError(explain("use a node as a scalar", f"{x.op} has {len(x.outputs)} outputs", "pick one"))
        x = x.outputs[0]
    if isinstance(x, Variable):
        if isinstance(x.type, Scalar):
            return x
        for converter in variable_converters:
            converted = converter(x)
            if converted is not None:
                return converted
        raise TypeError(explain("use a variable as a scalar", f"{x} of {x.type}", "give a scalar or a 0-d tensor"))
    try:
        return constant(x, name)
    except (TypeError, AsTensorError) as error:
        raise TypeError(explain("use a value as a scalar", f"{x!r} of {type(x)}", "give one number")) from error


def as_common_dtype(*vars: Any) -> tuple[Variable, ...]:
    """The variables, each cast to the dtype they have in common."""
    dtype = upcast(*(v.dtype for v in vars))
    return tuple(v.astype(dtype) for v in vars)


def _make_variables(type: Scalar, names: tuple[Any, ...]) -> Any:
    if len(names) == 1 and isinstance(names[0], int):
        return [type() for _ in range(names[0])]
    if len(names) == 1:
        names = tuple(names[0])
    made = [type(name) for name in names]
    return made[0] if len(made) == 1 else made


def ints(*names: Any) -> Any:
    """int64 scalar variables; ``ints('xy')`` makes two."""
    return _make_variables(get_scalar_type("int64"), names)


def floats(*names: Any) -> Any:
    """float64 scalar variables; ``floats('x', 'y')`` makes two."""
    return _make_variables(get_scalar_type("float64"), names)


def complexs(*names: Any) -> Any:
    """complex128 scalar variables."""
    return _make_variables(complex128, names)


complexs128 = complexs


def complexs64(*names: Any) -> Any:
    """complex64 scalar variables."""
    return _make_variables(complex64, names)


def floatx_type() -> Scalar:
    """Scalar type of ``config.floatX`` now."""
    return get_scalar_type(config.floatX)
