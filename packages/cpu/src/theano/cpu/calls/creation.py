"""Tensors made from numbers: ranges, diagonals, triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.tensor.creation import ARange, Eye, Tri

__all__ = ["ROWS"]

_INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"})
_FLOATS = frozenset({"float32", "float64"})


def call_arange(node: Any, build: Any) -> Any:
    """A range of integers, or of floats between any numbers."""
    bounds = {v.type.dtype for v in node.inputs}
    allowed = _INTEGERS if node.op.dtype == "int64" else _INTEGERS | _FLOATS if node.op.dtype in _FLOATS else set()
    return build.call("arange") if bounds <= allowed else None


def _one(dtype: str) -> bytes:
    return np.ones((), dtype).tobytes()


def call_eye(node: Any, build: Any) -> Any:
    """Ones on a diagonal."""
    return build.call("eye", [("object", _one(node.op.dtype))])


def call_tri(node: Any, build: Any) -> Any:
    """Ones on and below a diagonal."""
    return build.call("tri", [("object", _one(node.op.dtype))])


ROWS = (
    (ARange, call_arange),
    (Eye, call_eye),
    (Tri, call_tri),
)
