"""Positions of largest elements."""

from __future__ import annotations

from typing import Any

from theano.codegen.dtypes import ITEMSIZE
from theano.tensor.extrema import Argmax, MaxAndArgmax

__all__ = ["ROWS"]


def call_argmax(node: Any, build: Any) -> Any:
    """First maximum, and its position, over the reduced dims."""
    x = node.inputs[0].type
    if x.dtype not in ITEMSIZE:
        return None
    axes = range(x.ndim) if node.op.axis is None else node.op.axis
    return build.call("argmax", [("ints", tuple(int(d in axes) for d in range(x.ndim)))])


ROWS = ((Argmax, call_argmax), (MaxAndArgmax, call_argmax))
