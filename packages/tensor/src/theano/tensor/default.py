"""`Default`: a value that stands in when another is None at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable

__all__ = ["Default", "default", "setdefault"]


@frozen_op
class Default(Op):
    """The first input, or the second when the first is None; both have one type."""

    view_map = {0: [0]}

    def make_node(self, x: Any, default: Any) -> Apply:
        x, default = as_tensor_variable(x), as_tensor_variable(default)
        if x.type != default.type:
            raise TypeError(
                explain(
                    "default(x, default)",
                    f"Both arguments must have the same type: {x.type}, {default.type}",
                    "cast or reshape one",
                )
            )
        return Apply(self, [x, default], [default.type()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x, default = inputs
        # the view is of the first input only, so the default is copied
        output_storage[0][0] = default.copy() if x is None else x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        # which input counts is known at run time only
        return [None]


default = Default()
setdefault = default
