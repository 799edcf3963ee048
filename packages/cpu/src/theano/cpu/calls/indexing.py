"""Rows and points by integer arrays and masks, diagonals, and writing into parts of tensors."""

from __future__ import annotations

from typing import Any

from theano.cpu.description import typenum_of
from theano.cpu.encoding import index_params
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.nonzeros import Nonzero
from theano.tensor.subtensor import AdvancedIncSubtensor1, AdvancedSubtensor1, IncSubtensor
from theano.tensor.subtensor.advanced import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedSubtensor,
)
from theano.tensor.type_other import SliceConstant

__all__ = ["ROWS"]

_INTEGERS = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
_ADDABLE = _INTEGERS | {"float32", "float64"}


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


def _full(entry: Any) -> bool:
    return isinstance(entry, SliceConstant) and entry.data == slice(None)


def _points(entries: list[Any]) -> tuple[int, int] | None:
    """How many dims stand before the indexed ones, and how many are indexed; None for other fancy indices."""
    lead = next((k for k, entry in enumerate(entries) if not _full(entry)), len(entries))
    arrays = entries[lead:]
    return (lead, len(arrays)) if arrays and all(map(_is_array, arrays)) else None


def _is_array(entry: Any) -> bool:
    """Whether an entry is of whole numbers, or a mask."""
    dtype = getattr(entry.type, "dtype", "")
    return dtype in _INTEGERS or (dtype == "bool" and entry.type.ndim > 0)


def call_take_points(node: Any, build: Any) -> Any:
    """A part chosen by integer arrays or masks for adjacent dims."""
    found = _points(node.inputs[1:])
    if found is None or typenum_of(node.inputs[0].type) < 0:
        return None
    return build.call("take_points", [("ints", (0, *found))])


def call_inc_points(node: Any, build: Any) -> Any:
    """Add to such a part, or replace it."""
    found = _points(node.inputs[2:])
    if found is None or not _writable(node, node.op.set_instead_of_inc):
        return None
    return build.call("inc_points", [("ints", (int(node.op.set_instead_of_inc), *found))], [(0, 0)])


def call_nonzero(node: Any, build: Any) -> Any:
    """Coordinates."""
    return build.call("nonzero") if node.inputs[0].type.dtype in _ADDABLE | {"bool"} else None


def _diagonal_params(op: Any, ndim: int) -> list[tuple[str, tuple[int, ...]]]:
    return [("ints", (op.offset, op.axis1 % ndim, op.axis2 % ndim))]


def call_extract_diagonal(node: Any, build: Any) -> Any:
    """A copy of a diagonal."""
    if node.op.view:
        return None
    return build.call("extract_diagonal", _diagonal_params(node.op, node.inputs[0].type.ndim))


def call_alloc_diagonal(node: Any, build: Any) -> Any:
    """Zeros but for a diagonal."""
    return build.call("alloc_diagonal", _diagonal_params(node.op, node.outputs[0].type.ndim))


ROWS = (
    (IncSubtensor, call_inc_subtensor),
    (AdvancedSubtensor1, call_take_rows),
    (AdvancedIncSubtensor1, call_inc_rows),
    (AdvancedSubtensor, call_take_points),
    (AdvancedIncSubtensor, call_inc_points),
    (AdvancedBooleanSubtensor, call_take_points),
    (AdvancedBooleanIncSubtensor, call_inc_points),
    (Nonzero, call_nonzero),
    (ExtractDiag, call_extract_diagonal),
    (AllocDiag, call_alloc_diagonal),
)
