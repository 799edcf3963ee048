"""NumPy's fancy indexing: integer arrays and boolean masks mixed with slices, ints and newaxis."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import ShapeError, explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.subtensor.entries import as_index_variable
from theano.tensor.subtensor.slices import known_int, slice_length
from theano.tensor.type import tensor_type
from theano.tensor.type_other import NoneTypeT, SliceConstant, SliceType

__all__ = [
    "AdvancedBooleanIncSubtensor",
    "AdvancedBooleanSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedSubtensor",
    "BaseAdvancedIncSubtensor",
    "BaseAdvancedSubtensor",
    "adv_index_broadcastable_pattern",
    "advanced_boolean_inc_subtensor",
    "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor",
    "advanced_inc_subtensor",
    "advanced_set_subtensor",
    "advanced_subtensor",
]


def _is_newaxis(entry: Any) -> bool:
    return entry is None or (isinstance(entry, Variable) and isinstance(entry.type, NoneTypeT))


def _is_slice(entry: Any) -> bool:
    return isinstance(entry, slice) or (isinstance(entry, Variable) and isinstance(entry.type, SliceType))


def _bounds(entry: Any) -> slice | None:
    """A slice entry as a slice of ints, None and variables; None when its bounds are not visible."""
    if isinstance(entry, slice):
        return entry
    if isinstance(entry, SliceConstant):
        return entry.data
    if entry.owner is not None and len(entry.owner.inputs) == 3:
        return slice(*[known_int(bound) for bound in entry.owner.inputs])
    return None


def _consumed(entry: Any) -> int:
    """How many dimensions of the indexed tensor an entry takes."""
    if _is_newaxis(entry):
        return 0
    if not _is_slice(entry) and entry.type.dtype == "bool":
        return entry.type.ndim
    return 1


def _array_rank(entry: Variable) -> int:
    return 1 if entry.type.dtype == "bool" else entry.type.ndim


def _assemble(index: Any, ndim: int, plain: Any, arrays: list) -> list:
    """Dimensions of the result in NumPy's order.

    `plain(entry, axis)` gives the dimension of a slice or newaxis entry, `arrays` those of the broadcast arrays:
    they stand where the array entries are when these are adjacent, else in front.
    """
    dims: list = []
    places: list[int] = []
    slot = axis = 0
    for position, entry in enumerate(index):
        if _is_newaxis(entry) or _is_slice(entry):
            dims.append(plain(entry, axis))
        else:
            if not places:
                slot = len(dims)
            places.append(position)
        axis += _consumed(entry)
    dims.extend(plain(slice(None), rest) for rest in range(axis, ndim))
    adjacent = bool(places) and places[-1] - places[0] == len(places) - 1
    at = slot if adjacent else 0
    return [*dims[:at], *arrays, *dims[at:]]


def _count_dimensions(x: Variable, index: Any) -> None:
    taken = sum(_consumed(entry) for entry in index)
    if taken > x.type.ndim:
        raise IndexError(
            explain(
                f"index {x.type} with {taken} dimensions",
                f"it has {x.type.ndim}",
                "index at most every dimension",
            )
        )


def adv_index_broadcastable_pattern(a: Variable, idx: Any) -> tuple[bool, ...]:
    """Static broadcast flags of `a` under a fancy index: True where the length is provably 1."""
    index = [as_index_variable(entry) for entry in idx]
    _count_dimensions(a, index)
    arrays = [entry for entry in index if not _is_newaxis(entry) and not _is_slice(entry)]
    rank = max((_array_rank(entry) for entry in arrays), default=0)
    flags = [True] * rank
    for entry in arrays:
        # the number of hits of a mask is never known
        own = (False,) if entry.type.dtype == "bool" else entry.type.broadcastable
        for i, flag in enumerate(own, start=rank - len(own)):
            flags[i] = flags[i] and flag

    def plain(entry: Any, axis: int) -> bool:
        return _is_newaxis(entry) or (a.type.broadcastable[axis] and _covers_one(_bounds(entry)))

    return tuple(_assemble(index, a.type.ndim, plain, flags))


def _covers_one(bounds: slice | None) -> bool:
    if bounds is None:
        return False
    parts = [known_int(bound) for bound in (bounds.start, bounds.stop, bounds.step)]
    if not all(part is None or isinstance(part, int) for part in parts):
        return False
    return len(range(*slice(*parts).indices(1))) == 1


def _array_lengths(index: list, shapes: list) -> list:
    """Lengths of the broadcast index arrays."""
    arrays = [
        (entry, shape)
        for entry, shape in zip(index, shapes, strict=True)
        if not _is_newaxis(entry) and not _is_slice(entry)
    ]
    rank = max((len(shape) for _, shape in arrays), default=0)
    lengths: list = [1] * rank
    for i in range(rank):
        for entry, shape in arrays:
            own = i - (rank - len(shape))
            if own < 0 or entry.type.broadcastable[own]:
                continue
            length = known_int(shape[own])
            if isinstance(lengths[i], int) and lengths[i] == 1:
                lengths[i] = length
            elif not (isinstance(length, int) and length == 1) and not isinstance(lengths[i], int):
                lengths[i] = _stretched(lengths[i], length)
    return lengths


def _stretched(a: Any, b: Any) -> Any:
    """The longer way round of two lengths that broadcast: `b` where `a` is 1."""
    # lazy: math stands on indexing
    from theano.tensor import math as tm

    return tm.switch(tm.eq(a, 1), b, a)


def _index_values(values: list) -> tuple:
    """Index values as NumPy takes them; unsigned 64-bit indices have no safe cast there."""
    return tuple([v.astype("int64") if isinstance(v, np.ndarray) and v.dtype == "uint64" else v for v in values])


class BaseAdvancedSubtensor(Op):
    """Inputs (x, *index): a copy of the part of x under a fancy index."""

    def make_node(self, x: Any, *index: Any) -> Apply:
        x = as_tensor_variable(x)
        entries = [self._entry(entry) for entry in index]
        _count_dimensions(x, entries)
        pattern = adv_index_broadcastable_pattern(x, entries)
        return Apply(self, [x, *entries], [tensor_type(x.type.dtype, tuple(pattern))()])

    def _entry(self, entry: Any) -> Variable:
        return as_index_variable(entry)

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x = inputs[0]
        try:
            out = x[_index_values(inputs[1:])]
        except IndexError as error:
            raise IndexError(
                explain(
                    f"{self} of a value of shape {x.shape}",
                    str(error),
                    "keep indices in range and masks of the shape",
                )
            ) from None
        output_storage[0][0] = out.copy() if isinstance(out, np.ndarray) and out.base is not None else np.asarray(out)

    def connection_pattern(self, node: Apply) -> list:
        return [[True], *([False] for _ in node.inputs[1:])]


def _integer_entry(op: Op, entry: Any) -> Variable:
    variable = as_index_variable(entry)
    if getattr(variable.type, "dtype", "") == "bool":
        raise TypeError(explain(f"{op}: integer indices", f"got {variable.type}", "use the boolean form of the op"))
    return variable


@frozen_op
class AdvancedSubtensor(BaseAdvancedSubtensor):
    """Fancy reads by integer arrays."""

    def _entry(self, entry: Any) -> Variable:
        return _integer_entry(self, entry)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, index = node.inputs[0], node.inputs[1:]

        def plain(entry: Any, axis: int) -> Any:
            if _is_newaxis(entry):
                return 1
            bounds = _bounds(entry)
            if bounds is None:
                raise ShapeError(f"{self}: a slice whose bounds are not visible")
            return slice_length(bounds, shapes[0][axis])

        return [tuple(_assemble(index, x.type.ndim, plain, _array_lengths(index, shapes[1:])))]


@frozen_op
class AdvancedBooleanSubtensor(BaseAdvancedSubtensor):
    """Fancy reads with at least one boolean mask."""

    def infer_shape(self, node: Apply, shapes: list) -> list:
        raise ShapeError(f"{self}: how often the mask holds is known only when it runs")


@frozen_op
class BaseAdvancedIncSubtensor(Op):
    """Inputs (x, y, *index): x with y added to, or put in place of, the part under a fancy index."""

    inplace: bool = False
    set_instead_of_inc: bool = False

    def __post_init__(self) -> None:
        if self.inplace:
            raise NotImplementedError(
                explain(
                    f"{type(self).__name__} in place",
                    "there is no in-place form",
                    "use inplace=False",
                )
            )

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'set' if self.set_instead_of_inc else 'inc'}}}"

    def make_node(self, x: Any, y: Any, *index: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        entries = [self._entry(entry) for entry in index]
        _count_dimensions(x, entries)
        return Apply(self, [x, y, *entries], [x.type()])

    def _entry(self, entry: Any) -> Variable:
        return as_index_variable(entry)

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y = inputs[:2]
        index = _index_values(inputs[2:])
        out = x.copy()
        try:
            if self.set_instead_of_inc:
                out[index] = y
            else:
                np.add.at(out, index, y.astype(out.dtype, copy=False))
        except (IndexError, ValueError) as error:
            raise type(error)(
                explain(
                    f"{self}: a value of shape {y.shape} into a tensor of shape {x.shape}",
                    str(error),
                    "keep indices in range; the value must broadcast into the indexed part",
                )
            ) from None
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [True], *([False] for _ in node.inputs[2:])]


@frozen_op
class AdvancedIncSubtensor(BaseAdvancedIncSubtensor):
    """Fancy writes by integer arrays."""

    def _entry(self, entry: Any) -> Variable:
        return _integer_entry(self, entry)


@frozen_op
class AdvancedBooleanIncSubtensor(BaseAdvancedIncSubtensor):
    """Fancy writes with at least one boolean mask."""


advanced_subtensor = AdvancedSubtensor()
advanced_boolean_subtensor = AdvancedBooleanSubtensor()
advanced_inc_subtensor = AdvancedIncSubtensor()
advanced_set_subtensor = AdvancedIncSubtensor(set_instead_of_inc=True)
advanced_boolean_inc_subtensor = AdvancedBooleanIncSubtensor()
advanced_boolean_set_subtensor = AdvancedBooleanIncSubtensor(set_instead_of_inc=True)
