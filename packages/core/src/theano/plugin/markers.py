"""Marks of hooks and their implementations, in the words of pluggy, which is imported only where it is needed.

What Theano's own plugin modules register needs no manager of plugins: their functions are called one after the other.
pluggy, a dozen modules, comes in with the first plugin of others, or the first hook that is called at work and that
somebody implements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

__all__ = ["Marker", "hookimpl", "hookspec"]


_Hook = TypeVar("_Hook", bound=Callable[..., Any])


class Marker:
    """A decorator that notes the options of a hook on its function.

    >>> @hookimpl(trylast=True)
    ... def theano_report(config): ...
    >>> hookimpl.options_of(theano_report), hookimpl.options_of(print)
    ({'trylast': True}, None)
    """

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute

    @overload
    def __call__(self, function: _Hook) -> _Hook: ...

    @overload
    def __call__(self, **options: Any) -> Callable[[_Hook], _Hook]: ...

    def __call__(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        if function is None:
            return lambda marked: self(marked, **options)
        setattr(function, self.attribute, options)
        return function

    def options_of(self, function: Any) -> dict[str, Any] | None:
        """The options noted on `function`; None if it is not marked."""
        found = getattr(function, self.attribute, None)
        return found if isinstance(found, dict) else None


hookspec = Marker("theano_hookspec")
hookimpl = Marker("theano_hookimpl")
