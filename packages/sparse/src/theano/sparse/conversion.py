"""Between sparse matrices, their parts, and dense ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

import theano.tensor as tensor
from theano.errors import explain
from theano.graph import Apply, DisconnectedType, Op, frozen_op
from theano.sparse.type import FORMATS, SparseType
from theano.sparse.variable import as_sparse_variable

__all__ = [
    "CSC",
    "CSM",
    "CSR",
    "CSMProperties",
    "Cast",
    "DenseFromSparse",
    "SparseFromDense",
    "cast",
    "csc_from_dense",
    "csm_data",
    "csm_indices",
    "csm_indptr",
    "csm_properties",
    "csm_shape",
    "csr_from_dense",
    "dense_from_sparse",
    "keep_pattern",
    "sp_ones_like",
    "sp_zeros_like",
]

_ivector = tensor.TensorType("int32", (False,))


@frozen_op
class CSMProperties(Op):
    """``(data, indices, indptr, shape)`` of a csr or csc matrix; the last three int32."""

    def make_node(self, csm: Any) -> Apply:
        x = as_sparse_variable(csm)
        if x.type.format not in ("csr", "csc"):
            raise TypeError(explain("take the parts of a sparse matrix", f"format {x.type.format}", "use csr or csc"))
        data = tensor.TensorType(x.type.dtype, (False,))()
        return Apply(self, [x], [data, _ivector(), _ivector(), _ivector()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        (x,) = inputs
        parts = (x.data.copy(), x.indices.astype("int32"), x.indptr.astype("int32"), np.asarray(x.shape, "int32"))
        for cell, part in zip(output_storage, parts, strict=True):
            cell[0] = part

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, False, False, False]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), g = inputs, output_grads[0]
        if isinstance(g.type, DisconnectedType):
            return [DisconnectedType()()]
        _, indices, indptr, shape = outputs
        return [CSM(x.type.format)(g, indices, indptr, shape)]


csm_properties = CSMProperties()


def csm_data(csm: Any) -> Any:
    """Stored values, (nnz,)."""
    return csm_properties(csm)[0]


def csm_indices(csm: Any) -> Any:
    """Column (csr) or row (csc) numbers of the stored values, (nnz,), int32."""
    return csm_properties(csm)[1]


def csm_indptr(csm: Any) -> Any:
    """Where each row (csr) or column (csc) starts, int32."""
    return csm_properties(csm)[2]


def csm_shape(csm: Any) -> Any:
    """The two lengths, (2,), int32."""
    return csm_properties(csm)[3]


class CSM(Op):
    """A csr or csc matrix from ``(data, indices, indptr, shape)``.

    Parameters
    ----------
    format : {'csr', 'csc'}
    kmap : sequence of int, optional
        Which elements of `data` are used, and in which order.
    """

    __props__ = ("format", "kmap")

    def __init__(self, format: str, kmap: Any = None) -> None:
        if format not in ("csr", "csc"):
            raise ValueError(explain(f"build a sparse matrix of format {format!r}", "unknown here", "use csr or csc"))
        self.format = format
        self.kmap = None if kmap is None else tuple(int(k) for k in kmap)

    def make_node(self, data: Any, indices: Any, indptr: Any, shape: Any) -> Apply:
        data = tensor.as_tensor_variable(data)
        if data.type.ndim != 1:
            raise TypeError(explain("build a sparse matrix", f"data of {data.type}", "give a vector of values"))
        parts = []
        for name, part in (("indices", indices), ("indptr", indptr), ("shape", shape)):
            variable = tensor.as_tensor_variable(part)
            if variable.type.ndim != 1 or variable.type.dtype not in (
                "int8",
                "int16",
                "int32",
                "int64",
                "uint8",
                "uint16",
            ):
                raise TypeError(
                    explain("build a sparse matrix", f"{name} of {variable.type}", "give a vector of integers")
                )
            parts.append(tensor.cast(variable, "int32"))
        return Apply(self, [data, *parts], [SparseType(self.format, data.type.dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        data, indices, indptr, shape = inputs
        if self.kmap is not None:
            data = data[list(self.kmap)]
        if len(shape) != 2:
            raise ValueError(explain("build a sparse matrix", f"a shape of {len(shape)} lengths", "give two"))
        if data.shape != indices.shape:
            raise ValueError(
                explain(
                    "build a sparse matrix", f"{data.size} values and {indices.size} indices", "give as many of both"
                )
            )
        output_storage[0][0] = FORMATS[self.format]((data, indices.copy(), indptr.copy()), tuple(shape), copy=True)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False], [False]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        if self.kmap is not None:
            raise NotImplementedError(explain(f"differentiate {self}", "it has a kmap", "index the data instead"))
        g = keep_pattern(outputs[0], output_grads[0])
        return [csm_data(g), *[DisconnectedType()() for _ in range(3)]]


CSC, CSR = CSM("csc"), CSM("csr")


@frozen_op
class KeepPattern(Op):
    """The cells of a matrix (sparse or dense) at the places that a sparse matrix stores, in its format and order."""

    def make_node(self, pattern: Any, values: Any) -> Apply:
        pattern = as_sparse_variable(pattern)
        return Apply(self, [pattern, values], [SparseType(pattern.type.format, values.type.dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        pattern, values = inputs
        major = np.repeat(np.arange(len(pattern.indptr) - 1), np.diff(pattern.indptr))
        rows, columns = (major, pattern.indices) if pattern.format == "csr" else (pattern.indices, major)
        picked = np.asarray(values[rows, columns]).reshape(-1).astype(values.dtype)
        output_storage[0][0] = FORMATS[pattern.format](
            (picked, pattern.indices, pattern.indptr), pattern.shape, copy=True
        )

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False], [True]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        pattern, values = inputs
        g = keep_pattern(pattern, output_grads[0])
        if not isinstance(values.type, SparseType):
            g = dense_from_sparse(g)
        return [DisconnectedType()(), g]


def keep_pattern(pattern: Any, values: Any) -> Any:
    """The cells of `values`, (m, n), that `pattern`, (m, n), stores, as a matrix of the format of `pattern`."""
    return KeepPattern()(pattern, values)


@frozen_op
class DenseFromSparse(Op):
    """The dense matrix; its gradient is kept on the stored pattern when `structured`."""

    structured: bool = True

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [tensor.TensorType(x.type.dtype, (False, False))()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = np.ascontiguousarray(inputs[0].toarray())

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        if self.structured:
            return [keep_pattern(x, g)]
        return [SparseFromDense(x.type.format)(g)]

    def R_op(self, inputs: Any, eval_points: Any) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]


dense_from_sparse = DenseFromSparse()


@frozen_op
class SparseFromDense(Op):
    """A csr or csc matrix of the non-zero cells of a dense one; a vector becomes one row."""

    format: str = "csr"

    def make_node(self, x: Any) -> Apply:
        x = tensor.as_tensor_variable(x)
        if x.type.ndim > 2:
            raise TypeError(explain("make a sparse matrix", f"{x} of {x.type}", "give at most two dimensions"))
        if x.type.ndim < 2:
            x = x.dimshuffle(*["x"] * (2 - x.type.ndim), *range(x.type.ndim))
        return Apply(self, [x], [SparseType(self.format, x.type.dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = FORMATS[self.format](inputs[0])

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        g = dense_from_sparse(g) if isinstance(g.type, SparseType) else g
        return [tensor.patternbroadcast(g, x.type.broadcastable)]


csr_from_dense, csc_from_dense = SparseFromDense("csr"), SparseFromDense("csc")


@frozen_op
class Cast(Op):
    """The same matrix with another dtype."""

    out_type: str

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [SparseType(x.type.format, self.out_type)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = inputs[0].astype(self.out_type)

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        (x,), (g,) = inputs, output_grads
        if x.type.dtype not in ("float32", "float64", "complex64", "complex128"):
            return [sp_zeros_like(x)]
        return [Cast(x.type.dtype)(g)]


def cast(variable: Any, dtype: str) -> Any:
    """The matrix with another dtype (itself if it has that)."""
    x = as_sparse_variable(variable)
    return x if x.type.dtype == dtype else Cast(dtype)(x)


def sp_ones_like(x: Any) -> Any:
    """Ones wherever `x` stores a value."""
    x = as_sparse_variable(x)
    data, indices, indptr, shape = csm_properties(x)
    return CSM(x.type.format)(tensor.ones_like(data), indices, indptr, shape)


@frozen_op
class EmptyLike(Op):
    """A matrix of the same shape and format with nothing stored."""

    dtype: str

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [SparseType(x.type.format, self.dtype)()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        empty = scipy.sparse.csr_matrix(inputs[0].shape, dtype=self.dtype)
        output_storage[0][0] = FORMATS[node.outputs[0].type.format](empty)

    def infer_shape(self, node: Apply, shapes: Any) -> Any:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Any]:
        return [DisconnectedType()()]


def sp_zeros_like(x: Any) -> Any:
    """A matrix of the shape of `x` that stores nothing."""
    x = as_sparse_variable(x)
    dtype = x.type.dtype if x.type.dtype.startswith(("float", "complex")) else "float64"
    return EmptyLike(dtype)(x)
