"""Matrix products with sparse operands."""

from __future__ import annotations

from typing import Any

import numpy as np

import theano.tensor as tensor
from theano.errors import explain
from theano.graph import Apply, Op, frozen_op
from theano.scalar import upcast
from theano.sparse import pieces
from theano.sparse.arithmetic import is_sparse_variable, transpose
from theano.sparse.conversion import SparseFromDense, keep_pattern
from theano.sparse.type import FORMATS, SparseType, is_sparse
from theano.sparse.variable import as_sparse_or_tensor_variable

__all__ = ["Dot", "StructuredDot", "dot", "structured_dot", "true_dot"]


def _operands(what: str, x: Any, y: Any) -> tuple[Any, Any]:
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not (is_sparse_variable(x) or is_sparse_variable(y)):
        raise TypeError(explain(f"{what} of sparse matrices", f"{x.type} and {y.type}", "use theano.tensor.dot"))
    for v in (x, y):
        if v.type.ndim not in (1, 2):
            raise TypeError(explain(f"{what} of sparse matrices", f"an operand of {v.type}", "give a matrix or vector"))
    return x, y


def _check(x: Any, y: Any) -> None:
    if x.shape[-1] != y.shape[0]:
        raise ValueError(
            explain("multiply matrices", f"shapes {x.shape} and {y.shape}", "the inner lengths must agree")
        )


def turned(x: Any) -> Any:
    """The transpose of a sparse or dense variable."""
    return transpose(x) if is_sparse_variable(x) else x.T


@frozen_op
class Dot(Op):
    """x.y with a dense result and the full gradient."""

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = _operands("the product", x, y)
        rank = x.type.ndim + y.type.ndim - 2
        dtype = upcast(x.type.dtype, y.type.dtype)
        return Apply(self, [x, y], [tensor.TensorType(dtype, (False,) * rank)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x, y = inputs
        _check(x, y)
        product = pieces.product(x, y)
        if is_sparse(product):
            product = product.toarray()
        output_storage[0][0] = np.ascontiguousarray(product, dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [(*shapes[0][:-1], *shapes[1][1:])]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, y = inputs
        (g,) = output_grads
        return [_full_gradient(x, *_left(x, y, g)), _full_gradient(y, *_right(x, y, g))]

    def R_op(self, inputs: Any, eval_points: Any) -> list[Any]:
        x, y = inputs
        dx, dy = eval_points
        terms = ([self(dx, y)] if dx is not None else []) + ([self(x, dy)] if dy is not None else [])
        return [sum(terms[1:], terms[0]) if terms else None]


def _left(x: Any, y: Any, g: Any) -> tuple[Any, Any]:
    """Factors whose product is the gradient for `x`."""
    if y.type.ndim == 1:
        return g.dimshuffle(0, "x"), y.dimshuffle("x", 0)
    return g, turned(y)


def _right(x: Any, y: Any, g: Any) -> tuple[Any, Any]:
    """Factors whose product is the gradient for `y`."""
    if x.type.ndim == 1:
        return x.dimshuffle(0, "x"), g.dimshuffle("x", 0)
    return turned(x), g


def _product(a: Any, b: Any) -> Any:
    return dot(a, b) if is_sparse_variable(a) or is_sparse_variable(b) else tensor.dot(a, b)


def _full_gradient(operand: Any, a: Any, b: Any) -> Any:
    g = _product(a, b)
    if is_sparse_variable(operand):
        return SparseFromDense(operand.type.format)(g)
    return tensor.patternbroadcast(g, operand.type.broadcastable)


@frozen_op
class StructuredDot(Op):
    """x.y whose gradient for a sparse operand is kept on its stored pattern; sparse if both operands are."""

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = _operands("the structured product", x, y)
        if x.type.ndim != 2 or y.type.ndim != 2:
            raise NotImplementedError(
                explain("the structured product of sparse matrices", f"{x.type} and {y.type}", "give two matrices")
            )
        dtype = upcast(x.type.dtype, y.type.dtype)
        if is_sparse_variable(x) and is_sparse_variable(y):
            return Apply(self, [x, y], [SparseType(x.type.format, dtype)()])
        return Apply(self, [x, y], [tensor.TensorType(dtype, (False, False))()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x, y = inputs
        _check(x, y)
        out = node.outputs[0].type
        product = pieces.product(x, y)
        if isinstance(out, SparseType):
            output_storage[0][0] = FORMATS[out.format](product).astype(out.dtype)
        else:
            output_storage[0][0] = np.ascontiguousarray(product, dtype=out.dtype)

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [(shapes[0][0], shapes[1][1])]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, y = inputs
        (g,) = output_grads
        return [_structured_gradient(x, g, turned(y)), _structured_gradient(y, turned(x), g)]


def _structured_gradient(operand: Any, a: Any, b: Any) -> Any:
    g = _product(a, b)
    return keep_pattern(operand, g) if is_sparse_variable(operand) else g


_dot, _structured_dot = Dot(), StructuredDot()


def dot(x: Any, y: Any) -> Any:
    """x.y with at least one sparse operand; the result is dense, the gradient not structured.

    Parameters
    ----------
    x : (m, n) sparse, or (m, n) or (n,) dense
    y : (n, k) sparse, or (n, k) or (n,) dense

    Raises
    ------
    TypeError
        Neither is sparse.
    """
    return _dot(x, y)


def structured_dot(x: Any, y: Any) -> Any:
    """x.y, (m, k); the gradient for a sparse operand keeps its stored pattern. Sparse if both operands are.

    Raises
    ------
    TypeError
        Neither is sparse.
    NotImplementedError
        An operand is no matrix.
    """
    return _structured_dot(x, y)


def true_dot(x: Any, y: Any, grad_preserves_dense: bool = True) -> Any:
    """x.y, (m, k), kept sparse: a dense operand is made sparse first, in the format of the other."""
    x, y = _operands("the product", x, y)
    if is_sparse_variable(x) and is_sparse_variable(y):
        return structured_dot(x, y)
    product = structured_dot(x, y)
    return SparseFromDense((x if is_sparse_variable(x) else y).type.format)(product)
