"""Selection and memory layout: squeeze, compress, bartlett, cpu_contiguous."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.subtensor.reading import take
from theano.tensor.type import TensorType

__all__ = ["Bartlett", "CpuContiguous", "bartlett", "compress", "cpu_contiguous", "squeeze"]


@frozen_op
class CpuContiguous(Op):
    """The input as a C-contiguous array: itself when it is one, else a copy."""

    view_map = {0: [0]}

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x = inputs[0]
        output_storage[0][0] = x if x.flags.c_contiguous else x.copy()

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


cpu_contiguous = CpuContiguous()


def squeeze(x: Any) -> Variable:
    """`x` without its statically broadcastable dimensions; a view."""
    x = as_tensor_variable(x)
    return x.dimshuffle(*[i for i, flag in enumerate(x.type.broadcastable) if not flag])


def compress(condition: Any, x: Any, axis: int | None = None) -> Variable:
    """Slices of `x` along `axis` (None flattens) where the vector `condition` is nonzero.

    Returns
    -------
    TensorVariable, rank of `x` (1 when `axis` is None), dtype of `x`
    """
    # lazy: nonzero stands on indexing as this module does
    from theano.tensor.nonzeros import flatnonzero

    return take(x, flatnonzero(condition), axis=axis)


@frozen_op
class Bartlett(Op):
    """Bartlett window of a given length, float64."""

    def make_node(self, M: Any) -> Apply:
        length = as_tensor_variable(M)
        if length.type.ndim != 0 or not length.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("bartlett: the length as an integer scalar", f"got {length.type}", "give an int"))
        return Apply(self, [length], [TensorType("float64", (False,))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = np.bartlett(int(inputs[0]))

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: math stands on indexing
        from theano.tensor.math import maximum

        return [(maximum(node.inputs[0], 0),)]


_bartlett = Bartlett()


def bartlett(M: Any) -> Variable:
    """Bartlett window as a float64 vector of length `M`, an integer scalar."""
    return _bartlett(M)
