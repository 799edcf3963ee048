"""From the arguments of a call to one value for each graph input."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from theano.compile.sharedvalue import Container
from theano.errors import explain
from theano.graph import Variable, format_trace

__all__ = ["Binder"]

_MISSING: Any = object()


def _takes_none(type_: Any) -> bool:
    """Whether None may stand for a value; only types with numbers in them are sure that it may not."""
    return not hasattr(type_, "dtype")


class Binder:
    """Applies the rules for arguments: order, names, defaults, conversion.

    Parameters
    ----------
    specs : sequence of In
        One for each graph input, explicit ones and shared variables.
    containers : sequence of Container
        Their storage.
    name : str
        The function's name, for messages.

    Attributes
    ----------
    positional : list of int
        Positions of the inputs that callers may give.
    """

    def __init__(self, specs: Sequence[Any], containers: Sequence[Container], name: str | None) -> None:
        self.specs = list(specs)
        self.containers = list(containers)
        self.function_name = name
        self.positional = [i for i, spec in enumerate(specs) if not spec.implicit]
        self.by_name: dict[str, int | None] = {}
        for i, spec in enumerate(specs):
            if spec.name is not None:
                self.by_name[spec.name] = None if spec.name in self.by_name else i
        self.required = [not spec.implicit and spec.value is None for spec in specs]
        self.refed = [
            i for i, spec in enumerate(specs) if not spec.implicit and spec.value is not None and spec.update is None
        ]
        self.defaults = {i: self.containers[i].storage[0] for i in self.refed}
        self._copied_defaults = {i for i in self.refed if specs[i].mutable}
        lent = [i for i in self.positional if specs[i].mutable or specs[i].borrow]
        self._check_aliases = bool(lent) and len(self.positional) > 1
        self._blank = [_MISSING] * len(self.specs)
        self._needs_value = {i for i in self.positional if not _takes_none(specs[i].variable.type)}

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any], trust: bool = False) -> list[Any]:
        """Values of all graph inputs, in order.

        Raises
        ------
        TypeError
            Too many, missing, unknown or repeated arguments, or one that does not fit its type.
        """
        values = self._blank.copy()
        if len(args) > len(self.positional):
            raise TypeError(self._count_text(args))
        for i, arg in zip(self.positional, args, strict=False):
            values[i] = arg if trust else self._converted(i, arg)
        for name, arg in kwargs.items():
            i = self._position(name)
            if values[i] is not _MISSING:
                raise TypeError(self._twice_text(i))
            values[i] = arg if trust else self._converted(i, arg)
        for i, container in enumerate(self.containers):
            if values[i] is _MISSING:
                if self.required[i] and not container.provided:
                    raise TypeError(self._missing_text(values))
                value = container.storage[0]
                values[i] = copy.deepcopy(value) if i in self._copied_defaults else value
            elif container.provided:
                raise TypeError(self._twice_text(i))
        if self._check_aliases and not trust:
            self._separate(values)
        return values

    def finish(self) -> None:
        """After a call: values that were given for this call only are forgotten."""
        for i in self.positional:
            container = self.containers[i]
            if container.provided:
                container.provided = 0
                if self.required[i]:
                    container.storage[0] = None
                elif i in self.defaults:
                    container.storage[0] = self.defaults[i]

    def _converted(self, i: int, value: Any) -> Any:
        if value is None and i not in self._needs_value:
            return None  # no type is asked
        try:
            return self.containers[i].filter(value)
        except Exception as error:
            error.args = (self._bad_text(i, value, error),)
            raise

    def _position(self, name: str) -> int:
        if name not in self.by_name:
            raise TypeError(
                explain(
                    f"call function {self._called()} with an argument named {name!r}",
                    f"its arguments are {self._names()}",
                    "use one of these names, or pass the value by position",
                )
            )
        i = self.by_name[name]
        if i is None:
            raise TypeError(
                explain(
                    f"call function {self._called()} with an argument named {name!r}",
                    "several inputs have this name",
                    "pass these values by position, or give the inputs distinct names with In(variable, name=...)",
                )
            )
        if self.specs[i].implicit:
            raise TypeError(
                explain(
                    f"call function {self._called()} with a value for {name!r}",
                    "this input is implicit: its value comes from a shared variable",
                    "use set_value() on the shared variable",
                )
            )
        return i

    def _separate(self, values: list[Any]) -> None:
        """Copy arguments that share memory with an earlier one, since the function may write to its arguments."""
        for j in self.positional[1:]:
            type_ = self.specs[j].variable.type
            may_share = getattr(type_, "may_share_memory", None)
            if may_share is None or values[j] is None:
                continue
            if any(values[i] is not None and may_share(values[j], values[i]) for i in self.positional if i < j):
                values[j] = copy.deepcopy(values[j])

    # Texts of errors.

    def _called(self) -> str:
        return repr(self.function_name) if self.function_name else "without a name"

    def _names(self) -> list[str]:
        return [self._label(i) for i in self.positional]

    def _label(self, i: int) -> str:
        return str(self.specs[i].name or self.specs[i].variable)

    def _count_text(self, args: Sequence[Any]) -> str:
        return explain(
            f"call function {self._called()}",
            f"{len(args)} positional arguments for {len(self.positional)} inputs {self._names()}",
            "pass at most one value for each input",
        )

    def _missing_text(self, values: list[Any]) -> str:
        missing = [
            i for i, v in enumerate(values) if v is _MISSING and self.required[i] and not self.containers[i].provided
        ]
        return explain(
            f"call function {self._called()}",
            f"Missing required input: {', '.join(self._label(i) for i in missing)}" + self._created(missing[0]),
            "pass a value for each input, or give it a default with In(variable, value=...)",
        )

    def _twice_text(self, i: int) -> str:
        return explain(
            f"call function {self._called()}",
            f"input {self._label(i)} is given twice",
            "pass its value once: by position, by name, or by f[name] = value",
        )

    def _bad_text(self, i: int, value: Any, error: Exception) -> str:
        shown = f"{type(value).__name__}"
        if hasattr(value, "dtype") and hasattr(value, "shape") and not isinstance(value, Variable):
            shown += f" of dtype {value.dtype} and shape {tuple(value.shape)}"
        index = self.positional.index(i)
        # A message in three parts already says what to do.
        problem, _, advice = str(error).partition("\n  Do: ")
        if value is None:
            shown, problem = "None", "It holds no value"
            advice = "pass a value; for an argument that may be left out, give a default with In(variable, value=...)"
        return explain(
            f"Bad input argument {self._label(i)!r} of function {self._called()} at index {index} (0-based), "
            f"which must be {self.specs[i].variable.type}",
            f"{shown}. {problem}{self._created(i)}",
            advice or "convert the value first, or declare the input with another type, or with allow_downcast=True",
        )

    def _created(self, i: int) -> str:
        trace = format_trace(self.specs[i].variable)
        return f"\n  Backtrace when that variable is created:\n{trace.rstrip()}" if trace else ""
