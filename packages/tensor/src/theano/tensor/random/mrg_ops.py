"""The ops of the MRG31k3p streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.math import cast
from theano.tensor.random.mrg import uniforms
from theano.tensor.random.sizes import draw_shape
from theano.tensor.type import TensorType

__all__ = ["DotModulo", "mrg_uniform", "mrg_uniform_base"]


class mrg_uniform_base(Op):
    """Inputs (states, size): the states behind the draw, and numbers of the open interval from 0 to 1.

    Parameters
    ----------
    output_type : TensorType
        Of the sample, a float type.
    inplace : bool
        Write the new states over the given ones.
    """

    __props__ = ("output_type", "inplace")

    def __init__(self, output_type: TensorType, inplace: bool = False) -> None:
        self.output_type = output_type
        self.inplace = bool(inplace)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def __str__(self) -> str:
        kind = "inplace" if self.inplace else "no_inplace"
        return f"{type(self).__name__}{{{self.output_type},{kind}}}"

    def make_node(self, rstate: Any, size: Any) -> Apply:
        """One output for the states, one for the sample."""
        rstate, size = as_tensor_variable(rstate), as_tensor_variable(size, ndim=1)
        if rstate.type.dtype != "int32" or rstate.type.ndim != 2:
            found = f"got {rstate.type}"
            raise TypeError(explain(f"{self}: states, a matrix of int32", found, "take get_substream_rstates"))
        if not size.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain(f"{self}: the size as integers", f"got {size.type}", "cast it"))
        return Apply(self, [rstate, cast(size, "int64")], [rstate.type(), self.output_type()])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        flags = self.output_type.broadcastable
        return [shapes[0], tuple(1 if flag else node.inputs[1][i] for i, flag in enumerate(flags))]

    def connection_pattern(self, node: Apply) -> list:
        """Nothing about a draw is differentiable."""
        return [[False, False], [False, False]]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


class mrg_uniform(mrg_uniform_base):
    """The draw on the CPU."""

    @classmethod
    def new(cls, rstate: Any, ndim: int | None, dtype: str, size: Any) -> list[Variable]:
        """States and sample for a size given as numbers or as a vector."""
        _, shape, flags = draw_shape(ndim, size)
        return cls(TensorType(dtype, flags))(rstate, shape)

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        states, size = inputs
        lengths = tuple(int(n) for n in size)
        flags = self.output_type.broadcastable
        if len(lengths) != len(flags):
            asked = f"{self}: {len(flags)} lengths"
            raise ValueError(explain(asked, f"a size with {len(lengths)}", "pass the right ndim"))
        for axis, (n, flag) in enumerate(zip(lengths, flags, strict=True)):
            if n < 0 or (flag and n != 1):
                found = f"length {n} for dimension {axis}"
                raise ValueError(
                    explain(f"{self} of size {lengths}", found, "give lengths of 0 or more that fit the type")
                )
        count = int(np.prod(lengths, dtype="int64"))
        if states.shape[1] != 6 or (count and not len(states)):
            raise ValueError(
                explain(f"{self}: rows of six words", f"states of shape {states.shape}", "give such states")
            )
        after, sample = uniforms(states, count, self.output_type.dtype)
        if self.inplace:
            states[...] = after
            after = states
        output_storage[0][0] = after
        output_storage[1][0] = sample.reshape(lengths)


@frozen_op
class DotModulo(Op):
    """Inputs (A, s, m, A2, s2, m2): both products of a matrix and a vector modulo a number, one behind the other."""

    def make_node(self, A: Any, s: Any, m: Any, A2: Any, s2: Any, m2: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (A, s, m, A2, s2, m2)]
        return Apply(self, inputs, [inputs[1].type.clone(broadcastable=(False,))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        parts = []
        for a, s, m in (inputs[:3], inputs[3:]):
            products = a.astype("int64") * s.astype("int64") % int(m)
            parts.append(products.sum(axis=1) % int(m))
        output_storage[0][0] = np.concatenate(parts).astype(node.outputs[0].type.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0] + shapes[3][0],)]

    def connection_pattern(self, node: Apply) -> list:
        """Of integers."""
        return [[False]] * 6
