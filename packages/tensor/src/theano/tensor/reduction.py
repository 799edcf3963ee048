"""Reductions by a commutative and associative scalar op: sums, products, extrema, logical reductions."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any as AnyValue  # this module defines the op Any

import numpy as np

import theano.scalar as scal
from theano.configuration import config
from theano.errors import explain
from theano.graph import Apply, Op
from theano.scalar.dtypes import CONTINUOUS_DTYPES, DISCRETE_DTYPES, upcast
from theano.scalar.formulas import numpy_k
from theano.tensor.axes import axis_tuple, normalized_axes
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import tensor_type

__all__ = [
    "All", "Any", "CAReduce", "CAReduceDtype", "Max", "Min", "MulWithoutZeros", "Prod", "ProdWithoutZeros", "Sum",
    "mul_without_zeros",
]  # fmt: skip

MulWithoutZeros = scal.MulWithoutZeros
mul_without_zeros = scal.mul_without_zeros


_UFUNCS = {
    scal.Add: np.add, scal.Mul: np.multiply, scal.Maximum: np.maximum, scal.Minimum: np.minimum,
    scal.OR: np.bitwise_or, scal.AND: np.bitwise_and, scal.XOR: np.bitwise_xor,
}  # fmt: skip

# Names of reductions in the loop IR; bit operations on bool are the logical ones.
_KERNEL_KINDS = {scal.Add: "add", scal.Mul: "mul", scal.Maximum: "maximum", scal.Minimum: "minimum"}
_BOOL_KINDS = {
    scal.OR: "or", scal.AND: "and", scal.Add: "or", scal.Mul: "and", scal.Maximum: "or", scal.Minimum: "and",
}  # fmt: skip

_WIDE = {
    **dict.fromkeys(("bool", "int8", "int16", "int32"), "int64"),
    **dict.fromkeys(("uint8", "uint16", "uint32"), "uint64"),
}
_ACCUMULATORS = {**_WIDE, "float16": "float32", "float32": "float64", "complex64": "complex128"}


class CAReduce(Op):
    """Reduction over axes by a binary scalar op that may be regrouped and reordered freely.

    Parameters
    ----------
    scalar_op : ScalarOp
        Commutative and associative, two inputs, one output.
    axis : int, sequence of int or None
        Axes to reduce; None for all.
    """

    __props__: tuple[str, ...] = ("scalar_op", "axis")

    def __init__(self, scalar_op: AnyValue, axis: AnyValue = None) -> None:
        if scalar_op.nin not in (-1, 2) or scalar_op.nout != 1:
            raise NotImplementedError(
                explain(
                    f"reduce with {scalar_op}",
                    f"{scalar_op.nin} inputs and {scalar_op.nout} outputs",
                    "use a scalar op with two inputs and one output",
                )
            )
        self.scalar_op = scalar_op
        self.axis = axis_tuple(axis)

    @property
    def ufunc(self) -> AnyValue:
        """NumPy's ufunc of the scalar op, None when it has none."""
        return _UFUNCS.get(type(self.scalar_op))

    # -- building ------------------------------------------------------------------------------------------------

    def output_dtype(self, dtype: str) -> str:
        """dtype of the result for an input dtype."""
        return dtype

    def accumulator_dtype(self, dtype: str) -> str:
        """dtype in which the reduction runs for an input dtype."""
        return dtype

    def with_axis(self, axis: tuple[int, ...] | None) -> CAReduce:
        """The same reduction over other axes."""
        twin = copy.copy(self)
        twin.axis = axis
        return twin

    def make_node(self, x: AnyValue) -> Apply:
        x = as_tensor_variable(x)
        axes = normalized_axes(self.axis, x.type.ndim, x)
        op = self if axes == self.axis else self.with_axis(axes)
        pattern = () if axes is None else tuple(b for i, b in enumerate(x.type.broadcastable) if i not in axes)
        return Apply(op, [x], [tensor_type(op.output_dtype(x.type.dtype), pattern).make_variable()])

    def axes_of(self, ndim: int) -> tuple[int, ...]:
        """The reduced axes of a tensor of that rank."""
        return tuple(range(ndim)) if self.axis is None else self.axis

    # -- facts and evaluation ------------------------------------------------------------------------------------

    def infer_shape(self, node: Apply, shapes: Sequence[AnyValue]) -> list[tuple]:
        axes = self.axes_of(node.inputs[0].type.ndim)
        return [tuple([n for i, n in enumerate(shapes[0]) if i not in axes])]

    def lower(self, node: Apply, build: AnyValue) -> AnyValue:
        x = node.inputs[0].type
        acc_dtype = self.accumulator_dtype(x.dtype)
        kind = (_BOOL_KINDS if acc_dtype == "bool" else _KERNEL_KINDS).get(type(self.scalar_op))
        axes = self.axes_of(x.ndim)
        if kind is None or not axes:
            return None
        if acc_dtype == "bool" and self.scalar_op.identity is None:
            # as whole numbers, because the logical reductions have a value for no elements
            kind = _KERNEL_KINDS[type(self.scalar_op)]
            return build.reduce(
                kind, build.k.cast(build.load(0), "uint8"), axes, "uint8", lambda acc: build.k.neq(acc, 0)
            )
        return build.reduce(kind, build.k.cast(build.load(0), acc_dtype), axes, acc_dtype)

    def perform(
        self, node: Apply, inputs: list[AnyValue], output_storage: list[list[AnyValue]], params: AnyValue = None
    ) -> None:
        x = np.asarray(inputs[0])
        axes = self.axes_of(x.ndim)
        acc_dtype = self.accumulator_dtype(node.inputs[0].type.dtype)
        if self.scalar_op.identity is None and any(x.shape[a] == 0 for a in axes):
            raise ValueError(
                explain(
                    f"evaluate {self}",
                    f"zero-size reduction over axes {axes} of shape {x.shape}, which has no identity",
                    "give at least one element",
                )
            )
        with np.errstate(all="ignore"):
            if self.ufunc is not None:
                result = self.ufunc.reduce(x, axis=axes, dtype=acc_dtype)
            else:
                result = self._fold(x.astype(acc_dtype, copy=False), axes)
            result = np.asarray(result).astype(node.outputs[0].type.dtype, copy=False)
        # a reduction over no axes hands back its input
        output_storage[0][0] = result.copy() if not axes else result

    def _fold(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """Reduce by halves with the scalar op's formula, which its freedom to regroup allows."""
        kept = [i for i in range(x.ndim) if i not in axes]
        shape = tuple(x.shape[i] for i in kept)
        rows = x.transpose([*axes, *kept]).reshape((-1, *shape) if x.size else (0, *shape))
        if len(rows) == 0:
            return np.full(shape, self.scalar_op.identity, dtype=x.dtype)
        while len(rows) > 1:
            half = len(rows) // 2
            pairs = self.scalar_op.lower_exprs(numpy_k, [rows[:half], rows[half : 2 * half]])[0].astype(x.dtype)
            rows = np.concatenate([pairs, rows[2 * half :]])
        return rows[0].copy()

    def __str__(self) -> str:
        if self.axis is None:
            return f"Reduce{{{self.scalar_op}}}"
        return f"Reduce{{{self.scalar_op}}}{{{', '.join(map(str, self.axis))}}}"


class _Named(CAReduce):
    """Base of reductions whose scalar op is fixed; printed by class name."""

    __props__ = ("axis",)
    _scalar_op: AnyValue

    def __init__(self, axis: AnyValue = None) -> None:
        super().__init__(self._scalar_op, axis)

    def __str__(self) -> str:
        if self.axis is None:
            return type(self).__name__
        return f"{type(self).__name__}{{{', '.join(map(str, self.axis))}}}"


class Max(_Named):
    """Maximum over axes; NaN wins."""

    _scalar_op = scal.maximum


class Min(_Named):
    """Minimum over axes; NaN wins."""

    _scalar_op = scal.minimum


class _Logical(_Named):
    """Base of logical reductions: an input that is not bool is compared with 0 first."""

    def make_node(self, x: AnyValue) -> Apply:
        x = as_tensor_variable(x)
        if x.type.dtype != "bool":
            x = Elemwise(scal.neq, name="Elemwise{neq,no_inplace}")(x, 0)
        return super().make_node(x)


class All(_Logical):
    """Logical and over axes."""

    _scalar_op = scal.and_


class Any(_Logical):
    """Logical or over axes."""

    _scalar_op = scal.or_


class CAReduceDtype(CAReduce):
    """Reduction with an output dtype and an accumulator dtype of its own.

    Parameters
    ----------
    scalar_op, axis
        As for `CAReduce`.
    dtype : str, optional
        Output dtype. By default small integers widen to 64 bits and other dtypes stay.
    acc_dtype : str, optional
        Accumulator dtype. By default as the output for integers, and one size wider for small floats.
    """

    __props__ = ("scalar_op", "axis", "dtype", "acc_dtype")

    def __init__(
        self, scalar_op: AnyValue, axis: AnyValue = None, dtype: str | None = None, acc_dtype: str | None = None
    ) -> None:
        super().__init__(scalar_op, axis)
        self.dtype = _known_dtype(dtype)
        self.acc_dtype = _known_dtype(acc_dtype)

    def output_dtype(self, dtype: str) -> str:
        return self.dtype or _WIDE.get(dtype, dtype)

    def accumulator_dtype(self, dtype: str) -> str:
        wanted = self.acc_dtype
        if wanted is None:
            # whole numbers asked for as floats are counted as such: int64 would wrap around on the way
            start = self.dtype if dtype in DISCRETE_DTYPES and self.dtype in CONTINUOUS_DTYPES else dtype
            return _ACCUMULATORS.get(start, start)
        if wanted in CONTINUOUS_DTYPES and dtype in DISCRETE_DTYPES:
            return wanted
        if upcast(dtype, wanted) != wanted:
            raise TypeError(
                explain(
                    f"{type(self).__name__} with acc_dtype={wanted}",
                    f"Cannot build a reduction of {dtype} with internal accumulator {wanted}, which loses precision",
                    f"use acc_dtype='{upcast(dtype, wanted)}'",
                )
            )
        return wanted

    def make_node(self, x: AnyValue) -> Apply:
        x = as_tensor_variable(x)
        dtype, acc_dtype = self.output_dtype(x.type.dtype), self.accumulator_dtype(x.type.dtype)
        if acc_dtype.startswith("complex") and not dtype.startswith("complex"):
            raise TypeError(
                explain(
                    f"reduce {x.type} to {dtype}",
                    f"{acc_dtype}, whose numbers have no one real value",
                    "use real(), imag() or abs_() first",
                )
            )
        op = self
        if (dtype, acc_dtype) != (self.dtype, self.acc_dtype):
            op = copy.copy(self)
            op.dtype, op.acc_dtype = dtype, acc_dtype
        return CAReduce.make_node(op, x)

    def __str__(self) -> str:
        name = type(self).__name__
        if name == "CAReduceDtype":
            name = f"ReduceDtype{{{self.scalar_op}}}"
        axis = "" if self.axis is None else f"axis=[{', '.join(map(str, self.axis))}], "
        return f"{name}{{{axis}acc_dtype={self.acc_dtype}}}"


def _known_dtype(dtype: AnyValue) -> str | None:
    if dtype is None:
        return None
    return config.floatX if dtype == "floatX" else np.dtype(dtype).name


class Sum(CAReduceDtype):
    """Sum over axes.

    Examples
    --------
    >>> import theano.tensor as T
    >>> T.fmatrix().sum(axis=0).owner.op
    Sum{axis=[0], acc_dtype=float64}
    """

    __props__ = ("axis", "dtype", "acc_dtype")

    def __init__(self, axis: AnyValue = None, dtype: str | None = None, acc_dtype: str | None = None) -> None:
        super().__init__(scal.add, axis, dtype, acc_dtype)


class Prod(CAReduceDtype):
    """Product over axes.

    Parameters
    ----------
    no_zeros_in_input : bool
        Promise that permits a simpler gradient.
    """

    __props__ = ("axis", "dtype", "acc_dtype", "no_zeros_in_input")

    def __init__(
        self,
        axis: AnyValue = None,
        dtype: str | None = None,
        acc_dtype: str | None = None,
        no_zeros_in_input: bool = False,
    ) -> None:
        super().__init__(scal.mul, axis, dtype, acc_dtype)
        self.no_zeros_in_input = bool(no_zeros_in_input)


class ProdWithoutZeros(CAReduceDtype):
    """Product of the nonzero elements; 0 where a whole group is zero."""

    __props__ = ("axis", "dtype", "acc_dtype")

    def __init__(self, axis: AnyValue = None, dtype: str | None = None, acc_dtype: str | None = None) -> None:
        super().__init__(scal.mul_without_zeros, axis, dtype, acc_dtype)
