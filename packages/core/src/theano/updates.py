"""`OrderedUpdates`: which shared variables get which new values, in order."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from theano.errors import KeyText, explain

__all__ = ["OrderedUpdates", "Updates"]


def _check_key(key: Any) -> None:
    # Shared variables are told by what they have, since their class lives above this module.
    if not (hasattr(key, "get_value") and hasattr(key, "container")):
        raise TypeError(
            explain(f"update of {key!r}", f"it is a {type(key).__name__}", "only shared variables can be updated")
        )


class OrderedUpdates(OrderedDict[Any, Any]):
    """Ordered mapping from shared variables to their new values.

    Merging two mappings that give one variable different values is a KeyError.
    """

    def __init__(self, *key: Any, **kwargs: Any) -> None:
        super().__init__(*key, **kwargs)
        for variable in self:
            _check_key(variable)

    def __setitem__(self, key: Any, value: Any) -> None:
        _check_key(key)
        super().__setitem__(key, value)

    def update(self, other: Any = None, **kwargs: Any) -> None:  # type: ignore[override]
        """Take over all pairs of another mapping.

        Raises
        ------
        KeyError
            A variable has another new value here.
        """
        if other is None:
            return
        if isinstance(other, list) and any(isinstance(item, tuple) for item in other) and len(dict(other)) < len(other):
            twice = explain("updates", "a variable is listed twice", "give one new value for each variable")
            raise KeyError(KeyText(twice))
        for key, value in dict(other).items():
            if key in self and self[key] is not value:
                both = explain(f"update of {key}", f"both {self[key]} and {value} are given", "give one new value")
                raise KeyError(KeyText(both), key)
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(self)
        result.update(other)
        return result

    def __radd__(self, other: Any) -> OrderedUpdates:
        result = OrderedUpdates()
        result.update(other)
        result.update(self)
        return result


class Updates(OrderedUpdates):
    """Old name of `OrderedUpdates`."""
