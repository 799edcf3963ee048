"""Rows for ``constant_value``: the length of a vector made by each op, and its entries.

Looking back is bounded, so that asking costs little whatever stands behind a vector: `MAX_STEPS` vectors of equal
length, `MAX_DEPTH` joins and slices within one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph import Constant, Variable
from theano.tensor.alloc import Alloc
from theano.tensor.asserts import Assert
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.join import Join
from theano.tensor.make_vector import MakeVector
from theano.tensor.rebroadcast import Rebroadcast
from theano.tensor.shape import Shape, Shape_i, SpecifyShape
from theano.tensor.subtensor.basic import Subtensor
from theano.tensor.subtensor.entries import get_idx_list
from theano.tensor.subtensor.slices import known_int, slice_length
from theano.tensor.type import TensorType

__all__ = ["vector_entries", "vector_length"]

MAX_STEPS = 100
MAX_DEPTH = 20

_SAME_LENGTH = (Elemwise, Assert, Rebroadcast)


def vector_length(v: Variable, depth: int = 0) -> int | None:
    """Length of the vector `v` where the graph shows it, else None."""
    pending, steps = [v], 0
    while pending and steps < MAX_STEPS:
        vector = pending.pop()
        steps += 1
        if vector.type.broadcastable[0]:
            if vector is v:
                return 1
            continue  # it stretches to the length of the others
        if isinstance(vector, Constant):
            return len(vector.data)
        if vector.owner is None:
            continue
        if isinstance(vector.owner.op, _SAME_LENGTH):
            pending += [i for i in vector.owner.inputs if isinstance(i.type, TensorType) and i.type.ndim == 1]
            continue
        rule = _LENGTHS.get(type(vector.owner.op))
        length = rule(vector, depth + 1) if rule is not None and depth < MAX_DEPTH else None
        if length is not None:
            return length
    return None


def _constant_slice(v: Variable) -> slice | None:
    """The slice of a vector that `v` is, when its bounds are constants."""
    index = get_idx_list(v.owner.inputs, v.owner.op.idx_list)
    if v.owner.inputs[0].type.ndim != 1 or not all(isinstance(entry, slice) for entry in index):
        return None
    theslice = index[0] if index else slice(None)
    bounds = [known_int(bound) for bound in (theslice.start, theslice.stop, theslice.step)]
    return slice(*bounds) if all(bound is None or isinstance(bound, int) for bound in bounds) else None


def _subtensor_length(v: Variable, depth: int) -> int | None:
    theslice = _constant_slice(v)
    length = vector_length(v.owner.inputs[0], depth) if theslice is not None else None
    return None if length is None else slice_length(theslice, length)


def _join_length(v: Variable, depth: int) -> int | None:
    lengths = [vector_length(part, depth) for part in v.owner.inputs[1:]]
    return None if None in lengths else sum(lengths)


def _alloc_length(v: Variable, depth: int) -> int | None:
    length = known_int(v.owner.inputs[1])
    return length if isinstance(length, int) else None


def _specified_length(v: Variable, depth: int) -> int | None:
    entry = vector_entries(v.owner.inputs[1], 1, depth)[0]
    length = known_int(entry)
    return length if isinstance(length, int) else vector_length(v.owner.inputs[0], depth)


_LENGTHS: dict[type, Callable[[Variable, int], int | None]] = {
    Alloc: _alloc_length,
    Join: _join_length,
    MakeVector: lambda v, depth: len(v.owner.inputs),
    Shape: lambda v, depth: getattr(v.owner.inputs[0].type, "ndim", None),
    SpecifyShape: _specified_length,
    Subtensor: _subtensor_length,
}


def vector_entries(v: Variable, length: int, depth: int = 0) -> list[Any]:
    """The entries of a vector as scalars (variables or ints) where the graph shows them, None elsewhere.

    Parameters
    ----------
    v : TensorVariable, (length,)
    """
    found: list[Any] | None = None
    if isinstance(v, Constant):
        found = [int(n) for n in v.data]
    elif v.owner is not None and depth < MAX_DEPTH:
        op = v.owner.op
        casts = isinstance(op, Elemwise) and type(op.scalar_op).__name__ == "Cast"
        rule = _cast_entries if casts else _ENTRIES.get(type(op))
        found = rule(v, length, depth + 1) if rule is not None else None
    return found if found is not None and len(found) == length else [None] * length


def _cast_entries(v: Variable, length: int, depth: int) -> list[Any]:
    return vector_entries(v.owner.inputs[0], length, depth)


def _shape_entries(v: Variable, length: int, depth: int) -> list[Any] | None:
    (x,) = v.owner.inputs
    if not isinstance(x.type, TensorType):
        return None
    if isinstance(x, Constant):
        return [int(n) for n in x.data.shape]
    return [1 if flag else Shape_i(i)(x) for i, flag in enumerate(x.type.broadcastable)]


def _joined_entries(v: Variable, length: int, depth: int) -> list[Any] | None:
    entries: list[Any] = []
    for part in v.owner.inputs[1:]:
        own = vector_length(part, depth)
        if own is None:
            return None
        entries.extend(vector_entries(part, own, depth))
    return entries


def _expanded_entry(v: Variable, length: int, depth: int) -> list[Any] | None:
    (x,) = v.owner.inputs
    return [x] if x.type.ndim == 0 else None


def _sliced_entries(v: Variable, length: int, depth: int) -> list[Any] | None:
    theslice, base = _constant_slice(v), v.owner.inputs[0]
    own = vector_length(base, depth) if theslice is not None else None
    return None if own is None else vector_entries(base, own, depth)[theslice]


_ENTRIES: dict[type, Callable[[Variable, int, int], list[Any] | None]] = {
    DimShuffle: _expanded_entry,
    Join: _joined_entries,
    MakeVector: lambda v, length, depth: list(v.owner.inputs),
    Shape: _shape_entries,
    Subtensor: _sliced_entries,
}
