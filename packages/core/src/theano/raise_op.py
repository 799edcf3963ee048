"""An op that raises when it is run."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Variable, frozen_op

__all__ = ["Raise"]


@frozen_op
class Raise(Op):
    """Stands for its input in a graph, and raises ``exc(msg)`` when it is run.

    Parameters
    ----------
    msg : str
    exc : type of exception
    """

    msg: str = ""
    exc: type[BaseException] = NotImplementedError
    view_map = {0: [0]}

    def __str__(self) -> str:
        return f"Raise{{{self.exc.__name__}({self.msg!r})}}"

    def make_node(self, x: Any) -> Apply:
        if not isinstance(x, Variable):
            raise TypeError(explain(f"apply {self}", f"{x!r} is no variable", "make it symbolic first"))
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        raise self.exc(self.msg)

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        return shapes

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return output_grads

    def do_constant_folding(self, node: Apply) -> bool:
        """Never: an error in a branch that is not taken is none."""
        return False
