"""What a compiled function takes and gives: inputs and outputs with their names and memory rules."""

from __future__ import annotations

import warnings
from typing import Any

from theano.compile.sharedvalue import Container, SharedVariable
from theano.errors import explain
from theano.graph import Variable

__all__ = ["In", "Out", "Param", "SymbolicInput", "SymbolicOutput"]


class SymbolicInput:
    """An input of a function, without a default value.

    Parameters
    ----------
    variable : Variable
        The graph input that receives the value.
    name : str, optional
        Keyword name; the variable's name when ``autoname`` is set.
    update : Variable, optional
        Expression of the value that the input takes after each call; of the same type.
    mutable : bool, optional
        Whether the function may overwrite the value it is given (default: whether there is an update).
    strict : bool
        Refuse values that would have to be converted.
    allow_downcast : bool, optional
        True: lossy casts are allowed; False: never; None: only Python floats to ``floatX``.
    implicit : bool
        Whether callers cannot give the value.
    """

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        update: Variable | None = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = False,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(
                explain(
                    "the name of an input must be a string",
                    f"{name!r} of {type(name).__name__}",
                    "write In(variable, name='x')",
                )
            )
        if update is not None and isinstance(update, Variable) and update.type != variable.type:
            raise TypeError(
                explain(
                    f"the update of input {variable} must have its type, {variable.type}",
                    f"{update} of {update.type}",
                    "cast the update or change the type of the input",
                )
            )
        self.variable = variable
        self.name = variable.name if autoname and name is None else name
        self.update = update
        self.mutable = (update is not None) if mutable is None else mutable
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.implicit = bool(implicit)

    def __str__(self) -> str:
        if self.update is not None:
            return f"In({self.variable} -> {self.update})"
        return f"In({self.variable})"

    def __repr__(self) -> str:
        return str(self)


class In(SymbolicInput):
    """An input of a function with an optional default value.

    Parameters
    ----------
    variable, name, update, mutable, strict, allow_downcast, autoname, implicit
        See `SymbolicInput`.
    value : object, optional
        Default value. Without an update it is used whenever the caller gives none; with an update it is the first
        value of a state that persists. A `Container` or shared variable makes the input implicit.
    borrow : bool, optional
        Whether results may alias the value that was passed (default: ``mutable``).
    shared : bool
        Whether the input stands for a shared variable.

    Raises
    ------
    AssertionError
        ``mutable=True`` with ``borrow=False``.
    TypeError
        An implicit input without a value; a name that is not a string; an update of another type.
    """

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Variable | None = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if implicit is None:
            implicit = isinstance(value, Container | SharedVariable)
        super().__init__(variable, name, update, mutable, strict, allow_downcast, autoname, implicit)
        self.borrow = self.mutable if borrow is None else borrow
        if self.mutable and not self.borrow:
            raise AssertionError(
                explain(
                    f"input {variable} is mutable, which lets results alias it",
                    "borrow=False, which forbids that",
                    "drop borrow=False or mutable=True",
                )
            )
        if implicit and value is None:
            raise TypeError(
                explain(
                    f"input {variable} is implicit: callers cannot give its value",
                    "no value",
                    "pass value= (for instance a shared variable) or implicit=False",
                )
            )
        self.value = value
        self.shared = shared


class Param(In):
    """Former name of `In`, with ``default`` in place of ``value``."""

    def __init__(
        self,
        variable: Variable,
        default: Any = None,
        name: str | None = None,
        mutable: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        implicit: bool | None = None,
        borrow: bool | None = None,
    ) -> None:
        warnings.warn("theano.Param is deprecated: use theano.In(variable, value=default)", stacklevel=2)
        super().__init__(
            variable,
            name=name,
            value=default,
            mutable=mutable,
            strict=strict,
            allow_downcast=allow_downcast,
            implicit=implicit,
            borrow=borrow,
        )


class SymbolicOutput:
    """An output of a function.

    Parameters
    ----------
    variable : Variable
        The expression to return.
    borrow : bool
        Whether the returned object may be internal storage, overwritten by the next call.
    """

    def __init__(self, variable: Variable, borrow: bool = False) -> None:
        self.variable = variable
        self.borrow = borrow

    def __str__(self) -> str:
        return f"Out({self.variable},{self.borrow})"

    def __repr__(self) -> str:
        return str(self)


Out = SymbolicOutput
