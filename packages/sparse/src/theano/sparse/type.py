"""`SparseType`: two-dimensional SciPy matrices of one format and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from theano.errors import explain
from theano.graph import Type, Variable

__all__ = ["FORMATS", "SparseType", "is_sparse"]

FORMATS = {"csr": scipy.sparse.csr_matrix, "csc": scipy.sparse.csc_matrix, "bsr": scipy.sparse.bsr_matrix}
DTYPES = frozenset(
    [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)


def is_sparse(x: Any) -> bool:
    """Whether `x` is a SciPy sparse matrix or array (a value, not a variable)."""
    return scipy.sparse.issparse(x)


class SparseType(Type):
    """Type of sparse matrices.

    Parameters
    ----------
    format : {'csr', 'csc', 'bsr'}
    dtype : str
        Integers, floats or complex; no bool and no float16.

    Raises
    ------
    NotImplementedError
        For another format or dtype.

    Examples
    --------
    >>> SparseType("csr", "float64")
    Sparse[float64, csr]
    """

    ndim = 2
    broadcastable = (False, False)

    def __init__(self, format: str, dtype: Any, name: str | None = None) -> None:
        dtype = np.dtype(dtype).name
        if format not in FORMATS:
            raise NotImplementedError(
                explain(
                    f"make a sparse type of format {format!r}", "it is not supported", f"use one of {sorted(FORMATS)}"
                )
            )
        if dtype not in DTYPES:
            raise NotImplementedError(
                explain(f"make a sparse type of dtype {dtype}", "it is not supported", f"use one of {sorted(DTYPES)}")
            )
        self.format, self.dtype, self.name = format, dtype, name

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """`value` as a SciPy matrix of this format and dtype.

        Raises
        ------
        TypeError
            `value` is not sparse, or strictly of another format or dtype.
        NotImplementedError
            Another dtype without ``allow_downcast``.
        """
        if isinstance(value, Variable) or not is_sparse(value):
            raise TypeError(
                explain(f"use a value as {self}", f"a {type(value).__name__}", "give a SciPy sparse matrix")
            )
        if value.format == self.format and value.dtype == self.dtype:
            return value if isinstance(value, FORMATS[self.format]) else FORMATS[self.format](value)
        if strict:
            raise TypeError(
                explain(
                    f"use a value strictly as {self}",
                    f"{value.dtype}, {value.format}",
                    "convert it, or do not ask for strict",
                )
            )
        if value.dtype != self.dtype and not allow_downcast and np.promote_types(value.dtype, self.dtype) != self.dtype:
            raise NotImplementedError(
                explain(
                    f"use a value as {self}", f"dtype {value.dtype}, which would lose precision", "set allow_downcast"
                )
            )
        return FORMATS[self.format](value).astype(self.dtype)

    def values_eq(self, a: Any, b: Any) -> bool:
        return is_sparse(a) and is_sparse(b) and a.shape == b.shape and (a != b).nnz == 0

    def values_eq_approx(self, a: Any, b: Any, eps: float = 1e-6) -> bool:
        if not (is_sparse(a) and is_sparse(b)) or a.shape != b.shape:
            return False
        difference = abs(a - b)
        return difference.nnz == 0 or bool(difference.max() <= eps * max(1.0, abs(a).max()))

    def clone(self, format: str | None = None, dtype: str | None = None, **changes: Any) -> SparseType:
        """The type with another format or dtype."""
        return type(self)(format or self.format, dtype or self.dtype, self.name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and (self.format, self.dtype) == (other.format, other.dtype)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((SparseType, self.format, self.dtype))

    def __str__(self) -> str:
        return f"Sparse[{self.dtype}, {self.format}]"

    __repr__ = __str__
