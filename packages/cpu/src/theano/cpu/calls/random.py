"""Draws from counter-based streams, and their states."""

from __future__ import annotations

from typing import Any

from theano.tensor.random.draw import Advance, Draw

__all__ = ["ROWS"]

_LAWS = (
    *("uniform", "normal", "exponential", "bernoulli", "integers", "bits", "poisson", "binomial", "gamma", "beta"),
    "multinomial",
)
"""In the order of runtime/random.h."""


def call_draw(node: Any, build: Any) -> Any:
    """A sample of a law that the runtime knows, but for float16."""
    law, dtype = node.op.law, node.op.dtype
    if law not in _LAWS or dtype not in _DTYPES[law]:
        return None
    return build.call("random_draw", [("ints", (_LAWS.index(law),))])


def call_advance(node: Any, build: Any) -> Any:
    """The next state."""
    return build.call("random_advance", [("ints", (node.op.words,))])


_FLOATS = frozenset({"float32", "float64"})
_INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
_DTYPES = {
    **dict.fromkeys(("uniform", "normal", "exponential", "gamma", "beta"), _FLOATS),
    **dict.fromkeys(("poisson", "binomial", "multinomial"), _FLOATS | _INTEGERS),
    "bernoulli": _FLOATS | _INTEGERS | {"bool"},
    "integers": _INTEGERS,
    "bits": {"uint64"},
}

ROWS = (
    (Draw, call_draw),
    (Advance, call_advance),
)
