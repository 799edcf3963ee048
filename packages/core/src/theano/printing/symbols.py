"""How the operations of Theano are written in formulas.

Rows are keyed by the name of the scalar operation, so elementwise operations of tensors and scalars share them.
"""

from __future__ import annotations

from typing import Any

__all__ = ["OPERATORS", "printer_of_op"]

# name: (symbol, precedence, side on which equal operators need no parentheses)
OPERATORS: dict[str, tuple[str, float, str]] = {
    "add": ("+", -2, "either"),
    "sub": ("-", -2, "left"),
    "mul": ("*", -1, "either"),
    "true_div": ("/", -1, "left"),
    "int_div": ("//", -1, "left"),
    "neg": ("-", 0, "either"),
    "pow": ("**", 1, "right"),
}
DOT = ("\\dot", -1, "left")

# Names that are written in another way than the operation is called.
NAMES = {"second": "fill"}


def _scalar_name(op: Any) -> str | None:
    """Name of the scalar operation that an op applies to each element, if that is what it does."""
    scalar_op = getattr(op, "scalar_op", None)
    if scalar_op is None:
        scalar_op = op if hasattr(op, "formula") else None
    elif not hasattr(op, "inplace_pattern"):
        return None
    if scalar_op is None:
        return None
    name = getattr(scalar_op, "name", None) or str(scalar_op)
    if not isinstance(name, str):
        return None
    if name.startswith("Cast{"):
        return name[len("Cast{") : -1]
    name = name.removeprefix("convert_to_")
    return name if name.isidentifier() else None


def printer_of_op(variable: Any) -> tuple[Any, ...] | None:
    """Return the kind of printer for a computed variable, and its arguments; None for the plain form."""
    node = variable.owner
    op = node.op
    name = _scalar_name(op)
    if name is not None:
        if name in OPERATORS and not (name == "neg" and len(node.inputs) > 1):
            return "operator", *OPERATORS[name]
        return "function", NAMES.get(name, name)
    kind = type(op).__name__
    if kind in ("Dot", "Dot22"):
        return "operator", *DOT
    if kind == "DimShuffle":
        return _dimshuffle(op)
    if kind == "Sum" and getattr(op, "axis", None) is None:
        return "function", "sum"
    if kind == "Alloc":
        return "function", "alloc"
    return None


def _dimshuffle(op: Any) -> tuple[Any, ...]:
    order = tuple(op.new_order)
    kept = [axis for axis in order if axis != "x"]
    fresh = len(order) - len(kept)
    if order == ("x",) * fresh + tuple(range(len(kept))) and len(kept) == len(op.input_broadcastable):
        return ("ignore",)  # broadcasting by itself is not worth telling
    if order == (1, 0):
        return "pattern", ("%(0)s.T", 1000)
    return "pattern", f"DimShuffle{{{', '.join(map(str, order))}}}(%(0)s)"
