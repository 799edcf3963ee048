"""Elementwise ops that overwrite their first argument, for tests and experts."""

from __future__ import annotations

from typing import Any

from theano.tensor.dims import transpose
from theano.tensor.elementwise_table import make_inplace_ops

_ops = make_inplace_ops()
_ops["fill_inplace"] = _ops["second_inplace"]
globals().update(_ops)

__all__ = ["transpose_inplace"]
__all__ += list(_ops)


def transpose_inplace(x: Any, **kwargs: Any) -> Any:
    """Transpose with all axes reversed; a view, so nothing is overwritten."""
    return transpose(x, **kwargs)
