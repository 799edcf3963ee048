"""Types of gradients that have no value: there is no path, or the path has no derivative.

They stand in core because every author of an op with several inputs needs them, whether or not gradients are installed.
"""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph.type import Type
from theano.graph.variable import Variable

__all__ = [
    "DisconnectedType",
    "NullType",
    "disconnected_type",
    "grad_not_implemented",
    "grad_undefined",
    "is_disconnected",
    "is_null",
]


class DisconnectedType(Type):
    """Type of the gradient with respect to something that the cost does not depend on. It never holds a value.

    Examples
    --------
    >>> DisconnectedType() == DisconnectedType()
    True
    """

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise AssertionError(
            explain(
                "give a disconnected gradient a value",
                f"{type(value).__name__}",
                "replace it first: it stands for a variable that the cost does not depend on",
            )
        )

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """There are no values, so they share nothing."""
        return False

    def values_eq(self, a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        raise AssertionError(explain("compare disconnected gradients", "they have no values", "replace them first"))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(DisconnectedType)

    def __str__(self) -> str:
        return "DisconnectedType"

    __repr__ = __str__


class NullType(Type):
    """Type of a gradient that is undefined or not implemented.

    Parameters
    ----------
    why_null : str
        The reason, for the user who needs this gradient.
    """

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        raise ValueError(explain("give a null gradient a value", self.why_null, "do not use this gradient"))

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Variable:
        raise ValueError(explain("use a null gradient as a variable", self.why_null, "do not use this gradient"))

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """There are no values, so they share nothing."""
        return False

    def values_eq(self, a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        raise ValueError(explain("compare null gradients", self.why_null, "do not use this gradient"))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(NullType)

    def __str__(self) -> str:
        return "NullType"

    __repr__ = __str__


disconnected_type = DisconnectedType()


def is_disconnected(gradient: Variable) -> bool:
    """Whether a gradient stands for "the cost does not depend on this"."""
    return isinstance(gradient.type, DisconnectedType)


def is_null(gradient: Variable) -> bool:
    """Whether a gradient is undefined or not implemented."""
    return isinstance(gradient.type, NullType)


def _null(op: Any, x_pos: int, x: Variable, what: str, comment: str) -> Variable:
    reason = explain(
        f"gradient of {op} with respect to its input {x_pos} ({x})",
        what,
        comment
        or "keep this input out of what you differentiate, for instance with disconnected_grad or consider_constant",
    )
    return NullType(reason)()


def grad_undefined(op: Any, x_pos: int, x: Variable, comment: str = "") -> Variable:
    """Return the gradient of an input for which it does not exist mathematically; for use in ``Op.grad``.

    Parameters
    ----------
    op : Op
    x_pos : int
        Position of the input.
    x : Variable
        The input.
    comment : str
        More for the user to know.
    """
    return _null(op, x_pos, x, "it is not defined mathematically", comment)


def grad_not_implemented(op: Any, x_pos: int, x: Variable, comment: str = "") -> Variable:
    """Return the gradient of an input for which nobody has written it yet; for use in ``Op.grad``.

    Parameters
    ----------
    op, x_pos, x, comment
        As for `grad_undefined`.
    """
    return _null(op, x_pos, x, "it is not implemented", comment)
