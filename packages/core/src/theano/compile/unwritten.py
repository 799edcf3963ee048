"""Memory that nobody has written to yet, whose contents the checking modes must not judge: new buffers of loops."""

from __future__ import annotations

from typing import Any

__all__ = ["is_new_memory", "may_be_unwritten", "memory_source"]


def is_new_memory(variable: Any) -> bool:
    """Whether a variable is memory with arbitrary contents: any two values of it count as equal."""
    compare = getattr(variable.tag, "values_eq_approx", None)
    return getattr(compare, "__name__", "") == "values_eq_approx_always_true"


def memory_source(variable: Any) -> Any:
    """The input whose elements an op may have passed on, as setting a part of it does, or None; a loop writes all."""
    node = variable.owner
    if node is None or not node.inputs or hasattr(node.op, "outputs"):
        return None
    first = node.inputs[0]
    return first if getattr(first.type, "ndim", None) == getattr(variable.type, "ndim", None) else None


def may_be_unwritten(variable: Any) -> bool:
    """Whether parts of a value may be memory that nobody has written to; iterative."""
    while variable is not None and not is_new_memory(variable):
        variable = memory_source(variable)
    return variable is not None
