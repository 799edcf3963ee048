"""Rows by one integer vector: AdvancedSubtensor1 and its writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = [
    "AdvancedIncSubtensor1",
    "AdvancedSubtensor1",
    "advanced_inc_subtensor1",
    "advanced_set_subtensor1",
    "advanced_subtensor1",
]


def _rows(op: Op, x: Any, ilist: Any) -> tuple[Variable, Variable]:
    x, ilist = as_tensor_variable(x), as_tensor_variable(ilist)
    if not ilist.type.dtype.startswith(("int", "uint")) or ilist.type.ndim != 1:
        raise TypeError(explain(f"{op}: rows as an integer vector", f"got {ilist.type}", "cast or flatten the index"))
    if x.type.ndim == 0:
        raise TypeError(explain(f"{op}: a tensor with rows", f"got {x.type}", "a 0-d tensor cannot be indexed"))
    return x, ilist


@frozen_op
class AdvancedSubtensor1(Op):
    """Inputs (x, rows): the rows of x chosen by an integer vector, as a copy."""

    sparse_grad: bool = False

    def __str__(self) -> str:
        return "AdvancedSubtensor1{sparse_grad}" if self.sparse_grad else "AdvancedSubtensor1"

    def make_node(self, x: Any, ilist: Any) -> Apply:
        x, ilist = _rows(self, x, ilist)
        pattern = (ilist.type.broadcastable[0], *x.type.broadcastable[1:])
        return Apply(self, [x, ilist], [tensor_type(x.type.dtype, tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, rows = inputs
        try:
            output_storage[0][0] = x.take(rows.astype("int64", copy=False), axis=0)
        except IndexError:
            raise IndexError(_out_of_range(self, x, rows)) from None

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, rows = shapes
        return [(rows[0], *x[1:])]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [False]]


def _out_of_range(op: Op, x: np.ndarray, rows: np.ndarray) -> str:
    bad = [int(i) for i in rows if not -len(x) <= i < len(x)][:5]
    return explain(f"{op}: rows {bad}", f"the value has shape {x.shape}", "keep indices below the length of axis 0")


@frozen_op
class AdvancedIncSubtensor1(Op):
    """Inputs (x, y, rows): x with y added to its rows (repeats accumulate), or with the rows replaced by y."""

    inplace: bool = False
    set_instead_of_inc: bool = False

    @property
    def destroy_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """Output 0 overwrites x in the in-place form."""
        return {0: [0]} if self.inplace else {}

    def __str__(self) -> str:
        place = "inplace" if self.inplace else "no_inplace"
        return f"AdvancedIncSubtensor1{{{place},{'set' if self.set_instead_of_inc else 'inc'}}}"

    def clone_inplace(self) -> AdvancedIncSubtensor1:
        """The in-place form."""
        return AdvancedIncSubtensor1(True, self.set_instead_of_inc)

    def make_node(self, x: Any, y: Any, ilist: Any) -> Apply:
        x, ilist = _rows(self, x, ilist)
        y = as_tensor_variable(y)
        if y.type.ndim > x.type.ndim:
            raise TypeError(
                explain(
                    f"{self}: a value of {y.type.ndim} dimensions",
                    f"the tensor has {x.type.ndim}",
                    "reduce the value",
                )
            )
        return Apply(self, [x, y, ilist], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y, rows = inputs
        out = x if self.inplace else x.copy()
        rows = rows.astype("int64", copy=False)
        try:
            if self.set_instead_of_inc:
                out[rows] = y
            else:
                np.add.at(out, rows, y.astype(out.dtype, copy=False))
        except IndexError:
            raise IndexError(_out_of_range(self, x, rows)) from None
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [True], [False]]


advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)
