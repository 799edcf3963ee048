"""Symbolic variables by dtype letter and rank: ``dmatrix``, ``fvector``, ``scalars`` and their family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.configuration import config
from theano.tensor.type import TensorType, tensor_type

# stem: pattern; T marks a length known to be 1
_PATTERNS: dict[str, tuple[bool, ...]] = {
    "scalar": (),
    "vector": (False,),
    "matrix": (False, False),
    "row": (True, False),
    "col": (False, True),
    **{f"tensor{n}": (False,) * n for n in range(3, 8)},
}
_PLURALS = {"matrix": "matrices"}
_LETTERS = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64",
    "z": "complex128",
}  # fmt: skip


def _make(stem: str, pattern: tuple[bool, ...]) -> Callable[..., Any]:
    def make(name: str | None = None, dtype: str | None = None) -> Any:
        return tensor_type(config.floatX, pattern)(name) if dtype is None else TensorType(dtype, pattern)(name)

    make.__name__ = make.__qualname__ = stem
    make.__doc__ = (
        f"New {stem} variable with pattern {pattern}.\n\nParameters\n----------\nname : str, optional\n"
        "dtype : str, optional\n    ``config.floatX`` at the time of the call unless given."
    )
    return make


def _make_several(plural: str, make: Callable[..., Any]) -> Callable[..., Any]:
    def several(*names: Any) -> Any:
        if len(names) == 1:
            if isinstance(names[0], int):
                return [make() for _ in range(names[0])]
            names = tuple(names[0])
        made = [make(name) for name in names]
        return made[0] if len(made) == 1 else made

    several.__name__ = several.__qualname__ = plural
    several.__doc__ = (
        f"Several variables at once: ``{plural}('ab')`` and ``{plural}('a', 'b')`` make two named ones, "
        f"``{plural}(2)`` two unnamed ones. A single name gives the bare variable."
    )
    return several


def _family() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for stem, pattern in _PATTERNS.items():
        plural = _PLURALS.get(stem, stem + "s")
        names[stem] = _make(stem, pattern)
        names[plural] = _make_several(plural, names[stem])
        for letter, dtype in _LETTERS.items():
            names[letter + stem] = tensor_type(dtype, pattern)
        for letter in "fdil":
            names[letter + plural] = _make_several(letter + plural, names[letter + stem])
    for dtype_kind, letters in (("int", "bwil"), ("float", "fd"), ("complex", "cz")):
        for stem in ("scalar", "vector", "matrix"):
            names[f"{dtype_kind}_{stem}_types"] = tuple(names[letter + stem] for letter in letters)
        names[f"{dtype_kind}_types"] = names[f"{dtype_kind}_scalar_types"]
    return names


_names = _family()
globals().update(_names)

__all__ = ["constructor", "tensor"]
__all__ += list(_names)


def tensor(dtype: str, broadcastable: Any, name: str | None = None) -> Any:
    """New variable of ``TensorType(dtype, broadcastable)``.

    Examples
    --------
    >>> tensor("int8", (False, True)).type
    TensorType(int8, col)
    """
    return TensorType(dtype, broadcastable)(name)


def constructor(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` itself; old programs mark functions that make variables with it."""
    return f
