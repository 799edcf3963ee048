"""What to do about errors that a node raised: hints that follow from the text and the operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["advice"]

# Words of messages without advice of their own, which come from native code, and what to do.
_BY_WORDS = (
    ("out of bounds", "a dimension of length n has the indices -n to n - 1"),
    ("cannot reshape", "give a shape with as many elements as the value has; one length may be -1 and follows"),
    ("does not fit a part", "give a value with the shape of the part that is written, or one that broadcasts to it"),
    ("declared to have length 1", "feed a value of length 1 there, or use theano.tensor.unbroadcast"),
    ("cannot be dropped", "only dimensions of length 1 can be dropped: index the others, as in x[0]"),
    ("of no elements", "test the size first, as with theano.ifelse, or join a value that loses against all others"),
    (
        "of an empty sequence",
        "test the size first, as with theano.ifelse, or join a value that loses against all others",
    ),
    ("negative dimensions", "give lengths of 0 or more"),
    ("is negative", "give lengths of 0 or more"),
    ("does not broadcast", "give a value of that shape, or one with lengths of 1 where it is to be repeated"),
    ("do not broadcast", "give index arrays of one shape"),
    ("a mask of length", "give a mask with the lengths of what it is for"),
    ("changed between steps", "let each step give a result of the same shape"),
    ("slice step cannot be zero", "give a step other than 0"),
    ("batch lengths", "give operands with as many items"),
)


def advice(node: Any, error: BaseException, inputs: Sequence[Any] | None) -> list[str]:
    """Hints about `error`, which `node` raised when it was given the values `inputs`; about ops of users none."""
    text = str(error)
    if not type(node.op).__module__.startswith("theano."):
        return []  # the same words may mean something else there
    if isinstance(error, ValueError) and "mismatch" in text and inputs is not None:
        return _about_lengths(node, text, inputs)
    if "\n  Do: " in text or not isinstance(error, ValueError | IndexError | TypeError):
        return []
    return next(([f"HINT: {do}"] for words, do in _BY_WORDS if words in text), [])


def _about_lengths(node: Any, text: str, inputs: Sequence[Any]) -> list[str]:
    """What to do about lengths that differ, above all about those of 1 that the types do not tell."""
    lines = []
    for variable, value in zip(node.inputs, inputs, strict=False):
        flags, shape = getattr(variable.type, "broadcastable", ()), getattr(value, "shape", ())
        ones = [d for d, (flag, length) in enumerate(zip(flags, shape, strict=False)) if length == 1 and not flag]
        if ones:
            where = f"dimension {ones[0]} has" if len(ones) == 1 else f"dimensions {ones} have"
            lines.append(
                f"HINT: {where} length 1 in {variable}, and only lengths that the type says are 1 are stretched: make "
                f"it a theano.tensor.row or col, or use theano.tensor.addbroadcast(x, {', '.join(map(str, ones))}); "
                "for shared variables, shared(value, broadcastable=...)"
            )
    if not lines and "\n  Do: " not in text:
        lines.append("HINT: give operands of equal lengths; reshape, dimshuffle and [:, None] line dimensions up")
    return lines
