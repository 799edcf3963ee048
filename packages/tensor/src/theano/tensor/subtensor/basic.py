"""Indexing with integers and slices: Subtensor (a view)."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.scalar import Scalar
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.make_vector import scalar_from_tensor
from theano.tensor.subtensor.entries import collapse, convert_entry, entry_text, get_idx_list
from theano.tensor.subtensor.slices import known_int, slice_length
from theano.tensor.type import tensor_type

__all__ = ["Subtensor", "basic_index_key", "indexed_pattern", "runtime_indices"]


def basic_index_key(idx_list: tuple) -> tuple:
    """A hashable form of an ``idx_list`` (slices cannot be hashed)."""
    return tuple([("slice", e.start, e.stop, e.step) if isinstance(e, slice) else e for e in idx_list])


def runtime_indices(inputs: Any, idx_list: tuple) -> list[Variable]:
    """The run-time entries as scalar variables of the types that `idx_list` names (TypeError otherwise)."""
    types = collapse(idx_list, lambda entry: isinstance(entry, Scalar))
    if len(types) != len(inputs):
        raise IndexError(
            explain(
                "basic indexing: one input per run-time index",
                f"{len(inputs)} inputs for {len(types)} entries",
                "give one scalar for each entry of idx_list",
            )
        )
    found = []
    for wanted, given in zip(types, inputs, strict=True):
        scalar = _as_scalar_variable(given, wanted)
        if scalar.type != wanted:
            raise TypeError(explain(f"basic indexing: an index of type {wanted}", f"got {scalar.type}", "cast it"))
        found.append(scalar)
    return found


def _as_scalar_variable(given: Any, wanted: Scalar) -> Variable:
    if not isinstance(given, Variable):
        return wanted.make_constant(wanted.filter(given))
    return given if isinstance(given.type, Scalar) else scalar_from_tensor(given)


def indexed_pattern(x: Variable, index: tuple) -> list[bool]:
    """Broadcast flags of `x` under a basic index: a kept length of 1 must surely contain element 0."""
    if len(index) > x.type.ndim:
        raise IndexError(
            explain(
                f"index {x.type} with {len(index)} entries",
                f"it has {x.type.ndim} dimensions",
                "use fewer entries",
            )
        )
    flags = []
    for flag, entry in zip(x.type.broadcastable, index, strict=False):
        if isinstance(entry, slice):
            flags.append(flag and _keeps_one(entry))
    return [*flags, *x.type.broadcastable[len(index) :]]


def _keeps_one(entry: slice) -> bool:
    bounds = [known_int(bound) for bound in (entry.start, entry.stop, entry.step)]
    if not all(bound is None or isinstance(bound, int) for bound in bounds) or bounds[2] == 0:
        return False
    return len(range(*slice(*bounds).indices(1))) == 1


class Subtensor(Op):
    """A view of a tensor under ints and slices.

    Parameters
    ----------
    idx_list : sequence
        One entry per indexed dimension: a scalar type for a run-time integer, or a slice of scalar types and None.
        The run-time numbers are the inputs after the tensor.
    """

    __props__ = ("idx_list",)
    view_map = {0: [0]}

    def __init__(self, idx_list: Any) -> None:
        self.idx_list = tuple(convert_entry(entry) for entry in idx_list)

    def _key(self) -> tuple:
        return basic_index_key(self.idx_list)

    def __str__(self) -> str:
        return f"Subtensor{{{', '.join(entry_text(entry) for entry in self.idx_list)}}}"

    def make_node(self, x: Any, *inputs: Any) -> Apply:
        x = as_tensor_variable(x)
        indices = runtime_indices(inputs, self.idx_list)
        pattern = indexed_pattern(x, get_idx_list([x, *indices], self.idx_list))
        return Apply(self, [x, *indices], [tensor_type(x.type.dtype, tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x = inputs[0]
        try:
            output_storage[0][0] = np.asarray(x[get_idx_list(inputs, self.idx_list)])
        except IndexError as error:
            raise IndexError(
                explain(f"{self} of a value of shape {x.shape}", str(error), "keep indices in range")
            ) from None

    def infer_shape(self, node: Apply, shapes: list) -> list:
        lengths = shapes[0]
        index = get_idx_list(node.inputs, self.idx_list)
        kept = [
            slice_length(entry, length)
            for entry, length in zip(index, lengths, strict=False)
            if isinstance(entry, slice)
        ]
        return [(*kept, *lengths[len(index) :])]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], *([False] for _ in node.inputs[1:])]

    def lower(self, node: Apply, build: Any) -> Any:
        return build.view("subtensor", self.idx_list)
