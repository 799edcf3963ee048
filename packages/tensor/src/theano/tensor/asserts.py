"""Checks inside a graph: Assert."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable

__all__ = ["Assert", "assert_", "assert_op"]


@frozen_op
class Assert(Op):
    """The first input unchanged, once all further 0-d inputs are nonzero; else AssertionError with `msg`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> float(Assert("must be positive")(T.constant(2.0), T.constant(1)).eval())
    2.0
    """

    msg: str = "Theano Assert failed!"
    view_map = {0: [0]}

    def __str__(self) -> str:
        return f"Assert{{msg={self.msg!r}}}"

    def make_node(self, value: Any, *conds: Any) -> Apply:
        if not isinstance(value, Variable):
            value = as_tensor_variable(value)
        checks = [as_tensor_variable(cond) for cond in conds]
        for i, check in enumerate(checks):
            if check.type.ndim != 0:
                raise TypeError(explain(f"Assert: condition {i}", f"{check.type}", "reduce it with all() or any()"))
        return Apply(self, [value, *checks], [value.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        value, *checks = inputs
        if not all(bool(check) for check in checks):
            raise AssertionError(self.msg)
        output_storage[0][0] = value

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], *([False] for _ in node.inputs[1:])]


assert_ = Assert()
assert_op = assert_
