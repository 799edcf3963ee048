"""What kind of value a variable stands for."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import variable as variables
from theano.graph.tag import Scratchpad


class Type:
    """Base of all types. A subclass must define `filter`; parametrised types must define ``__eq__`` and ``__hash__``.

    Examples
    --------
    >>> class IntType(Type):
    ...     def filter(self, value, strict=False, allow_downcast=None):
    ...         return int(value)
    >>> x = IntType()("x")
    >>> x.type.filter("3")
    3
    """

    Variable: type[variables.Variable] = variables.Variable
    Constant: type[variables.Constant] = variables.Constant
    SharedVariable: Any = None

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """Return `value` or an acceptable conversion of it; raise TypeError where there is none.

        Parameters
        ----------
        value : object
        strict : bool
            Accept only values that need no conversion.
        allow_downcast : bool, optional
            True: any cast; False: lossless casts only; None: lossless, and Python floats to floatX.
        """
        raise TypeError(
            explain(
                f"filter a value for {type(self).__name__}",
                f"{type(self).__name__} does not define filter()",
                "define filter(self, value, strict=False, allow_downcast=None) on the type",
            )
        )

    def filter_variable(self, other: Any, allow_convert: bool = True) -> variables.Variable:
        """Return `other` as a symbolic variable of this type.

        Raises
        ------
        TypeError
            If `other` is of another type that cannot be converted.
        """
        if not isinstance(other, variables.Variable):
            other = self.Constant(type=self, data=self.filter(other))
        symbolic: variables.Variable = other
        if symbolic.type == self:
            return symbolic
        converted = self.convert_variable(other) if allow_convert else None
        if converted is not None:
            return converted
        raise TypeError(
            explain(
                f"use a variable of {self}",
                f"{other} of {other.type}",
                "convert it first, for instance with cast, patternbroadcast or unbroadcast",
            )
        )

    def convert_variable(self, var: variables.Variable) -> variables.Variable | None:
        """Return `var` as this type, or None where that cannot be known to be right."""
        return var if var.type == self else None

    def is_valid_value(self, a: Any) -> bool:
        """Whether `a` could be the value of a variable of this type without any conversion."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, a: Any) -> str:
        """Say why `a` is no valid value; empty if it is one."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return ""

    def make_variable(self, name: str | None = None) -> variables.Variable:
        """Return a new variable of this type."""
        return self.Variable(self, name=name)

    def make_constant(self, value: Any, name: str | None = None) -> variables.Constant:
        """Return a constant of this type."""
        return self.Constant(type=self, data=value, name=name)

    def __call__(self, name: str | None = None) -> variables.Variable:
        from theano.graph.trace import add_tag_trace  # lazy: trace needs the configuration, types may be made earlier

        made = self.make_variable(name)
        add_tag_trace(made)
        return made

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal."""
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal up to rounding."""
        return self.values_eq(a, b)

    def clone(self, **changes: Any) -> Type:
        """Return this type; parametrised types return one with some parameters changed."""
        return self

    @property
    def tag(self) -> Scratchpad:
        """Notes about the type (kept per instance)."""
        notes = self.__dict__.get("_tag")
        if notes is None:
            notes = self.__dict__["_tag"] = Scratchpad()
        return notes


class Generic(Type):
    """Any Python object."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        return value

    def is_valid_value(self, a: Any) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __str__(self) -> str:
        return type(self).__name__

    __repr__ = __str__


generic = Generic()
