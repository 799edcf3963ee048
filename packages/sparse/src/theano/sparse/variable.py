"""Sparse variables, constants and shared variables, and conversion to them."""

from __future__ import annotations

import copy
from typing import Any

from theano.compile import SharedVariable
from theano.configuration import config
from theano.errors import explain
from theano.graph import Apply, Constant, NotANumber, Variable
from theano.sparse.type import SparseType, is_sparse

__all__ = [
    "SparseConstant",
    "SparseTensorSharedVariable",
    "SparseVariable",
    "as_sparse",
    "as_sparse_or_tensor_variable",
    "as_sparse_variable",
    "bsr_matrix",
    "constant",
    "csc_dmatrix",
    "csc_fmatrix",
    "csc_matrix",
    "csr_dmatrix",
    "csr_fmatrix",
    "csr_matrix",
    "matrix",
    "shared",
    "sparse_constructor",
]


class _SparseOperators(NotANumber):
    """Operators and properties; the functions are looked up in ``theano.sparse.basic`` when used."""

    __array_priority__ = 1000.2  # above dense variables, so that dense + sparse comes here
    __array_ufunc__ = None
    type: SparseType

    @staticmethod
    def _functions() -> Any:
        from theano.sparse import basic  # lazy: the functions are made of variables

        return basic

    dtype = property(lambda self: self.type.dtype, doc="dtype name.")
    format = property(lambda self: self.type.format, doc="'csr', 'csc' or 'bsr'.")
    ndim = property(lambda self: 2, doc="Always 2.")
    broadcastable = property(lambda self: (False, False), doc="Always (False, False).")

    @property
    def T(self) -> Any:
        """Transpose."""
        return self._functions().transpose(self)

    @property
    def shape(self) -> Any:
        """int64 vector of the two lengths."""
        from theano.tensor import shape  # lazy: kept beside its only use

        return shape(self)

    @property
    def size(self) -> Any:
        """Number of cells, stored or not."""
        return self.shape[0] * self.shape[1]

    def __neg__(self) -> Any:
        return self._functions().neg(self)

    def __add__(self, right: Any) -> Any:
        return self._functions().add(self, right)

    def __radd__(self, left: Any) -> Any:
        return self._functions().add(left, self)

    def __sub__(self, right: Any) -> Any:
        return self._functions().sub(self, right)

    def __rsub__(self, left: Any) -> Any:
        return self._functions().sub(left, self)

    def __mul__(self, right: Any) -> Any:
        return self._functions().mul(self, right)

    def __rmul__(self, left: Any) -> Any:
        return self._functions().mul(left, self)

    def __dot__(self, other: Any) -> Any:
        return self._functions().structured_dot(self, other)

    def __rdot__(self, other: Any) -> Any:
        return self._functions().structured_dot(other, self)

    dot = __dot__

    def astype(self, dtype: str) -> Any:
        """The matrix with another dtype."""
        return self._functions().cast(self, dtype)

    def toarray(self) -> Any:
        """The dense matrix."""
        return self._functions().dense_from_sparse(self)

    def zeros_like(self) -> Any:
        """A matrix of the same shape with nothing stored."""
        return self._functions().sp_zeros_like(self)


class SparseVariable(_SparseOperators, Variable):
    """A symbolic sparse matrix."""

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}{{{self.format},{self.dtype}}}"
            if self.name is None and self.owner is None
            else (Variable.__str__(self))
        )

    __repr__ = __str__


class SparseConstant(_SparseOperators, Constant):
    """A sparse matrix with a fixed value."""

    def signature(self) -> Any:
        """Constants with equal stored values and structure merge."""
        value = self.data
        if self.type.format == "bsr":
            return (self.type, id(value))
        return (
            self.type, value.shape, value.data.tobytes(), value.indices.tobytes(), value.indptr.tobytes(),
        )  # fmt: skip

    merge_signature = signature

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}{{{self.type.format},{self.type.dtype},shape={self.data.shape},nnz={self.data.nnz}}}"
        )

    __repr__ = __str__


class SparseTensorSharedVariable(_SparseOperators, SharedVariable):
    """A sparse matrix that lives between calls."""


SparseType.Variable = SparseVariable
SparseType.Constant = SparseConstant
SparseType.SharedVariable = SparseTensorSharedVariable


def constant(x: Any, name: str | None = None) -> SparseConstant:
    """A constant from a SciPy sparse matrix of format csr, csc or bsr.

    Raises
    ------
    TypeError
        `x` is not sparse.
    """
    if not is_sparse(x):
        raise TypeError(explain("make a sparse constant", f"a {type(x).__name__}", "give a SciPy sparse matrix"))
    return SparseConstant(SparseType(x.format, x.dtype), x.copy(), name)


def as_sparse_variable(x: Any, name: str | None = None) -> Any:
    """`x` as a sparse variable.

    Parameters
    ----------
    x : sparse variable, SciPy sparse matrix, or Apply with one sparse output

    Raises
    ------
    TypeError
        `x` is dense.
    ValueError
        `x` is an Apply with several outputs.
    """
    if isinstance(x, Apply):
        if len(x.outputs) != 1:
            raise ValueError(
                explain(
                    f"use a node of {x.op} as a sparse variable", f"{len(x.outputs)} outputs", "pick one of its outputs"
                )
            )
        x = x.outputs[0]
    if isinstance(x, Variable):
        if isinstance(x.type, SparseType):
            return x
        raise TypeError(
            explain(f"use {x} as a sparse variable", f"a variable of {x.type}", "convert it with csr_from_dense")
        )
    return constant(x, name)


as_sparse = as_sparse_variable


def as_sparse_or_tensor_variable(x: Any, name: str | None = None) -> Any:
    """`x` as a sparse variable where it is sparse, else as a tensor."""
    from theano.tensor import as_tensor_variable  # lazy: kept beside its only use

    if is_sparse(x) or (isinstance(x, Variable) and isinstance(x.type, SparseType)):
        return as_sparse_variable(x, name)
    return as_tensor_variable(x, name)


def matrix(format: str, name: str | None = None, dtype: str | None = None) -> Any:
    """A sparse variable of `format`; dtype floatX by default."""
    return SparseType(format, config.floatX if dtype is None else dtype)(name)


def csc_matrix(name: str | None = None, dtype: str | None = None) -> Any:
    """A csc variable; dtype floatX by default."""
    return matrix("csc", name, dtype)


def csr_matrix(name: str | None = None, dtype: str | None = None) -> Any:
    """A csr variable; dtype floatX by default."""
    return matrix("csr", name, dtype)


def bsr_matrix(name: str | None = None, dtype: str | None = None) -> Any:
    """A bsr variable; dtype floatX by default."""
    return matrix("bsr", name, dtype)


csc_dmatrix, csr_dmatrix = SparseType("csc", "float64"), SparseType("csr", "float64")
csc_fmatrix, csr_fmatrix = SparseType("csc", "float32"), SparseType("csr", "float32")


def sparse_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    format: str | None = None,
) -> SparseTensorSharedVariable:
    """A shared variable that holds a SciPy sparse matrix (copied unless `borrow`).

    Raises
    ------
    TypeError
        `value` is not sparse.
    """
    if not is_sparse(value):
        raise TypeError(
            explain("make a sparse shared variable", f"a {type(value).__name__}", "give a SciPy sparse matrix")
        )
    value = value if borrow else copy.deepcopy(value)
    return SparseTensorSharedVariable(
        type=SparseType(format or value.format, value.dtype),
        value=value,
        name=name,
        strict=strict,
        allow_downcast=allow_downcast,
    )


shared = sparse_constructor
