"""Shapes as symbolic values: reading them (Shape, Shape_i) and asserting them (SpecifyShape)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["Shape", "Shape_i", "SpecifyShape", "shape", "shape_i", "shape_i_op", "shape_tuple", "specify_shape"]

_lscalar = TensorType("int64", ())
_lvector = TensorType("int64", (False,))


@frozen_op
class Shape(Op):
    """The lengths of any value that has a ``shape``, as an int64 vector."""

    def make_node(self, x: Any) -> Apply:
        if not isinstance(x, Variable):
            x = as_tensor_variable(x)
        return Apply(self, [x], [_lvector()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = np.asarray(np.shape(inputs[0]), dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(node.inputs[0].type.ndim,)]

    def connection_pattern(self, node: Apply) -> list:
        return [[False]]


@frozen_op
class Shape_i(Op):
    """One length of a tensor as an int64 scalar."""

    i: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "i", int(self.i))

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"

    def make_node(self, x: Any) -> Apply:
        if not isinstance(x, Variable):
            x = as_tensor_variable(x)
        ndim = getattr(x.type, "ndim", None)
        if ndim is None or not 0 <= self.i < ndim:
            raise TypeError(
                explain(
                    f"Shape_i: length of dimension {self.i} of {x}",
                    f"{x.type} has {ndim} dimensions",
                    "ask for a dimension between 0 and ndim - 1",
                )
            )
        return Apply(self, [x], [_lscalar()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = np.asarray(inputs[0].shape[self.i], dtype="int64")

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [()]

    def connection_pattern(self, node: Apply) -> list:
        return [[False]]


@cache
def shape_i_op(i: int) -> Shape_i:
    """The `Shape_i` op for dimension `i`; equal calls give the same object."""
    return Shape_i(i)


def shape_i(var: Variable, i: int, fgraph: Any = None) -> Variable:
    """Length of dimension `i` of `var`, through the shape feature of `fgraph` when it has one.

    Returns
    -------
    TensorVariable, (), int64
    """
    feature = getattr(fgraph, "shape_feature", None) if fgraph is not None else None
    known = feature.shape_of.get(var) if feature is not None else None
    if known is not None:
        return known[i]
    return shape_i_op(i)(var)


_shape = Shape()


def shape(x: Any) -> Variable:
    """The lengths of `x` as a symbolic int64 vector of length ``x.ndim``."""
    return _shape(x)


def shape_tuple(x: Variable) -> tuple[Any, ...]:
    """The lengths of `x` one by one: the int 1 where it is broadcastable, else a 0-d int64 variable."""
    return tuple(1 if flag else shape_i_op(i)(x) for i, flag in enumerate(x.type.broadcastable))


@frozen_op
class SpecifyShape(Op):
    """Its first input unchanged, after a check that it has the given full shape (AssertionError)."""

    view_map = {0: [0]}

    def make_node(self, x: Any, shape: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        shape = as_tensor_variable(shape)
        if not shape.type.dtype.startswith(("int", "uint")) or shape.type.ndim != 1:
            if shape.type.ndim != 1 or getattr(shape, "data", np.zeros(1)).size:
                raise TypeError(
                    explain(
                        "specify_shape: the shape must be a vector of integers",
                        f"got {shape.type}",
                        "give a tuple of ints or an integer vector with one entry per dimension",
                    )
                )
            shape = as_tensor_variable(np.zeros(0, dtype="int64"))
        self._check_length(x, shape)
        return Apply(self, [x, shape], [x.type()])

    @staticmethod
    def _check_length(x: Variable, shape: Variable) -> None:
        # lazy: constant_value reads graphs of every op, this one included
        from theano.tensor.constant_value import get_vector_length

        try:
            length = get_vector_length(shape)
        except ValueError:
            return
        if length != x.type.ndim:
            raise ValueError(
                explain(
                    f"specify_shape: the full shape of {x.type}",
                    f"{length} lengths for {x.type.ndim} dimensions",
                    "name one length per dimension",
                )
            )

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, wanted = inputs
        if x.ndim != wanted.shape[0] or x.shape != tuple(wanted):
            raise AssertionError(
                explain(
                    f"specify_shape: shape {tuple(int(n) for n in wanted)}",
                    f"the value has shape {x.shape}",
                    "feed a value of the promised shape or drop specify_shape",
                )
            )
        output_storage[0][0] = x

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: the rows read graphs of every op, this one included
        from theano.tensor.vector_rules import vector_entries

        x, wanted = node.inputs
        entries = vector_entries(wanted, x.type.ndim)
        return [
            tuple(
                1 if flag else wanted[i] if entry is None else entry
                for i, (flag, entry) in enumerate(zip(x.type.broadcastable, entries, strict=True))
            )
        ]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [False]]


specify_shape = SpecifyShape()
