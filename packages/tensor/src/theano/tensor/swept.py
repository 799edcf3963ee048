"""`Swept`: a product with a vector, elementwise work on its result, and a product with the transpose, in one sweep."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply
from theano.graph.op import frozen_op
from theano.tensor.around_product import AroundProduct
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = ["Swept"]


@frozen_op
class Swept(AroundProduct):
    """Inputs (X, w, *others): an elementwise op on ``X.w`` and `others`, and ``X'.r`` for r, one of its results.

    It is what the gradient of a generalized linear model needs. A backend reads X once, in blocks of rows that stay in
    the cache, instead of twice.

    Parameters
    ----------
    scalar_op : ScalarOp
        Of the elementwise work on vectors.
    position : int
        Which of its inputs ``X.w`` is; `others` are the rest, in order.
    chosen : int
        Which of its results is r, of the dtype of X.

    Examples
    --------
    >>> import theano.tensor as T
    >>> from theano.scalar import sub
    >>> x, w, y = T.dmatrix("x"), T.dvector("w"), T.dvector("y")
    >>> residual, slope = Swept(sub, 0, 0)(x, w, y)
    >>> slope.eval({x: [[1.0, 2.0]], w: [1.0, 1.0], y: [1.0]}).tolist()
    [2.0, 4.0]
    """

    scalar_op: Any
    position: int
    chosen: int

    def make_node(self, x: Any, w: Any, *others: Any) -> Apply:
        x, w, *rest = (as_tensor_variable(v) for v in (x, w, *others))
        if (x.type.ndim, w.type.ndim, *{v.type.ndim for v in rest}) not in ((2, 1), (2, 1, 1)):
            found = f"operands of types {', '.join(str(v.type) for v in (x, w, *rest))}"
            raise TypeError(explain(f"{self}: a matrix and vectors", found, "give each operand its rank"))
        scores = tensor_type(x.type.dtype, (x.type.broadcastable[0],))()
        results = self.elementwise(scores, rest)
        r = results.outputs[self.chosen]
        if {w.type.dtype, r.type.dtype} != {x.type.dtype}:
            found = f"{w.type.dtype} and {r.type.dtype} beside {x.type.dtype}"
            raise TypeError(explain(f"{self}: products of one dtype", found, "cast the operands"))
        slope = tensor_type(x.type.dtype, (x.type.broadcastable[1],))()
        return Apply(self, [x, w, *rest], [*(v.type() for v in results.outputs), slope])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, w, *others = inputs
        scores = self.product(x, w)
        symbolic = tensor_type(x.dtype.name, node.inputs[0].type.broadcastable[:1])()
        inner = self.elementwise(symbolic, node.inputs[2:])
        cells: list[list[Any]] = [[None] for _ in inner.outputs]
        inner.op.perform(inner, self.operands(scores, others), cells)
        for cell, (value,) in zip(output_storage, cells, strict=False):
            cell[0] = value
        output_storage[-1][0] = np.asarray(np.dot(cells[self.chosen][0], x))

    def infer_shape(self, node: Apply, shapes: list) -> list:
        rows, cols = shapes[0]
        return [*([(rows,)] * (len(node.outputs) - 1)), (cols,)]
