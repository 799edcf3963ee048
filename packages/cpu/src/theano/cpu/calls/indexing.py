"""Rows by integer vectors, and writing into parts of tensors."""

from __future__ import annotations

from typing import Any

from theano.cpu.encoding import index_params
from theano.tensor.subtensor import AdvancedIncSubtensor1, AdvancedSubtensor1, IncSubtensor

__all__ = ["ROWS"]

_ADDABLE = frozenset({f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float32", "float64"})


def _writable(node: Any, only_sets: bool) -> bool:
    """Whether the value needs no cast, and adding is a plain sum of numbers."""
    x, y = node.inputs[:2]
    return bool(x.type.dtype == y.type.dtype) and (only_sets or x.type.dtype in _ADDABLE)


def call_inc_subtensor(node: Any, build: Any) -> Any:
    """Write under a basic index."""
    if not _writable(node, node.op.set_instead_of_inc):
        return None
    params = (int(node.op.set_instead_of_inc), *index_params(node.op.idx_list, first=2))
    return build.call("inc_subtensor", [("ints", params)], [(0, 0)])


def call_take_rows(node: Any, build: Any) -> Any:
    """Rows of a tensor."""
    return build.call("take_rows")


def call_inc_rows(node: Any, build: Any) -> Any:
    """Add to rows, or replace them."""
    if not _writable(node, node.op.set_instead_of_inc):
        return None
    return build.call("inc_rows", [("ints", (int(node.op.set_instead_of_inc),))], [(0, 0)])


ROWS = (
    (IncSubtensor, call_inc_subtensor),
    (AdvancedSubtensor1, call_take_rows),
    (AdvancedIncSubtensor1, call_inc_rows),
)
