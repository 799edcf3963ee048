"""Overwriting diagonals: fill_diagonal, fill_diagonal_offset."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable

__all__ = ["FillDiagonal", "FillDiagonalOffset", "fill_diagonal", "fill_diagonal_", "fill_diagonal_offset"]


def _tensor_and_value(what: str, a: Any, val: Any, exact_rank: bool) -> tuple[Variable, Variable]:
    a, val = as_tensor_variable(a), as_tensor_variable(val)
    if a.type.ndim < 2 or (exact_rank and a.type.ndim != 2):
        raise TypeError(explain(f"{what}: a tensor with a diagonal", f"got {a.type}", "give two dimensions or more"))
    if val.type.ndim != 0:
        raise TypeError(explain(f"{what}: a scalar value", f"got {val.type}", "give a number or 0-d tensor"))
    if upcast(a.type.dtype, val.type.dtype) != a.type.dtype:
        raise TypeError(
            explain(
                f"{what}: a value of dtype {val.type.dtype} in {a.type.dtype}",
                "it does not fit",
                "cast the value",
            )
        )
    # lazy: math stands on indexing
    from theano.tensor.math import cast

    return a, cast(val, a.type.dtype)


@frozen_op
class FillDiagonal(Op):
    """Inputs (a, val): a copy of a with its main diagonal set; tall matrices do not wrap."""

    def make_node(self, a: Any, val: Any) -> Apply:
        a, val = _tensor_and_value("fill_diagonal", a, val, exact_rank=False)
        if a.type.ndim > 2 and len(set(a.type.broadcastable)) > 1:
            raise TypeError(
                explain(
                    "fill_diagonal above two dimensions: equal lengths",
                    f"got {a.type}",
                    "use equal broadcast flags",
                )
            )
        return Apply(self, [a, val], [a.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, val = inputs
        out = a.copy()
        if out.ndim > 2:
            np.fill_diagonal(out, val)
        else:
            steps = np.arange(min(out.shape))
            out[steps, steps] = val
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


@frozen_op
class FillDiagonalOffset(Op):
    """Inputs (a, val, offset): a copy of the matrix a with one diagonal set; positive offsets lie above."""

    def make_node(self, a: Any, val: Any, offset: Any) -> Apply:
        a, val = _tensor_and_value("fill_diagonal_offset", a, val, exact_rank=True)
        offset = as_tensor_variable(offset)
        if offset.type.ndim != 0 or not offset.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("fill_diagonal_offset: an integer offset", f"got {offset.type}", "cast it"))
        return Apply(self, [a, val, offset], [a.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, val, offset = inputs
        out = a.copy()
        rows, cols = max(0, -int(offset)), max(0, int(offset))
        steps = np.arange(max(0, min(out.shape[0] - rows, out.shape[1] - cols)))
        out[steps + rows, steps + cols] = val
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


fill_diagonal_ = FillDiagonal()
fill_diagonal_offset = FillDiagonalOffset()


def fill_diagonal(a: Any, val: Any) -> Variable:
    """A copy of `a` with its main diagonal set to the scalar `val`.

    Parameters
    ----------
    a : TensorVariable with two dimensions or more
    val : scalar whose dtype fits that of `a`
    """
    return fill_diagonal_(a, val)
