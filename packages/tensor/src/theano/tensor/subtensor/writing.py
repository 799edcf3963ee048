"""set_subtensor and inc_subtensor: a new tensor from an indexed one and a value for the indexed part."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Variable
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.rebroadcast import addbroadcast
from theano.tensor.reshape import Reshape, flatten, product
from theano.tensor.shape import shape_tuple
from theano.tensor.subtensor.advanced import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedSubtensor,
)
from theano.tensor.subtensor.basic import Subtensor
from theano.tensor.subtensor.increment import IncSubtensor
from theano.tensor.subtensor.rows import AdvancedIncSubtensor1, AdvancedSubtensor1

__all__ = ["inc_subtensor", "set_subtensor"]


def set_subtensor(x: Variable, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Variable:
    """The tensor that `x` was indexed from, with the part `x` replaced by `y`.

    Parameters
    ----------
    x : TensorVariable
        Direct result of indexing a tensor A.
    y : tensor that broadcasts into `x`
        Cast to the dtype of A.
    inplace, tolerate_inplace_aliasing : bool
        For rewrites: write into A; let `y` share memory with A.

    Returns
    -------
    TensorVariable of the type of A

    Examples
    --------
    >>> import theano.tensor as T
    >>> v = T.constant([1, 2, 3])
    >>> set_subtensor(v[1:], 0).eval().tolist()
    [1, 0, 0]
    """
    return inc_subtensor(x, y, inplace, True, tolerate_inplace_aliasing)


def inc_subtensor(
    x: Variable,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Variable:
    """The tensor that `x` was indexed from, with `y` added to the part `x`; repeated indices accumulate.

    Parameters are those of `set_subtensor`; `set_instead_of_inc` replaces instead of adding.
    """
    x = as_tensor_variable(x)
    y = _fitted(x, as_tensor_variable(y))
    if x.owner is None:
        raise TypeError(_not_indexed(x))
    write = _WRITERS.get(type(x.owner.op))
    if write is None:
        raise TypeError(_not_indexed(x))
    return write(x, y, inplace, set_instead_of_inc, tolerate_inplace_aliasing)


def _not_indexed(x: Variable) -> str:
    found = "it is an input" if x.owner is None else f"it is made by {x.owner.op}"
    return explain(
        f"set_subtensor or inc_subtensor of {x}",
        f"{found}, not by indexing",
        "pass the indexing expression itself, as in set_subtensor(a[1:3], y)",
    )


def _fitted(x: Variable, y: Variable) -> Variable:
    """`y` in the dtype of `x`, flagged to broadcast where `x` is; its lengths there must be 1."""
    if y.type.ndim > x.type.ndim:
        raise TypeError(
            explain(
                f"set_subtensor or inc_subtensor: a value of {y.type.ndim} dimensions",
                f"the indexed part has {x.type.ndim}",
                "give a value that broadcasts into the indexed part",
            )
        )
    if y.type.dtype != x.type.dtype:
        # lazy: math stands on indexing
        from theano.tensor.math import cast

        y = cast(y, x.type.dtype)
    shift = x.type.ndim - y.type.ndim
    flagged = [i for i in range(y.type.ndim) if x.type.broadcastable[i + shift] and not y.type.broadcastable[i]]
    return addbroadcast(y, *flagged) if flagged else y


def _write_basic(x: Variable, y: Variable, inplace: bool, is_set: bool, aliasing: bool) -> Variable:
    base, *indices = x.owner.inputs
    op = IncSubtensor(x.owner.op.idx_list, inplace, is_set, [(0, 1)] if aliasing else None)
    return op(base, y, *indices)


def _write_rows(x: Variable, y: Variable, inplace: bool, is_set: bool, aliasing: bool) -> Variable:
    base, rows = x.owner.inputs
    return AdvancedIncSubtensor1(inplace, is_set)(base, y, rows)


def _write_fancy(x: Variable, y: Variable, inplace: bool, is_set: bool, aliasing: bool) -> Variable:
    base, *index = x.owner.inputs
    masked = isinstance(x.owner.op, AdvancedBooleanSubtensor)
    op = (AdvancedBooleanIncSubtensor if masked else AdvancedIncSubtensor)(inplace, is_set)
    return op(base, y, *index)


def _taken(x: Variable) -> bool:
    """Whether `x` is rows taken by an index vector, or a reshape of them."""
    node = x.owner
    if node is not None and isinstance(node.op, Reshape):
        node = node.inputs[0].owner
    return node is not None and isinstance(node.op, AdvancedSubtensor1)


def _write_reshaped(x: Variable, y: Variable, inplace: bool, is_set: bool, aliasing: bool) -> Variable:
    """take by an index of higher rank: x is a reshape of rows taken by the flattened index."""
    rows = x.owner.inputs[0]
    if not _taken(x):
        raise TypeError(_not_indexed(x))
    # lazy: alloc is needed here only
    from theano.tensor.alloc import alloc

    full = alloc(y, *shape_tuple(x))
    index_rank = x.type.ndim - rows.type.ndim + 1
    lengths = shape_tuple(x)
    shape = [product(lengths[:index_rank]), *lengths[index_rank:]]
    flat = flatten(full) if rows.type.ndim == 1 else Reshape(rows.type.ndim)(full, shape)
    return inc_subtensor(rows, flat, inplace, is_set, aliasing)


def _write_dimshuffled(x: Variable, y: Variable, inplace: bool, is_set: bool, aliasing: bool) -> Variable:
    """take along a later axis: x puts back the axes of rows taken from a tensor with that axis in front."""
    inner = x.owner.inputs[0]
    order = x.owner.op.new_order
    if sorted(order, key=str) != sorted(range(x.type.ndim), key=str) or not _taken(inner):
        raise TypeError(_not_indexed(x))
    rows = inner.owner.inputs[0] if isinstance(inner.owner.op, Reshape) else inner
    source = rows.owner.inputs[0]
    if source.owner is None or not isinstance(source.owner.op, DimShuffle):
        raise TypeError(_not_indexed(x))
    pads = ["x"] * (x.type.ndim - y.type.ndim)
    y = y.dimshuffle(*pads, *range(y.type.ndim))
    undo = [order.index(i) for i in range(len(order))]
    written = inc_subtensor(inner, y.dimshuffle(*undo), inplace, is_set, aliasing)
    front = source.owner.op.new_order
    return written.dimshuffle(*[front.index(i) for i in range(len(front))])


_WRITERS = {
    Subtensor: _write_basic,
    AdvancedSubtensor1: _write_rows,
    AdvancedSubtensor: _write_fancy,
    AdvancedBooleanSubtensor: _write_fancy,
    Reshape: _write_reshaped,
    DimShuffle: _write_dimshuffled,
}
