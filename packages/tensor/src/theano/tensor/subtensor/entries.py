"""Index tuples: their symbolic entries, and turning index objects into variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from theano.errors import TheanoError, explain
from theano.graph import Type, Variable
from theano.scalar import Scalar, ScalarConstant, int64
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.make_vector import TensorFromScalar, as_tensor_from_scalar, scalar_from_tensor
from theano.tensor.type import TensorType
from theano.tensor.type_other import NoneConst, NoneTypeT, SliceConstant, SliceType, make_slice, slicetype

__all__ = [
    "AdvancedBooleanIndexingError",
    "AdvancedIndexingError",
    "as_index_constant",
    "as_index_variable",
    "collapse",
    "convert_entry",
    "entry_text",
    "get_idx_list",
    "make_constant",
]


class AdvancedIndexingError(TheanoError, TypeError):
    """The index needs fancy indexing."""


class AdvancedBooleanIndexingError(TheanoError, TypeError):
    """The index needs boolean-mask indexing."""


def _as_scalar(entry: Variable) -> Variable:
    if isinstance(entry.type, Scalar):
        return entry
    made_of_scalar = entry.owner is not None and isinstance(entry.owner.op, TensorFromScalar)
    return entry.owner.inputs[0] if made_of_scalar else scalar_from_tensor(entry)


# positions that programs write out are small, so their constants are shared; larger ones are made each time
_small_constants: dict[int, ScalarConstant] = {}


def _int_constant(n: int) -> ScalarConstant:
    known = _small_constants.get(n)
    if known is None:
        known = ScalarConstant(int64, n)
        if -100 <= n <= 100:
            _small_constants[n] = known
    return known


def as_index_constant(a: Any) -> Any:
    """A Python int or a slice of ints with every number as an int64 scalar constant; other objects unchanged."""
    if isinstance(a, slice):
        return slice(*[as_index_constant(bound) for bound in (a.start, a.stop, a.step)])
    if isinstance(a, int | np.integer) and not isinstance(a, bool):
        return _int_constant(int(a))
    if isinstance(a, np.ndarray) and a.ndim == 0 and a.dtype.kind in "iu":
        return _int_constant(int(a))
    if isinstance(a, Variable) and isinstance(a.type, TensorType) and a.type.ndim == 0:
        return _as_scalar(a)
    return a


def make_constant(args: Any) -> tuple:
    """An index tuple with every Python int, also inside slices, as an int64 scalar constant."""
    return tuple(as_index_constant(arg) for arg in (args if isinstance(args, tuple) else (args,)))


def convert_entry(entry: Any, slice_ok: bool = True) -> Any:
    """What `Subtensor.idx_list` holds for an index: scalar types for run-time numbers, None, slices of both.

    Raises
    ------
    AdvancedIndexingError
        The entry is not basic (an array, a mask, a float...).
    """
    if entry is None and not slice_ok:
        return None
    if isinstance(entry, slice) and slice_ok:
        return slice(*[convert_entry(bound, slice_ok=False) for bound in (entry.start, entry.stop, entry.step)])
    if isinstance(entry, Variable):
        if isinstance(entry.type, NoneTypeT) and not slice_ok:
            return None
        if isinstance(entry.type, SliceType) and slice_ok:
            raise AdvancedIndexingError(explain("a basic index", "a symbolic slice", "index with its bounds"))
        dtype = getattr(entry.type, "dtype", "")
        if dtype.startswith(("int", "uint")) and getattr(entry.type, "ndim", 0) == 0:
            return entry.type if isinstance(entry.type, Scalar) else scalar_from_tensor(entry).type
    elif isinstance(entry, Scalar) and entry.dtype.startswith(("int", "uint")):
        return entry
    elif isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        return int64
    raise AdvancedIndexingError(
        explain(
            "a basic index entry",
            f"got {entry!r}",
            "use ints, 0-d integer variables and slices of them",
        )
    )


def collapse(idxs: Iterable[Any], cond: Callable[[Any], bool]) -> list[Any]:
    """The entries, and the bounds of the slices among them, for which `cond` holds, in order."""
    found = []
    for entry in idxs:
        parts = (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)
        found.extend(part for part in parts if cond(part))
    return found


def get_idx_list(inputs: Any, idx_list: Any, get_count: bool = False) -> Any:
    """The index tuple of a basic-indexing node, with the run-time entries taken from `inputs` after the first.

    Parameters
    ----------
    inputs : sequence
        Variables or values, the indexed tensor first.
    idx_list : tuple of scalar types and slices of them
    get_count : bool
        Return how many inputs the index took instead.
    """
    rest = list(inputs[1:])
    taken = 0

    def fill(entry: Any) -> Any:
        nonlocal taken
        if isinstance(entry, Type):
            taken += 1
            return rest[taken - 1]
        if isinstance(entry, slice):
            return slice(fill(entry.start), fill(entry.stop), fill(entry.step))
        return entry

    index = tuple([fill(entry) for entry in idx_list])
    return taken if get_count else index


def entry_text(entry: Any) -> str:
    """How an entry of an ``idx_list`` is printed."""
    if isinstance(entry, slice):
        bounds = ["" if bound is None else str(bound) for bound in (entry.start, entry.stop, entry.step)]
        return ":".join(bounds)
    return str(entry)


def _slice_variable(idx: slice) -> Variable:
    bounds = (idx.start, idx.stop, idx.step)
    if all(bound is None or isinstance(bound, int | np.integer) for bound in bounds):
        return SliceConstant(slicetype, idx)
    return make_slice(slice(*[as_tensor_from_scalar(bound) for bound in bounds]))


def as_index_variable(idx: Any) -> Variable:
    """An index object as variable: slice, None, integer or bool tensor; else TypeError."""
    if idx is None or (isinstance(idx, Variable) and isinstance(idx.type, NoneTypeT)):
        return NoneConst
    if isinstance(idx, slice):
        return _slice_variable(idx)
    if isinstance(idx, Variable) and isinstance(idx.type, SliceType):
        return idx
    if isinstance(idx, list | tuple) and len(idx) == 0:
        idx = np.zeros(0, dtype="int64")
    variable = as_tensor_variable(as_tensor_from_scalar(idx))
    if not variable.type.dtype.startswith(("int", "uint", "bool")):
        raise TypeError(
            explain(
                "an index of integers or booleans",
                f"got {variable} of {variable.type}",
                "cast it to an integer dtype",
            )
        )
    return variable
