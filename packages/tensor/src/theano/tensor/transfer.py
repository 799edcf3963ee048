"""Moving variables between devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.errors import explain
from theano.tensor.type import TensorType

__all__ = ["register_transfer", "transfer"]

# Tried in order: each takes (variable, target) and returns a variable, or None for "not mine".
_transfers: list[Callable[[Any, str], Any]] = []


def register_transfer(fn: Callable[[Any, str], Any]) -> None:
    """Add a function ``(variable, target) -> variable or None`` that `transfer` tries."""
    _transfers.append(fn)


def transfer(var: Any, target: str) -> Any:
    """`var` on a device.

    Parameters
    ----------
    var : variable
    target : str
        ``'cpu'``, or a name that a device package knows.

    Raises
    ------
    ValueError
        Nobody knows the target.
    """
    if target == "cpu":
        if isinstance(var.type, TensorType):
            return var
        from theano.tensor.conversion import as_tensor_variable  # lazy: only foreign variables need it

        return as_tensor_variable(var)
    for fn in _transfers:
        result = fn(var, target)
        if result is not None:
            return result
    raise ValueError(explain(f"transfer {var} to {target!r}", "no device has that name", "use 'cpu' or a known device"))
