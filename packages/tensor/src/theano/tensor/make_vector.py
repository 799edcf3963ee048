"""Between scalars and tensors: MakeVector, TensorFromScalar, ScalarFromTensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import Scalar, get_scalar_type, upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType, tensor_type

__all__ = [
    "MakeVector",
    "ScalarFromTensor",
    "TensorFromScalar",
    "as_tensor_from_scalar",
    "make_vector",
    "scalar_from_tensor",
    "scalars_to_vector",
    "tensor_from_scalar",
]


@frozen_op
class TensorFromScalar(Op):
    """A variable of scalar type as a 0-d tensor."""

    def make_node(self, s: Any) -> Apply:
        if not isinstance(s, Variable) or not isinstance(s.type, Scalar):
            raise TypeError(explain("tensor_from_scalar: a scalar variable", f"got {s!r}", "use as_tensor_variable"))
        return Apply(self, [s], [tensor_type(s.type.dtype, ())()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = np.asarray(inputs[0], dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [()]


@frozen_op
class ScalarFromTensor(Op):
    """A 0-d tensor as a variable of scalar type."""

    def make_node(self, t: Any) -> Apply:
        if not isinstance(t, Variable) or not isinstance(t.type, TensorType) or t.type.ndim != 0:
            raise TypeError(explain("scalar_from_tensor: a 0-d tensor", f"got {t!r}", "index the tensor down to 0-d"))
        return Apply(self, [t], [get_scalar_type(t.type.dtype)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = inputs[0].dtype.type(inputs[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [()]


tensor_from_scalar = TensorFromScalar()
scalar_from_tensor = ScalarFromTensor()


def as_tensor_from_scalar(x: Any) -> Any:
    """`x`, as a 0-d tensor when it is a variable of scalar type."""
    if isinstance(x, Variable) and isinstance(x.type, Scalar):
        node = x.owner
        return node.inputs[0] if node is not None and isinstance(node.op, ScalarFromTensor) else tensor_from_scalar(x)
    return x


@frozen_op
class MakeVector(Op):
    """A vector of 0-d inputs, which are cast up to `dtype`."""

    dtype: str = "int64"

    def __str__(self) -> str:
        return f"MakeVector{{dtype='{self.dtype}'}}"

    def make_node(self, *inputs: Any) -> Apply:
        items = [as_tensor_variable(item) for item in inputs]
        for i, item in enumerate(items):
            if item.type.ndim != 0:
                raise TypeError(explain(f"MakeVector: item {i}", f"{item.type}", "give 0-d tensors"))
            if upcast(item.type.dtype, self.dtype) != self.dtype:
                raise AssertionError(
                    explain(
                        f"MakeVector of dtype {self.dtype}: item {i} of dtype {item.type.dtype}",
                        "it would lose precision",
                        f"use MakeVector('{upcast(item.type.dtype, self.dtype)}') or cast the item",
                    )
                )
        if any(item.type.dtype != self.dtype for item in items):
            # lazy: math stands on this module
            from theano.tensor.math import cast

            items = [cast(item, self.dtype) for item in items]
        return Apply(self, items, [TensorType(self.dtype, (len(items) == 1,))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        out = np.empty(len(inputs), dtype=self.dtype)
        for i, item in enumerate(inputs):
            out[i] = item
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(len(node.inputs),)]


make_vector = MakeVector()


def scalars_to_vector(items: list[Variable]) -> Variable:
    """The vector of 0-d `items`, dtype their upcast."""
    return MakeVector(upcast(*[item.type.dtype for item in items]))(*items)
