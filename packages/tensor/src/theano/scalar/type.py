"""Types of scalars: one `Scalar` per dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import explain
from theano.graph import Type
from theano.scalar.dtypes import ALL_DTYPES

__all__ = [
    "Scalar",
    "all_types",
    "bool",
    "complex64",
    "complex128",
    "complex_types",
    "continuous_types",
    "discrete_types",
    "float16",
    "float32",
    "float64",
    "float_types",
    "get_scalar_type",
    "int8",
    "int16",
    "int32",
    "int64",
    "int_types",
    "integer_types",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uint_types",
]


class Scalar(Type):
    """Type of a single number.

    Parameters
    ----------
    dtype : str
        One of the dtype names; ``'floatX'`` is resolved now.
    """

    ndim = 0

    def __init__(self, dtype: str) -> None:
        if dtype == "floatX":
            dtype = config.floatX
        if dtype not in ALL_DTYPES:
            raise TypeError(
                explain(
                    "Scalar: make a scalar type",
                    f"unsupported dtype {dtype!r}",
                    f"use one of {', '.join(ALL_DTYPES)}",
                )
            )
        self.dtype = dtype
        self.py_type = np.dtype(dtype).type

    @property
    def numpy_dtype(self) -> np.dtype:
        return np.dtype(self.dtype)

    def filter(self, value: Any, strict: Any = False, allow_downcast: Any = None) -> np.generic:
        """NumPy scalar of this dtype, or TypeError when the value does not fit."""
        if strict:
            if not isinstance(value, self.py_type):
                raise TypeError(f"{self} expected a {self.dtype} NumPy scalar, got {value!r} of type {type(value)}")
            return value
        try:
            with np.errstate(all="ignore"):
                converted = np.asarray(value).astype(self.dtype)[()]
        except (TypeError, ValueError) as error:
            raise TypeError(f"cannot make a {self.dtype} of {value!r}: {error}") from error
        if not isinstance(converted, np.generic):
            raise TypeError(f"{self} expected one number, got an array of shape {np.shape(value)}")
        loose_float = allow_downcast is None and type(value) is float and self.dtype == config.floatX
        if allow_downcast or loose_float or _same_number(value, converted):
            return converted
        raise TypeError(
            f"value {value!r} cannot be converted to {self.dtype} without loss (allow_downcast={allow_downcast})"
        )

    def values_eq_approx(self, a: Any, b: Any, tolerance: float = 1e-4, **_: Any) -> Any:
        """Equality up to a relative tolerance; NaN equals NaN."""
        a, b = np.asarray(a), np.asarray(b)
        return np.allclose(a.astype("complex128"), b.astype("complex128"), rtol=tolerance, equal_nan=True)

    def make_variable(self, name: str | None = None) -> Any:
        return self.Variable(self, name=name)

    def dtype_specs(self) -> tuple[Any, str, str]:
        """(NumPy scalar class, C type name, NumPy type number name)."""
        return self.py_type, f"npy_{self.dtype}", f"NPY_{self.dtype.upper()}"

    def upcast(self, *others: Scalar) -> Scalar:
        """Scalar type of the common dtype."""
        from theano.scalar.dtypes import upcast

        return get_scalar_type(upcast(self.dtype, *(o.dtype for o in others)))

    def __eq__(self, other: object) -> Any:
        return self is other or (type(self) is type(other) and self.dtype == other.dtype)

    def __hash__(self) -> int:
        return hash((Scalar, self.dtype))

    def __str__(self) -> str:
        return self.dtype

    def __repr__(self) -> str:
        return f"Scalar({self.dtype})"

    def __reduce__(self) -> tuple:
        return get_scalar_type, (self.dtype,)


def _same_number(value: Any, converted: np.generic) -> Any:
    """Whether the conversion kept the value; compared in the wider of both dtypes, not in the narrow one."""
    original = np.asarray(value)
    if original.dtype.kind not in "biufc":
        return False
    wide = np.asarray(converted).astype(np.result_type(original.dtype, converted.dtype))
    # NaN is kept by every float dtype
    return np.all((wide == original) | ((wide != wide) & (original != original)))


_scalar_types: dict[str, Scalar] = {}


def get_scalar_type(dtype: str) -> Scalar:
    """The `Scalar` of a dtype name; equal calls give the same object."""
    found = _scalar_types.get(dtype)
    if found is None:
        found = Scalar(dtype)
        found = _scalar_types.setdefault(found.dtype, found)
    return found


bool = get_scalar_type("bool")
int8 = get_scalar_type("int8")
int16 = get_scalar_type("int16")
int32 = get_scalar_type("int32")
int64 = get_scalar_type("int64")
uint8 = get_scalar_type("uint8")
uint16 = get_scalar_type("uint16")
uint32 = get_scalar_type("uint32")
uint64 = get_scalar_type("uint64")
float16 = get_scalar_type("float16")
float32 = get_scalar_type("float32")
float64 = get_scalar_type("float64")
complex64 = get_scalar_type("complex64")
complex128 = get_scalar_type("complex128")

int_types = int8, int16, int32, int64
uint_types = uint8, uint16, uint32, uint64
float_types = float16, float32, float64
complex_types = complex64, complex128
integer_types = int_types + uint_types
discrete_types = (bool, *integer_types)
continuous_types = float_types + complex_types
all_types = discrete_types + continuous_types
