"""`AroundProduct`: what ops of a product and elementwise work on it have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import MethodNotDefined, explain
from theano.graph import Apply, Op
from theano.tensor.elemwise import Elemwise

__all__ = ["AroundProduct"]


class AroundProduct(Op):
    """Inputs (X, y, *others), with an elementwise op on ``X.y`` and `others` in between; rewrites make such nodes.

    Attributes
    ----------
    scalar_op : ScalarOp
        Of the elementwise work.
    position : int
        Which of its inputs ``X.y`` is; `others` are the rest, in order.
    """

    scalar_op: Any
    position: int

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.scalar_op}}}"

    def operands(self, product: Any, others: Any) -> list[Any]:
        """What the elementwise op reads, in its order."""
        return [*others[: self.position], product, *others[self.position :]]

    def elementwise(self, product: Any, others: Any) -> Apply:
        """The node of the elementwise work."""
        return Elemwise(self.scalar_op).make_node(*self.operands(product, others))

    def product(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The value of ``X.y``; ValueError where the lengths differ, which NumPy would say without the op."""
        if x.shape[1] != y.shape[0]:
            raise ValueError(
                explain(f"{self} of shapes {x.shape} and {y.shape}", "the contracted lengths differ", "align them")
            )
        return np.asarray(np.dot(x, y))

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> Any:
        raise MethodNotDefined(self._no_gradient())

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        raise MethodNotDefined(self._no_gradient())

    def _no_gradient(self) -> str:
        return explain(
            f"differentiate {self}",
            "a rewrite makes such nodes after differentiation",
            "differentiate the graph that was compiled, not the rewritten one",
        )
