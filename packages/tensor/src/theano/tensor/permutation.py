"""Permutations of the last dimension, and choosing among tensors by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["Choose", "PermuteRowElements", "choose", "inverse_permutation", "permute_row_elements"]


@frozen_op
class PermuteRowElements(Op):
    """Inputs (x, y, inverse): the last dimension of x permuted by the index rows y; leading dimensions broadcast."""

    def make_node(self, x: Any, y: Any, inverse: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        inverse = as_tensor_variable(np.asarray(int(inverse), "int32") if isinstance(inverse, bool | int) else inverse)
        if not y.type.dtype.startswith(("int", "uint")) or y.type.ndim == 0 or x.type.ndim == 0:
            raise TypeError(explain("permute_row_elements: integer index rows", f"got {x.type}, {y.type}", "cast them"))
        if not inverse.type.dtype.startswith(("int", "uint")) or inverse.type.ndim != 0:
            raise TypeError(explain("permute_row_elements: inverse as an integer", f"got {inverse.type}", "use 0 or 1"))
        rank = max(x.type.ndim, y.type.ndim)
        x = x.dimshuffle(*["x"] * (rank - x.type.ndim), *range(x.type.ndim))
        y = y.dimshuffle(*["x"] * (rank - y.type.ndim), *range(y.type.ndim))
        pattern = [a and b for a, b in zip(x.type.broadcastable, y.type.broadcastable, strict=True)]
        return Apply(self, [x, y, inverse], [TensorType(x.type.dtype, pattern)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y, inverse = inputs
        shape = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
        if x.shape[-1] != y.shape[-1]:
            raise ValueError(
                explain(
                    f"permute_row_elements of rows of length {x.shape[-1]}",
                    f"index rows of length {y.shape[-1]}",
                    "both need the same last length",
                )
            )
        rows = np.broadcast_to(x, (*shape, x.shape[-1]))
        order = np.broadcast_to(y, (*shape, y.shape[-1])).astype("int64")
        out = np.empty(rows.shape, dtype=x.dtype)
        if inverse:
            np.put_along_axis(out, order, rows, axis=-1)
        else:
            out[...] = np.take_along_axis(rows, order, axis=-1)
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, y = shapes[:2]
        stretched = node.inputs[0].type.broadcastable
        return [(*(b if flag else a for a, b, flag in zip(x[:-1], y[:-1], stretched, strict=False)), x[-1])]


_permute_row_elements = PermuteRowElements()


def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Variable:
    """`x` with its last dimension permuted by the integer index rows `y`.

    Parameters
    ----------
    x : TensorVariable
    y : integer tensor
        Rows of indices; leading dimensions of `x` and `y` broadcast.
    inverse : int or integer scalar
        Nonzero applies the inverse permutations.
    """
    return _permute_row_elements(x, y, inverse)


def inverse_permutation(perm: Any) -> Variable:
    """Inverse of each permutation in the last dimension of `perm`, same dtype."""
    perm = as_tensor_variable(perm)
    # lazy: the constructors stand on indexing as this module does
    from theano.tensor.creation import arange
    from theano.tensor.shape import shape_i

    return permute_row_elements(arange(shape_i(perm, perm.type.ndim - 1), dtype=perm.type.dtype), perm, inverse=1)


@frozen_op
class Choose(Op):
    """Inputs (a, choices): per element of the integers a, the element of that choice; choices along axis 0."""

    mode: str

    def __post_init__(self) -> None:
        if self.mode not in ("raise", "wrap", "clip"):
            raise ValueError(explain(f"choose: mode {self.mode!r}", "no such mode", "use 'raise', 'wrap' or 'clip'"))

    def make_node(self, a: Any, *choices: Any) -> Apply:
        a = as_tensor_variable(a)
        if not a.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("choose: integer indices", f"got {a.type}", "cast the indices"))
        parts = [as_tensor_variable(choice) for choice in choices]
        rows = parts if len(parts) > 1 else [parts[0]]
        inner = [p.type.broadcastable[1:] if len(parts) == 1 else p.type.broadcastable for p in rows]
        flags = [a.type.broadcastable, *inner]
        rank = max(len(f) for f in flags)
        pattern = [all(f[i - (rank - len(f))] for f in flags if i >= rank - len(f)) for i in range(rank)]
        return Apply(self, [a, *parts], [TensorType(upcast(*[p.type.dtype for p in parts]), pattern)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, *parts = inputs
        choices = parts if len(parts) > 1 else list(parts[0])
        dtype = node.outputs[0].type.dtype
        index, *rows = np.broadcast_arrays(a, *choices)
        stacked = np.stack(rows).astype(dtype)
        index = _in_range(index.astype("int64"), len(rows), self.mode)
        output_storage[0][0] = np.asarray(np.take_along_axis(stacked, index[None], axis=0)[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: math stands on indexing
        from theano.tensor import math as tm

        inner = [shapes[1][1:]] if len(shapes) == 2 else shapes[1:]
        rank = node.outputs[0].type.ndim
        lengths = []
        for i in range(rank):
            found: Any = 1
            for shape in (shapes[0], *inner):
                own = i - (rank - len(shape))
                if own >= 0:
                    unset = isinstance(found, int) and found == 1
                    found = shape[own] if unset else tm.switch(tm.eq(found, 1), shape[own], found)
            lengths.append(found)
        return [tuple(lengths)]

    def connection_pattern(self, node: Apply) -> list:
        return [[False], *([True] for _ in node.inputs[1:])]


def _in_range(index: np.ndarray, count: int, mode: str) -> np.ndarray:
    if mode == "wrap":
        return index % count
    if mode == "clip":
        return np.clip(index, 0, count - 1)
    if ((index < 0) | (index >= count)).any():
        raise ValueError(
            explain(
                f"choose among {count}",
                f"indices from {index.min()} to {index.max()}",
                "use mode 'wrap' or 'clip'",
            )
        )
    return index


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Variable:
    """Per element of the integer tensor `a`, the matching element of one of the choices; all broadcast.

    Parameters
    ----------
    a : integer tensor
    choices : list of tensors, or tensor whose first dimension enumerates them
    out : None
        Only for likeness with NumPy.
    mode : {'raise', 'wrap', 'clip'}
        What an index out of range does.
    """
    if out is not None:
        raise ValueError(explain("choose: out", "results are new tensors", "pass out=None"))
    if isinstance(choices, list | tuple) and len(choices) > 1:
        return Choose(mode)(a, *choices)
    if isinstance(choices, list | tuple):
        choices = as_tensor_variable(choices[0]).dimshuffle("x", *range(as_tensor_variable(choices[0]).type.ndim))
    return Choose(mode)(a, choices)
