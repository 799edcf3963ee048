"""`Activated`: a product of matrices and elementwise work on its result, block of rows by block of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import MethodNotDefined, explain
from theano.graph import Apply, Op
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import tensor_type

__all__ = ["Activated"]


@frozen_op
class Activated(Op):
    """Inputs (X, Y, *others): an elementwise op on ``X.Y`` and `others`, which are matrices too.

    It is what a layer of a net, forward and backward, and a step of a recurrent net need: bias and activation are
    applied to each block of the product while that is in the cache, and the product itself is never stored.

    Parameters
    ----------
    scalar_op : ScalarOp
        Of the elementwise work.
    position : int
        Which of its inputs ``X.Y`` is; `others` are the rest, in order.

    Examples
    --------
    >>> import theano.tensor as T
    >>> from theano.scalar import sub
    >>> x, y, z = T.dmatrices("x", "y", "z")
    >>> Activated(sub, 0)(x, y, z).eval({x: [[1.0, 2.0]], y: [[3.0], [4.0]], z: [[1.0]]}).tolist()
    [[10.0]]
    """

    scalar_op: Any
    position: int

    def __str__(self) -> str:
        return f"Activated{{{self.scalar_op}}}"

    def make_node(self, x: Any, y: Any, *others: Any) -> Apply:
        x, y, *rest = (as_tensor_variable(v) for v in (x, y, *others))
        if {v.type.ndim for v in (x, y, *rest)} != {2}:
            found = f"operands of types {', '.join(str(v.type) for v in (x, y, *rest))}"
            raise TypeError(explain(f"{self}: matrices", found, "give each operand two dimensions"))
        if x.type.dtype != y.type.dtype:
            found = f"{y.type.dtype} beside {x.type.dtype}"
            raise TypeError(explain(f"{self}: a product of one dtype", found, "cast the operands"))
        product = tensor_type(x.type.dtype, (x.type.broadcastable[0], y.type.broadcastable[1]))()
        results = self._elementwise(product, rest)
        if any(v.type.broadcastable != product.type.broadcastable for v in results.outputs):
            found = f"results of type {results.outputs[0].type} from a product of type {product.type}"
            raise TypeError(explain(f"{self}: results of the product's shape", found, "leave the two steps apart"))
        return Apply(self, [x, y, *rest], [v.type() for v in results.outputs])

    def operands(self, product: Any, others: Any) -> list[Any]:
        """What the elementwise op reads, in its order."""
        return [*others[: self.position], product, *others[self.position :]]

    def _elementwise(self, product: Any, others: Any) -> Apply:
        return Elemwise(self.scalar_op).make_node(*self.operands(product, others))

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y, *others = inputs
        if x.shape[1] != y.shape[0]:
            raise ValueError(
                explain(f"{self} of shapes {x.shape} and {y.shape}", "the contracted lengths differ", "align them")
            )
        product = np.asarray(np.dot(x, y))
        x_type, y_type = (v.type for v in node.inputs[:2])
        symbolic = tensor_type(x_type.dtype, (x_type.broadcastable[0], y_type.broadcastable[1]))()
        inner = self._elementwise(symbolic, node.inputs[2:])
        inner.op.perform(inner, self.operands(product, others), output_storage)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], shapes[1][1])] * len(node.outputs)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> Any:
        raise MethodNotDefined(_no_gradient(self))

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        raise MethodNotDefined(_no_gradient(self))


def _no_gradient(op: Op) -> str:
    return explain(
        f"differentiate {op}",
        "a rewrite makes such nodes after differentiation",
        "differentiate the graph that was compiled, not the rewritten one",
    )
