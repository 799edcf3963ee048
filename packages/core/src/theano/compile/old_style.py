"""Inputs in the form of tuples, as the oldest programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.io import In, SymbolicInput
from theano.errors import explain
from theano.graph import Constant, Variable

__all__ = ["convert_function_input", "is_old_style", "to_new_style"]


def is_old_style(inputs: Sequence[Any]) -> bool:
    """Whether any input is written as a tuple or list."""
    return any(isinstance(i, tuple | list) for i in inputs)


def to_new_style(inputs: Sequence[Any], updates: Any, givens: Any, profile: Any) -> list[Any]:
    """The same inputs as `In` objects; such calls take neither updates, nor givens, nor a profile."""
    for what, given in (("updates", updates), ("givens", givens), ("profile", profile)):
        if given:
            raise NotImplementedError(
                explain(
                    f"use {what} together with inputs written as tuples",
                    "these two forms do not mix",
                    "write the inputs as theano.In(variable, name=..., value=..., update=...)",
                )
            )
    return [convert_function_input(i) for i in inputs]


def convert_function_input(given: Any) -> Any:
    """An `In` for ``variable``, ``(variable, value)``, ``(name, variable, value)`` or ``((variable, update), value)``.

    Raises
    ------
    TypeError
        Another form.
    """
    if isinstance(given, SymbolicInput):
        return given
    if isinstance(given, Variable) and not isinstance(given, Constant):
        return In(given)
    if isinstance(given, tuple | list) and given:
        name, rest = (given[0], list(given[1:])) if isinstance(given[0], str) else (None, list(given))
        if rest and len(rest) <= 2:
            made = _from_parts(name, rest[0], rest[1] if len(rest) == 2 else None)
            if made is not None:
                return made
    raise TypeError(
        explain(
            "an input of a function",
            f"{given!r}",
            "write variable, (variable, value), (name, variable, value), ((variable, update), value), or In(...)",
        )
    )


def _from_parts(name: str | None, target: Any, value: Any) -> In | None:
    update = None
    if isinstance(target, tuple | list) and len(target) == 2:
        target, update = target
    if isinstance(target, SymbolicInput):
        return In(target.variable, name=name or target.name, value=value, update=target.update, mutable=target.mutable)
    if not isinstance(target, Variable) or isinstance(target, Constant):
        return None
    return In(target, name=name, value=value, update=update)
