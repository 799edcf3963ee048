"""`Activated`: a product of matrices and elementwise work on its result, block of rows by block of rows."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Apply
from theano.graph.op import frozen_op
from theano.tensor.around_product import AroundProduct
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = ["Activated"]


@frozen_op
class Activated(AroundProduct):
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

    def make_node(self, x: Any, y: Any, *others: Any) -> Apply:
        x, y, *rest = (as_tensor_variable(v) for v in (x, y, *others))
        if {v.type.ndim for v in (x, y, *rest)} != {2}:
            found = f"operands of types {', '.join(str(v.type) for v in (x, y, *rest))}"
            raise TypeError(explain(f"{self}: matrices", found, "give each operand two dimensions"))
        if x.type.dtype != y.type.dtype:
            found = f"{y.type.dtype} beside {x.type.dtype}"
            raise TypeError(explain(f"{self}: a product of one dtype", found, "cast the operands"))
        product = tensor_type(x.type.dtype, (x.type.broadcastable[0], y.type.broadcastable[1]))()
        results = self.elementwise(product, rest)
        if any(v.type.broadcastable != product.type.broadcastable for v in results.outputs):
            found = f"results of type {results.outputs[0].type} from a product of type {product.type}"
            raise TypeError(explain(f"{self}: results of the product's shape", found, "leave the two steps apart"))
        return Apply(self, [x, y, *rest], [v.type() for v in results.outputs])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y, *others = inputs
        product = self.product(x, y)
        x_type, y_type = (v.type for v in node.inputs[:2])
        symbolic = tensor_type(x_type.dtype, (x_type.broadcastable[0], y_type.broadcastable[1]))()
        inner = self.elementwise(symbolic, node.inputs[2:])
        inner.op.perform(inner, self.operands(product, others), output_storage)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], shapes[1][1])] * len(node.outputs)
