"""A breakpoint inside a graph."""

from __future__ import annotations

import pdb
from typing import Any

from theano.errors import explain
from theano.graph import Apply, DisconnectedType, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable

__all__ = ["PdbBreakpoint"]


@frozen_op
class PdbBreakpoint(Op):
    """Called with a condition and variables: hands the variables on, and enters pdb when the condition is true.

    Parameters
    ----------
    name : str
        Told when the program stops.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x")
    >>> watched = PdbBreakpoint("large values")(T.gt(x.max(), 1e6), x)
    >>> watched.eval({x: [1.0, 2.0]}).tolist()
    [1.0, 2.0]
    """

    name: str = ""
    count: int = 0  # of monitored variables; known once it is applied

    @property
    def view_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """Each result is a view of what is monitored."""
        return {i: [i + 1] for i in range(self.count)}

    def __str__(self) -> str:
        return f"PdbBreakpoint{{{self.name}}}"

    def make_node(self, condition: Any, *monitored_vars: Any) -> Apply:
        condition = as_tensor_variable(condition)
        if condition.type.ndim:
            raise TypeError(
                explain(f"{self}: a condition", f"{condition} of {condition.type}", "reduce it with .any() or .all()")
            )
        variables = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in monitored_vars]
        return Apply(PdbBreakpoint(self.name, len(variables)), [condition, *variables], [v.type() for v in variables])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]]) -> None:
        condition, *values = inputs
        if condition:
            print(
                f"\n-------------------------------------------------\nConditional breakpoint {self.name} activated\n"
            )
            print("The monitored variables are stored, in order, in the list `values`")
            pdb.set_trace()
        for cell, value in zip(output_storage, values, strict=True):
            cell[0] = value

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        return shapes[1:]

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return [DisconnectedType()(), *output_grads]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Each result is connected to its own variable."""
        count = len(node.outputs)
        return [[False] * count, *([i == k for k in range(count)] for i in range(count))]
