"""What ``x[...]`` means: choosing the indexing op, and ``take``."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Variable, variable_text
from theano.scalar import Scalar
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.make_vector import as_tensor_from_scalar
from theano.tensor.reshape import Reshape, flatten
from theano.tensor.shape import shape_i, shape_tuple
from theano.tensor.subtensor.advanced import advanced_boolean_subtensor, advanced_subtensor
from theano.tensor.subtensor.basic import Subtensor
from theano.tensor.subtensor.entries import collapse, make_constant
from theano.tensor.subtensor.rows import advanced_subtensor1
from theano.tensor.type_other import NoneTypeT, SliceType

__all__ = ["getitem", "take"]


def _is_full(entry: Any) -> bool:
    return isinstance(entry, slice) and entry == slice(None)


def _has_bool(entry: Any) -> bool:
    """Whether a Python or NumPy bool stands in a (nested) list."""
    pending = [entry]
    while pending:
        item = pending.pop()
        if isinstance(item, bool | np.bool_):
            return True
        if isinstance(item, list | tuple):
            pending.extend(item)
    return False


def _entry(entry: Any) -> Any:
    """One index object in a normal form: slice, None, Ellipsis, int, or an integer or bool variable."""
    if entry is None or entry is Ellipsis:
        return entry
    if isinstance(entry, slice):
        return slice(*[_bound(bound) for bound in (entry.start, entry.stop, entry.step)])
    if isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        return int(entry)
    if _has_bool(entry):
        raise TypeError(
            explain(
                f"index with {entry!r}",
                "Python bools are no indices",
                "use a NumPy array of dtype bool as mask",
            )
        )
    if isinstance(entry, Variable) and isinstance(entry.type, NoneTypeT):
        return None
    if isinstance(entry, Variable) and isinstance(entry.type, SliceType):
        return entry
    return _array_entry(entry)


def _bound(bound: Any) -> Any:
    if bound is None or (isinstance(bound, Variable) and isinstance(bound.type, NoneTypeT)):
        return None
    if isinstance(bound, int | np.integer) and not isinstance(bound, bool):
        return int(bound)
    variable = as_tensor_variable(as_tensor_from_scalar(bound))
    if variable.type.ndim != 0 or not variable.type.dtype.startswith(("int", "uint")):
        raise TypeError(
            explain(
                "a slice bound as an integer scalar",
                f"got {bound!r} of {variable.type}",
                "cast it to an integer",
            )
        )
    return variable


def _array_entry(entry: Any) -> Variable:
    if isinstance(entry, list | tuple) and len(entry) == 0:
        entry = np.zeros(0, dtype="int64")
    variable = as_tensor_variable(as_tensor_from_scalar(entry))
    dtype = variable.type.dtype
    if dtype == "bool" and variable.type.ndim == 0:
        raise TypeError(explain("index with a 0-d bool", f"{variable}", "use switch, or a mask with dimensions"))
    if not dtype.startswith(("int", "uint", "bool")):
        raise TypeError(
            explain(
                f"index with {variable_text(variable)} of {variable.type}",
                "indices are integers, slices or bool masks",
                "cast it to an integer dtype",
            )
        )
    if dtype.startswith("uint") and variable.type.ndim == 0:
        # lazy: math stands on indexing
        from theano.tensor.math import cast

        return cast(variable, "int64")
    return variable


def _is_array(entry: Any) -> bool:
    return isinstance(entry, Variable) and not isinstance(entry.type, Scalar | SliceType) and entry.type.ndim > 0


def _dims(entry: Any) -> int:
    if entry is None:
        return 0
    return entry.type.ndim if _is_array(entry) and entry.type.dtype == "bool" else 1


def _normal_index(x: Variable, args: Any) -> list[Any]:
    """The index as a list in normal form, with the Ellipsis written out as full slices."""
    if isinstance(args, list) and any(isinstance(a, slice) or a is Ellipsis or a is None for a in args):
        args = tuple(args)
    index = [_entry(entry) for entry in (args if isinstance(args, tuple) else (args,))]
    dots = [i for i, entry in enumerate(index) if entry is Ellipsis]
    if len(dots) > 1:
        raise IndexError(explain("an index with one Ellipsis", f"{len(dots)} of them", "write the slices out"))
    taken = sum(_dims(entry) for entry in index if entry is not Ellipsis)
    if taken > x.type.ndim:
        raise IndexError(
            explain(
                f"index {variable_text(x)} with {taken} dimensions",
                f"a {x.type}, it has {x.type.ndim}",
                "index at most every dimension",
            )
        )
    if dots:
        index[dots[0] : dots[0] + 1] = [slice(None)] * (x.type.ndim - taken)
    return index


def getitem(x: Variable, args: Any) -> Variable:
    """``x[args]`` for a tensor variable: basic (a view), integer-array or boolean indexing (a copy)."""
    index = _normal_index(x, args)
    arrays = [i for i, entry in enumerate(index) if _is_array(entry)]
    symbolic_slices = any(isinstance(e, Variable) and isinstance(e.type, SliceType) for e in index)
    if not arrays and not symbolic_slices:
        return _basic(x, index)
    if any(index[i].type.dtype == "bool" for i in arrays):
        return advanced_boolean_subtensor(x, *index)
    others = [entry for i, entry in enumerate(index) if i not in arrays]
    if len(arrays) == 1 and all(_is_full(entry) for entry in others):
        return take(x, index[arrays[0]], axis=arrays[0])
    return advanced_subtensor(x, *index)


def _basic(x: Variable, index: list[Any]) -> Variable:
    if any(entry is None for entry in index):
        order: list[Any] = []
        axis = 0
        rest = []
        for entry in index:
            order.append("x" if entry is None else axis)
            rest.append(slice(None) if entry is None else entry)
            axis += entry is not None
        x = x.dimshuffle(*order, *range(axis, x.type.ndim))
        if all(_is_full(entry) for entry in rest):
            return x
        index = rest
    entries = make_constant(tuple(index))
    return Subtensor(entries)(x, *collapse(entries, lambda entry: isinstance(entry, Variable)))


def _ranged(indices: Variable, length: Any, mode: str) -> Variable:
    """Indices brought into range as `mode` says."""
    # lazy: math stands on indexing
    from theano.tensor import math as tm

    if mode == "raise":
        return indices
    if mode == "clip":
        return tm.clip(indices, 0, length - 1)
    if mode == "wrap":
        return indices % length
    raise ValueError(explain(f"take: mode {mode!r}", "there is no such mode", "use 'raise', 'clip' or 'wrap'"))


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
    """Elements of `a` along `axis`.

    Parameters
    ----------
    a : TensorVariable
    indices : integer tensor of any rank
    axis : int, optional
        None takes from the flattened tensor.
    mode : {'raise', 'clip', 'wrap'}
        What an index out of range does: IndexError, the nearest end (negative become 0), modulo the length.

    Returns
    -------
    TensorVariable, a.ndim - 1 + indices.ndim dimensions, dtype of `a`
    """
    a = as_tensor_variable(a)
    if isinstance(indices, list | tuple) and len(indices) == 0:
        indices = np.zeros(0, dtype="int64")
    indices = as_tensor_variable(indices)
    if not indices.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("take: integer indices", f"got {indices.type}", "cast the indices"))
    if axis is None:
        a, axis = flatten(a), 0
    if not -a.type.ndim <= axis < a.type.ndim:
        raise ValueError(explain(f"take along axis {axis}", f"{a.type} has {a.type.ndim} dimensions", "stay in range"))
    axis = int(axis) % a.type.ndim
    indices = _ranged(indices, shape_i(a, axis), mode)
    if indices.type.ndim == 0:
        return a[(slice(None),) * axis + (indices,)]
    if axis:
        return _take_swapped(a, indices, axis)
    return _take_rows(a, indices)


def _take_rows(a: Variable, indices: Variable) -> Variable:
    if indices.type.ndim == 1:
        return advanced_subtensor1(a, indices)
    rows = advanced_subtensor1(a, flatten(indices))
    shape = [*shape_tuple(indices), *shape_tuple(a)[1:]]
    return Reshape(len(shape))(rows, shape)


def _take_swapped(a: Variable, indices: Variable, axis: int) -> Variable:
    """take along a later axis: bring it to the front, take rows, put the new dimensions back in its place."""
    front = [axis, *(i for i in range(a.type.ndim) if i != axis)]
    rows = _take_rows(a.dimshuffle(*front), indices)
    rank = indices.type.ndim
    back = [*range(rank, rank + axis), *range(rank), *range(rank + axis, rows.type.ndim)]
    return rows.dimshuffle(*back)
