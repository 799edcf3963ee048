"""Kinds of options: how the value of an option is checked and converted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["BoolParam", "ConfigParam", "EnumStr", "FloatParam", "IntParam", "StrParam", "TypedParam"]


class ConfigParam:
    """An option.

    Parameters
    ----------
    default : object or callable
        The default value; a callable without arguments is called when the option is first read.
    filter : callable, optional
        Takes a value or the text of one, returns the value to keep, raises ValueError when it is not allowed.
    allow_override : bool
        False: the value may not change once it was read.
    kind : str
        What values look like, for lists of options and for errors.
    prepare : callable, optional
        Called with the value when the option is first read; returns the value to keep.
    """

    def __init__(
        self,
        default: Any,
        filter: Callable[[Any], Any] | None = None,
        allow_override: bool = True,
        *,
        kind: str = "any value",
        prepare: Callable[[Any], Any] | None = None,
    ) -> None:
        self.default = default
        self.filter = filter
        self.allow_override = allow_override
        self.kind = kind
        self.prepare = prepare
        # Set when the option is registered.
        self.fullname = ""
        self.doc = ""
        self.in_c_key = False
        self.raw: str | None = None
        self.origin = "default"

    @property
    def is_lazy(self) -> bool:
        """Whether the value is worked out when it is first read."""
        return callable(self.default) or not self.allow_override or self.prepare is not None

    def initial(self) -> Any:
        """The value before any assignment."""
        if self.raw is not None:
            return self.convert(self.raw)
        default = self.default() if callable(self.default) else self.default
        return self.convert(default)

    def convert(self, value: Any) -> Any:
        """Check a value; ValueError if it is not allowed."""
        return value if self.filter is None else self.filter(value)


class EnumStr(ConfigParam):
    """One of some strings.

    >>> EnumStr("low", "high").convert("medium")
    Traceback (most recent call last):
    ValueError: 'medium' is not one of 'low', 'high'
    """

    def __init__(
        self,
        default: str | Callable[[], str],
        *options: str,
        allow_override: bool = True,
        convert: Callable[[Any], Any] | None = None,
    ) -> None:
        known = options if callable(default) else (default, *options)
        self.all = tuple(dict.fromkeys(known))
        self._convert_first = convert
        super().__init__(default, self._one_of, allow_override, kind=", ".join(map(repr, self.all)))

    def _one_of(self, value: Any) -> str:
        if self._convert_first is not None:
            value = self._convert_first(value)
        if value in self.all:
            return str(value)
        raise ValueError(f"{value!r} is not one of {self.kind}")


class TypedParam(ConfigParam):
    """A value that a type converts and a test accepts."""

    def __init__(
        self,
        default: Any,
        mytype: Callable[[Any], Any],
        is_valid: Callable[[Any], bool] | None = None,
        allow_override: bool = True,
        *,
        kind: str = "",
        prepare: Callable[[Any], Any] | None = None,
    ) -> None:
        self.mytype = mytype
        self.is_valid = is_valid
        kind = kind or getattr(mytype, "__name__", str(mytype))
        super().__init__(default, self._typed, allow_override, kind=kind, prepare=prepare)

    def _typed(self, value: Any) -> Any:
        try:
            typed = self.mytype(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{value!r} is not of kind {self.kind}") from error
        if self.is_valid is not None and not self.is_valid(typed):
            raise ValueError(f"{value!r} is not allowed here (kind: {self.kind})")
        return typed


def StrParam(default: Any, is_valid: Any = None, allow_override: bool = True, **more: Any) -> TypedParam:
    """A string."""
    return TypedParam(default, str, is_valid, allow_override, **more)


def IntParam(default: Any, is_valid: Any = None, allow_override: bool = True, **more: Any) -> TypedParam:
    """An integer."""
    return TypedParam(default, int, is_valid, allow_override, **more)


def FloatParam(default: Any, is_valid: Any = None, allow_override: bool = True, **more: Any) -> TypedParam:
    """A floating point number."""
    return TypedParam(default, float, is_valid, allow_override, **more)


_BOOLEANS = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False}


def _boolean(value: Any) -> bool:
    # 1 and 0 are equal to True and False, and are accepted like them.
    if isinstance(value, str):
        if value in _BOOLEANS:
            return _BOOLEANS[value]
    elif value in (True, False):
        return bool(value)
    raise ValueError(value)


def BoolParam(default: Any, is_valid: Any = None, allow_override: bool = True, **more: Any) -> TypedParam:
    """True or False, also as 'True', 'true', '1', 'False', 'false', '0'."""
    return TypedParam(default, _boolean, is_valid, allow_override, **{"kind": "True or False", **more})
