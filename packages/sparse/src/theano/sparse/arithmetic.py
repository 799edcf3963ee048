"""Sums and elementwise products of sparse matrices, transposes, reductions, stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

import theano.tensor as tensor
from theano.errors import explain
from theano.graph import Apply, Op, Variable, frozen_op
from theano.scalar import upcast
from theano.sparse.conversion import cast, dense_from_sparse, keep_pattern
from theano.sparse.type import FORMATS, SparseType, is_sparse
from theano.sparse.variable import as_sparse_or_tensor_variable, as_sparse_variable

__all__ = [
    "Add",
    "Mul",
    "Neg",
    "SpSum",
    "Stack",
    "Transpose",
    "add",
    "hstack",
    "mul",
    "neg",
    "sp_sum",
    "sub",
    "transpose",
    "vstack",
]

_TURNED = {"csr": "csc", "csc": "csr", "bsr": "bsr"}


def is_sparse_variable(x: Any) -> bool:
    """Whether `x` is a variable of a sparse type."""
    return isinstance(x, Variable) and isinstance(x.type, SparseType)


def pair(x: Any, y: Any, what: str) -> tuple[Any, Any, str]:
    """Both operands as variables of one dtype, and that dtype; at least one must be sparse (AssertionError)."""
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not (is_sparse_variable(x) or is_sparse_variable(y)):
        raise AssertionError(
            explain(f"{what} sparse matrices", f"{x.type} and {y.type}", "use the function of theano.tensor")
        )
    dtype = upcast(x.type.dtype, y.type.dtype)
    return _as_dtype(x, dtype), _as_dtype(y, dtype), dtype


def _as_dtype(x: Any, dtype: str) -> Any:
    return cast(x, dtype) if is_sparse_variable(x) else tensor.cast(x, dtype)


def like_operand(operand: Any, g: Any) -> Any:
    """A gradient term in the form of its operand: sparse on its pattern, or dense with broadcast dims summed."""
    if is_sparse_variable(operand):
        return keep_pattern(operand, g)
    if is_sparse_variable(g):
        g = dense_from_sparse(g)
    if operand.type.ndim == 0:
        return tensor.sum(g)
    for axis, flag in enumerate(operand.type.broadcastable):
        if flag and not g.type.broadcastable[axis]:
            g = tensor.sum(g, axis=axis, keepdims=True)
    return tensor.patternbroadcast(g, operand.type.broadcastable)


def _check_shapes(what: str, x: Any, y: Any) -> None:
    if y.ndim == 2 and x.ndim == 2 and x.shape != y.shape and 1 not in y.shape and 1 not in x.shape:
        raise ValueError(explain(f"{what} two matrices", f"shapes {x.shape} and {y.shape}", "give equal shapes"))


@frozen_op
class Add(Op):
    """x + y: sparse if both are, else dense."""

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y, dtype = pair(x, y, "add")
        if is_sparse_variable(x) and is_sparse_variable(y):
            return Apply(self, [x, y], [SparseType(x.type.format, dtype)()])
        return Apply(self, [x, y], [tensor.TensorType(dtype, (False, False))()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x, y = inputs
        if is_sparse(x) and is_sparse(y):
            if x.shape != y.shape:
                raise ValueError(explain("add two matrices", f"shapes {x.shape} and {y.shape}", "give equal shapes"))
            output_storage[0][0] = FORMATS[node.outputs[0].type.format](x + y)
            return
        dense = [v.toarray() if is_sparse(v) else v for v in (x, y)]
        _check_shapes("add", *dense)
        output_storage[0][0] = np.asarray(dense[0] + dense[1])

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        return [like_operand(v, output_grads[0]) for v in inputs]


@frozen_op
class Mul(Op):
    """Elementwise product, sparse; one operand may be dense (0-d or a matrix)."""

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y, dtype = pair(x, y, "multiply")
        sparse = x if is_sparse_variable(x) else y
        return Apply(self, [x, y], [SparseType(sparse.type.format, dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x, y = inputs
        sparse, other = (x, y) if is_sparse(x) else (y, x)
        _check_shapes("multiply", sparse, other)
        product = sparse * other[()] if other.ndim == 0 else sparse.multiply(other)
        output_storage[0][0] = FORMATS[node.outputs[0].type.format](product)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        x, y = inputs
        (g,) = output_grads
        return [like_operand(x, mul(g, y)), like_operand(y, mul(g, x))]


_add, _mul = Add(), Mul()


def add(x: Any, y: Any) -> Any:
    """x + y, (m, n): sparse + sparse is sparse, sparse + dense is dense.

    Raises
    ------
    AssertionError
        Both are dense.
    """
    return _add(x, y)


def sub(x: Any, y: Any) -> Any:
    """x - y, (m, n); as `add`."""
    y = as_sparse_or_tensor_variable(y)
    return add(x, neg(y) if is_sparse_variable(y) else -y)


def mul(x: Any, y: Any) -> Any:
    """Elementwise product, (m, n), sparse; as `add` for wrong operands."""
    return _mul(x, y)


@frozen_op
class Neg(Op):
    """Negated stored values."""

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = -inputs[0]

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        return [-output_grads[0]]


@frozen_op
class Transpose(Op):
    """Transpose: csr becomes csc and the reverse, with the same buffers."""

    view_map = {0: [0]}

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [SparseType(_TURNED[x.type.format], x.type.dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = inputs[0].transpose()

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0][::-1]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        g = transpose(output_grads[0]) if is_sparse_variable(output_grads[0]) else output_grads[0].T
        return [g]


neg, transpose = Neg(), Transpose()


@frozen_op
class SpSum(Op):
    """Dense sum over all cells, or over axis 0 or 1."""

    axis: int | None = None
    sparse_grad: bool = False

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        flags = () if self.axis is None else (False,)
        return Apply(self, [x], [tensor.TensorType(x.type.dtype, flags)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        total = np.asarray(inputs[0].sum(axis=self.axis), dtype=node.outputs[0].type.dtype)
        output_storage[0][0] = total.reshape(() if self.axis is None else (-1,))

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [() if self.axis is None else (shapes[0][1 - self.axis],)]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        order = {None: ("x", "x"), 0: ("x", 0), 1: (0, "x")}[self.axis]
        spread = g.dimshuffle(*order) + tensor.zeros(x.shape, dtype=g.type.dtype)
        if self.sparse_grad:
            return [keep_pattern(x, spread)]
        from theano.sparse.conversion import SparseFromDense  # lazy: kept beside its only use

        return [SparseFromDense(x.type.format)(spread)]


def sp_sum(x: Any, axis: int | None = None, sparse_grad: bool = False) -> Any:
    """Dense sum: 0-d over all cells, a vector over axis 0 or 1; dtype kept.

    Parameters
    ----------
    x : sparse variable, (m, n)
    axis : {None, 0, 1}
    sparse_grad : bool
        Keep the gradient on the stored pattern.

    Raises
    ------
    ValueError
        Another axis.
    """
    if axis not in (None, 0, 1):
        raise ValueError(explain("sum a sparse matrix", f"axis {axis!r}", "use None, 0 or 1"))
    return SpSum(axis, sparse_grad)(x)


@frozen_op
class Stack(Op):
    """Sparse matrices side by side (axis 1) or on top of each other (axis 0)."""

    axis: int
    format: str = "csc"
    dtype: str | None = None

    def make_node(self, *blocks: Any) -> Apply:
        if not blocks:
            raise ValueError(explain("stack sparse matrices", "none", "give at least one"))
        variables = [as_sparse_variable(b) for b in blocks]
        dtype = self.dtype or upcast(*[v.type.dtype for v in variables])
        return Apply(self, variables, [SparseType(self.format, dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        lengths = {x.shape[1 - self.axis] for x in inputs}
        if len(lengths) != 1:
            raise ValueError(
                explain("stack sparse matrices", f"shapes {[x.shape for x in inputs]}", "the other lengths must agree")
            )
        join = scipy.sparse.vstack if self.axis == 0 else scipy.sparse.hstack
        stacked = join(inputs, format=self.format, dtype=node.outputs[0].type.dtype)
        output_storage[0][0] = FORMATS[self.format](stacked)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        g = output_grads[0]
        g = dense_from_sparse(g) if is_sparse_variable(g) else g
        terms, start = [], 0
        for x in inputs:
            stop = start + x.shape[self.axis]
            piece = g[start:stop] if self.axis == 0 else g[:, start:stop]
            terms.append(keep_pattern(x, piece))
            start = stop
        return terms


def hstack(blocks: Any, format: str | None = None, dtype: str | None = None) -> Any:
    """Sparse matrices side by side; format csc by default, dtype the upcast."""
    return Stack(1, format or "csc", dtype)(*blocks)


def vstack(blocks: Any, format: str | None = None, dtype: str | None = None) -> Any:
    """Sparse matrices on top of each other; format csc by default, dtype the upcast."""
    return Stack(0, format or "csc", dtype)(*blocks)
