"""`TensorType`: dtype and static broadcast pattern of dense arrays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

import theano.tensor as tensor_namespace  # looked up at call time: conversions need ops, ops need this module
from theano.configuration import config
from theano.errors import explain
from theano.graph import Type, Variable
from theano.scalar import get_scalar_type, upcast
from theano.scalar.dtypes import ALL_DTYPES
from theano.tensor import approximate
from theano.tensor.approximate import (
    values_eq_approx,
    values_eq_approx_always_true,
    values_eq_approx_remove_inf,
    values_eq_approx_remove_inf_nan,
    values_eq_approx_remove_nan,
)

__all__ = [
    "TensorType",
    "tensor_type",
    "values_eq_approx",
    "values_eq_approx_always_true",
    "values_eq_approx_remove_inf",
    "values_eq_approx_remove_inf_nan",
    "values_eq_approx_remove_nan",
]

_PATTERN_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, True): "col",
    (True, False): "row",
    (False, False): "matrix",
}


class TensorType(Type):
    """Type of dense array variables.

    Parameters
    ----------
    dtype : str
        dtype name; ``'floatX'`` is resolved now.
    broadcastable : sequence of bool
        One entry per dimension; True where the length is known to be 1.
    name : str, optional
        Shown instead of dtype and pattern.
    sparse_grad : bool
        Deprecated.

    Examples
    --------
    >>> TensorType("float32", (False, True))
    TensorType(float32, col)
    """

    __slots__ = ("_hash", "broadcastable", "dtype", "name", "ndim", "numpy_dtype", "sparse_grad")
    filter_checks_isfinite = False

    def __init__(
        self, dtype: Any, broadcastable: Sequence[Any], name: str | None = None, sparse_grad: bool = False
    ) -> None:
        self.dtype = _dtype_name(dtype)
        try:
            self.broadcastable = tuple([bool(b) for b in broadcastable])
        except TypeError as error:
            text = explain(
                "make a TensorType",
                f"broadcastable={broadcastable!r}, a {type(broadcastable).__name__}",
                "give a sequence with one bool for each dimension; that of a vector is (False,), with a comma",
            )
            raise TypeError(text) from error
        self.ndim = len(self.broadcastable)
        self.numpy_dtype = np.dtype(self.dtype)
        self.name = name
        self.sparse_grad = sparse_grad
        if sparse_grad:
            warnings.warn(
                "TensorType(sparse_grad=True) is deprecated; use theano.sparse_grad()", DeprecationWarning, stacklevel=2
            )
        self._hash = hash((TensorType, self.dtype, self.broadcastable))

    # -- identity ------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and self.dtype == other.dtype  # type: ignore[attr-defined]
            and self.broadcastable == other.broadcastable  # type: ignore[attr-defined]
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self.name:
            return self.name
        pattern = _PATTERN_NAMES.get(self.broadcastable)
        if pattern is None:
            pattern = str(self.broadcastable) if any(self.broadcastable) else f"{self.ndim}D"
        return f"TensorType({self.dtype}, {pattern})"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "broadcastable": self.broadcastable, "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TensorType.__init__(self, **state)

    def clone(self, dtype: str | None = None, broadcastable: Sequence[Any] | None = None, **changes: Any) -> TensorType:
        """The type with another dtype or pattern."""
        return self.__class__(
            self.dtype if dtype is None else dtype,
            self.broadcastable if broadcastable is None else broadcastable,
            name=self.name,
        )

    def to_scalar_type(self) -> Any:
        """`Scalar` type of the elements."""
        return get_scalar_type(self.dtype)

    def dtype_specs(self) -> tuple[Any, str, str]:
        """(NumPy scalar class, C type name, NumPy type number name)."""
        return get_scalar_type(self.dtype).dtype_specs()

    # -- values --------------------------------------------------------------------------------------------------

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> np.ndarray:
        """`data` as an ndarray of this type.

        Raises
        ------
        TypeError
            Wrong dtype, rank, length of a broadcastable dim, or loss of precision; a variable instead of a value.
        ValueError
            A value is not finite while ``filter_checks_isfinite`` is set.
        """
        if type(data) is not np.ndarray or data.dtype != self.numpy_dtype:
            data = self._converted(data, strict, allow_downcast)
        if data.ndim != self.ndim:
            raise TypeError(
                explain(
                    f"use a value of rank {data.ndim} as {self}",
                    f"Wrong number of dimensions: expected {self.ndim}, got {data.ndim} with shape {data.shape}",
                    "reshape the value, or declare the variable with that rank",
                )
            )
        if not data.flags.aligned:
            raise TypeError(explain(f"use a value as {self}", "its memory is not aligned", "copy the array first"))
        for axis, flag in enumerate(self.broadcastable):
            if flag and data.shape[axis] != 1:
                raise TypeError(
                    explain(
                        f"use an array of shape {data.shape} as {self}",
                        f"Non-unit value on broadcastable dimension {axis}, whose length must be 1",
                        "declare the variable without that broadcastable flag",
                    )
                )
        if self.filter_checks_isfinite and not np.all(np.isfinite(data)):
            raise ValueError(explain(f"use a value as {self}", "it holds NaN or inf", "remove them"))
        return data

    def _converted(self, data: Any, strict: bool, allow_downcast: bool | None) -> np.ndarray:
        """`data` as an ndarray of this dtype, if the rules on precision allow it."""
        if isinstance(data, Variable):
            raise TypeError(
                explain(
                    f"use a value as {self}",
                    f"the symbolic variable {data}",
                    "give an array, or make it part of the graph",
                )
            )
        if isinstance(data, np.ndarray) and data.dtype == self.numpy_dtype:
            # a subclass: memmap is the same memory, and the ways of np.matrix are not those of tensors
            return data.view(np.ndarray)
        if strict:
            found = f"ndarray of {data.dtype}" if isinstance(data, np.ndarray) else type(data).__name__
            raise TypeError(
                explain(
                    f"use a value strictly as {self}",
                    f"expected an ndarray of {self.dtype}, got {found}",
                    "convert the value, or do not ask for strict",
                )
            )
        if allow_downcast or (allow_downcast is None and isinstance(data, float) and self.dtype == config.floatX):
            return self._cast(data)
        if isinstance(data, np.ndarray):
            if data.dtype.name in ALL_DTYPES and upcast(self.dtype, data.dtype.name) == self.dtype:
                return self._cast(data)
            raise self._precision_error(f"an array of {data.dtype}")
        converted = self._cast(data)
        if not _same_values(np.asarray(data), converted):
            raise self._precision_error(f"{data!r}"[:80])
        return converted

    def _cast(self, data: Any) -> np.ndarray:
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                # dropping an imaginary part is judged by the caller, which compares values
                warnings.simplefilter("ignore")
                return np.asarray(data).astype(self.numpy_dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(explain(f"use a value as {self}", f"{data!r}: {error}"[:300], "give numbers")) from error

    def _precision_error(self, found: str) -> TypeError:
        return TypeError(
            explain(
                f"use a value as {self}",
                f"{found} cannot be stored as {self.dtype} without risking loss of precision",
                f"cast it with numpy.asarray(value, '{self.dtype}'), or set allow_input_downcast=True in function",
            )
        )

    def is_valid_value(self, a: Any) -> bool:
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_zeros(self, shape: Any) -> np.ndarray:
        """Array of zeros of this dtype."""
        return np.zeros(shape, dtype=self.dtype)

    def get_shape_info(self, obj: Any) -> tuple[int, ...]:
        """Shape of a value."""
        return obj.shape

    def get_size(self, shape_info: Sequence[int]) -> int:
        """Bytes of a value of that shape."""
        return (
            int(np.prod(shape_info, dtype="int64")) * self.numpy_dtype.itemsize
            if len(shape_info)
            else (self.numpy_dtype.itemsize)
        )

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether two arrays may overlap; False for anything else."""
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return bool(np.may_share_memory(a, b))
        return False

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Exact equality; NaN equals NaN in the same place."""
        if a.shape != b.shape or (force_same_dtype and a.dtype != b.dtype):
            return False
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = same | ((a != a) & (b != b))
        return bool(np.all(same))

    values_eq_approx = staticmethod(approximate.values_eq_approx)  # type: ignore[assignment]

    # -- variables -----------------------------------------------------------------------------------------------

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Variable:
        """`other` as a variable of this type.

        Parameters
        ----------
        other : variable or value
        allow_convert : bool
            Whether to add a change of the broadcast pattern where it is safe.

        Raises
        ------
        TypeError
            No safe conversion exists.
        """
        if hasattr(other, "_as_TensorVariable"):
            other = other._as_TensorVariable()
        if not isinstance(other, Variable):
            other = self.Constant(type=self, data=self.filter(other, allow_downcast=None))
        if other.type == self:
            return other
        if allow_convert:
            converted = self.convert_variable(other)
            if converted is not None:
                return converted
        raise TypeError(
            explain(
                f"use a variable as {self}",
                f"Cannot convert Type {other.type} (of Variable {other}) into Type {self}",
                "cast it, or change its pattern with tensor.patternbroadcast or tensor.unbroadcast",
            )
        )

    def convert_variable(self, var: Variable) -> Variable | None:
        """`var` with flags dropped so that it has this type; None when dtype, rank or flags do not allow it."""
        other = var.type
        if type(other) is not type(self) or other.dtype != self.dtype or other.ndim != self.ndim:
            return None
        if all(mine == theirs or theirs for mine, theirs in zip(self.broadcastable, other.broadcastable, strict=True)):
            return tensor_namespace.patternbroadcast(var, self.broadcastable)
        return None


def _dtype_name(dtype: Any) -> str:
    if isinstance(dtype, str) and dtype in ALL_DTYPES:
        return dtype
    if isinstance(dtype, str) and dtype == "floatX":
        return config.floatX
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = None
    if name not in ALL_DTYPES:
        raise TypeError(explain("make a TensorType", f"unsupported dtype {dtype!r}", f"use {', '.join(ALL_DTYPES)}"))
    return name


def _same_values(original: np.ndarray, converted: np.ndarray) -> bool:
    """Whether a cast kept every value; compared in the common dtype, where neither side is rounded."""
    if original.dtype.kind not in "biufc" or original.shape != converted.shape:
        return original.size == 0 and original.shape == converted.shape
    wide = np.result_type(original.dtype, converted.dtype)
    a, b = original.astype(wide), converted.astype(wide)
    return bool(np.all((a == b) | ((a != a) & (b != b))))


_types: dict[tuple[str, tuple[bool, ...]], TensorType] = {}


def tensor_type(dtype: str, broadcastable: tuple[bool, ...]) -> TensorType:
    """The shared `TensorType` of a dtype name and pattern; equal calls give the same object."""
    key = (dtype, broadcastable)
    found = _types.get(key)
    if found is None:
        found = _types.setdefault(key, TensorType(dtype, broadcastable))
    return found
