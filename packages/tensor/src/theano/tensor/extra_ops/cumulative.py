"""Running sums and products, and differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import TensorType

__all__ = ["CumOp", "CumprodOp", "CumsumOp", "DiffOp", "cumprod", "cumsum", "diff"]


@frozen_op
class CumOp(Op):
    """Running sum (mode 'add') or product ('mul') along an axis; None runs over the flattened tensor."""

    axis: int | None = None
    mode: str = "add"

    def __post_init__(self) -> None:
        if self.mode not in ("add", "mul"):
            raise ValueError(explain(f"CumOp with mode {self.mode!r}", "there is no such mode", "use 'add' or 'mul'"))

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.axis}, {self.mode}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis is None:
            return Apply(self, [x], [TensorType(x.type.dtype, (False,))()])
        if not -x.type.ndim <= self.axis < x.type.ndim:
            raise ValueError(
                explain(
                    f"cumsum or cumprod along axis {self.axis}",
                    f"{x.type} has {x.type.ndim} dimensions",
                    "stay in range",
                )
            )
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        (x,) = inputs
        run = np.cumsum if self.mode == "add" else np.cumprod
        # the dtype is kept, where NumPy would widen small integers
        output_storage[0][0] = run(x, axis=self.axis, dtype=x.dtype if x.dtype != bool else None).astype(x.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        if self.axis is not None:
            return [shapes[0]]
        size: Any = 1
        for length in shapes[0]:
            size = length if isinstance(size, int) and size == 1 else size * length
        return [(size,)]


def CumsumOp(axis: int | None = None) -> CumOp:
    """The `CumOp` of running sums."""
    return CumOp(axis, "add")


def CumprodOp(axis: int | None = None) -> CumOp:
    """The `CumOp` of running products."""
    return CumOp(axis, "mul")


def cumsum(x: Any, axis: int | None = None) -> Variable:
    """Running sum along `axis`; None flattens. The dtype is kept.

    Examples
    --------
    >>> import theano.tensor as T
    >>> cumsum(T.constant([[1, 2], [3, 4]])).eval().tolist()
    [1, 3, 6, 10]
    """
    return CumOp(axis, "add")(x)


def cumprod(x: Any, axis: int | None = None) -> Variable:
    """Running product along `axis`; None flattens. The dtype is kept."""
    return CumOp(axis, "mul")(x)


@frozen_op
class DiffOp(Op):
    """The n-th difference along an axis."""

    n: int = 1
    axis: int = -1

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError(explain(f"diff of order {self.n}", "a negative order", "use 0 or more"))

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if not -x.type.ndim <= self.axis < x.type.ndim:
            raise ValueError(
                explain(
                    f"diff along axis {self.axis}",
                    f"{x.type} has {x.type.ndim} dimensions",
                    "stay in range",
                )
            )
        pattern = [flag and i != self.axis % x.type.ndim for i, flag in enumerate(x.type.broadcastable)]
        return Apply(self, [x], [TensorType(x.type.dtype, pattern)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        out = np.diff(inputs[0], n=self.n, axis=self.axis)
        output_storage[0][0] = out.copy() if out is inputs[0] else out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: math stands on indexing
        from theano.tensor.math import maximum

        lengths = list(shapes[0])
        lengths[self.axis] = maximum(lengths[self.axis] - self.n, 0)
        return [tuple(lengths)]


def diff(x: Any, n: int = 1, axis: int = -1) -> Variable:
    """The `n`-th difference of `x` along `axis`."""
    return DiffOp(n, axis)(x)
