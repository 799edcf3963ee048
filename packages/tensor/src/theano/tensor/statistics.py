"""Sums, products, means and variances over axes."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

import theano.scalar as scal
import theano.tensor as tensor_namespace  # looked up at call time: shapes stand above this module
from theano.errors import explain
from theano.graph import Apply
from theano.scalar.dtypes import DISCRETE_DTYPES
from theano.tensor import reduction
from theano.tensor.axes import makeKeepDims, normalized_axes
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.math import cast, imag, real, sqr, sqrt, true_div
from theano.tensor.reduction import CAReduce, Prod, Sum

__all__ = ["Mean", "all", "any", "cov", "mean", "prod", "std", "sum", "var"]


def _keep(x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    return makeKeepDims(x, out, axis) if keepdims else out


def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
    """Sum over axes; 0 for an empty reduction.

    Parameters
    ----------
    input : tensor
    axis : int, sequence of int or None
        None for all axes.
    dtype : str, optional
        Result dtype; by default small integers widen to 64 bits and other dtypes stay.
    keepdims : bool
        Keep the reduced axes as broadcastable dims.
    acc_dtype : str, optional
        Accumulator dtype; by default float32 sums run in float64, float16 ones in float32.
    """
    input = as_tensor_variable(input)
    return _keep(input, Sum(axis=axis, dtype=dtype, acc_dtype=acc_dtype)(input), axis, keepdims)


def prod(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Any:
    """Product over axes; 1 for an empty reduction. Arguments as for `sum`.

    ``no_zeros_in_input=True`` promises nonzero elements and permits a simpler gradient.
    """
    input = as_tensor_variable(input)
    op = Prod(axis=axis, dtype=dtype, acc_dtype=acc_dtype, no_zeros_in_input=no_zeros_in_input)
    return _keep(input, op(input), axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Logical or over axes; bool."""
    x = as_tensor_variable(x)
    return _keep(x, reduction.Any(axis)(x), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Logical and over axes; bool."""
    x = as_tensor_variable(x)
    return _keep(x, reduction.All(axis)(x), axis, keepdims)


class Mean(CAReduce):
    """Mean over one axis or all, in float64.

    Parameters
    ----------
    axis : int or None
    """

    __props__ = ("axis",)

    def __init__(self, axis: Any = None) -> None:
        super().__init__(scal.add, axis)
        if self.axis is not None and len(self.axis) != 1:
            raise ValueError(explain("make a Mean", f"axis={axis}", "give one axis or None"))

    def output_dtype(self, dtype: str) -> str:
        return "float64"

    def accumulator_dtype(self, dtype: str) -> str:
        return "float64"

    def lower(self, node: Apply, build: Any) -> Any:
        return None

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x = np.asarray(inputs[0])
        axes = self.axes_of(x.ndim)
        count = np.prod([x.shape[a] for a in axes], dtype="float64")
        with np.errstate(all="ignore"):
            output_storage[0][0] = np.asarray(np.add.reduce(x, axis=axes, dtype="float64") / count)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[tuple]:
        return CAReduce.infer_shape(self, node, shapes)

    def __str__(self) -> str:
        return "Mean" if self.axis is None else f"Mean{{{self.axis[0]}}}"


def _count(input: Any, axes: Sequence[int], dtype: str) -> Any:
    """Number of elements in each reduced group, as a 0-d tensor."""
    lengths = tensor_namespace.shape(input)
    count: Any = None
    for a in axes:
        count = lengths[a] if count is None else count * lengths[a]
    return cast(tensor_namespace.constant(1, dtype="int64") if count is None else count, dtype)


def mean(
    input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None
) -> Any:
    """Mean over axes.

    Parameters
    ----------
    input : tensor
    axis : int, sequence of int or None
    dtype : str, optional
        Result dtype; by default that of a float input, float64 for a discrete one.
    op : bool
        Use the single float64 op `Mean`, which takes no `dtype`.
    keepdims : bool
    acc_dtype : str, optional

    Returns
    -------
    tensor named 'mean'
    """
    input = as_tensor_variable(input)
    if op:
        if dtype not in (None, "float64") or acc_dtype not in (None, "float64"):
            raise NotImplementedError(explain("mean(op=True)", f"dtype={dtype}", "leave dtype away: it is float64"))
        result = _keep(input, Mean(axis)(input), axis, keepdims)
        result.name = "mean"
        return result
    out_dtype = _mean_dtype(input.type.dtype, dtype)
    sum_dtype = "float32" if out_dtype == "float16" else out_dtype
    if input.type.dtype in DISCRETE_DTYPES and acc_dtype is None:
        # small whole numbers add exactly as 64-bit integers; those of 64 bits could wrap around, so they add as floats
        if input.type.dtype not in ("int64", "uint64"):
            sum_dtype = None
        elif out_dtype not in DISCRETE_DTYPES:
            acc_dtype = "float64"
    total = sum(input, axis=axis, dtype=sum_dtype, keepdims=keepdims, acc_dtype=acc_dtype)
    axes = normalized_axes(axis, input.type.ndim, input)
    divisor_dtype = {"float16": "float32", "complex64": "float32", "complex128": "float64"}.get(out_dtype, out_dtype)
    if divisor_dtype in DISCRETE_DTYPES:
        divisor_dtype = "float64"
    count = _count(input, range(input.type.ndim) if axes is None else axes, divisor_dtype)
    result = cast(true_div(total, count), out_dtype)
    result.name = "mean"
    return result


def _mean_dtype(input_dtype: str, dtype: Any) -> str:
    if dtype is not None:
        return reduction._known_dtype(dtype)
    return "float64" if input_dtype in DISCRETE_DTYPES else input_dtype


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Variance over axes by two passes: squared deviations from the mean, summed and divided by ``n - ddof``.

    Parameters
    ----------
    input : tensor
    axis : int, sequence of int or None
    ddof : int
        Subtracted from the number of elements.
    keepdims : bool
    corrected : bool
        Subtract the square of the deviations' sum over n, which is what rounding of the mean leaves behind.

    Returns
    -------
    tensor named 'var', dtype as for `mean`; real for complex input

    Raises
    ------
    ValueError
        `ddof` is a bool.
    """
    if isinstance(ddof, bool):
        raise ValueError(
            explain(
                "var",
                f"Parameter keepdims is now at index 3: (input, axis, ddof, keepdims); ddof={ddof}",
                "pass keepdims by name",
            )
        )
    input = as_tensor_variable(input)
    axes = normalized_axes(axis, input.type.ndim, input)
    if axes is None:
        axes = tuple(range(input.type.ndim))
    deviations = input - mean(input, axes, keepdims=True)
    dtype = _real_dtype(deviations.type.dtype)
    if ddof == 0:
        result = mean(_squares(deviations), axes, keepdims=keepdims)
    else:
        freedom = _count(input, axes, _divisor_dtype(dtype)) - np.asarray(ddof, dtype=_divisor_dtype(dtype))
        result = true_div(sum(_squares(deviations), axis=axes, keepdims=keepdims), freedom)
    if corrected:
        count = _count(input, axes, _divisor_dtype(dtype))
        if ddof != 0:
            count = freedom
        rest = true_div(
            _squares(sum(deviations, axis=axes, keepdims=keepdims)), _count(input, axes, _divisor_dtype(dtype))
        )
        result = result - true_div(rest, count)
    result = cast(result, dtype)
    result.name = "var"
    return result


def _real_dtype(dtype: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _squares(x: Any) -> Any:
    """Squares of absolute values."""
    if x.type.dtype in ("complex64", "complex128"):
        return sqr(real(x)) + sqr(imag(x))
    return sqr(x)


def _divisor_dtype(dtype: str) -> str:
    return {"float16": "float32", "complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Standard deviation: the root of `var`, with the same arguments; named 'std'."""
    result = sqrt(var(input, axis=axis, ddof=ddof, keepdims=keepdims, corrected=corrected))
    result.name = "std"
    return result


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """Covariance matrix as in NumPy, squeezed.

    Parameters
    ----------
    m, y : tensor, at most 2-D
        Observations; `y` adds variables.
    rowvar : bool
        Rows are variables; columns if False.
    bias : bool
        Divide by n instead of n - 1.
    ddof : int, optional
        Divide by n - ddof.
    fweights, aweights : None
        Not supported.
    """
    k = tensor_namespace
    if fweights is not None or aweights is not None:
        raise NotImplementedError(explain("cov", "weights are given", "weight the observations beforehand"))
    if ddof is not None and ddof != int(ddof):
        raise ValueError(explain("cov", f"ddof={ddof}", "give an integer"))
    if ddof is None:
        ddof = 0 if bias else 1
    m = _observations(m, rowvar)
    if y is not None:
        m = k.concatenate([m, _observations(y, rowvar)], axis=0)
    n = m.shape[1]
    centred = m - m.mean(axis=1, keepdims=True)
    divisor = k.maximum(cast(n - ddof, centred.type.dtype), 0)
    return k.squeeze(true_div(k.dot(centred, centred.T.conj()), divisor))


def _observations(m: Any, rowvar: builtins.bool) -> Any:
    """`m` with one variable a row, in floats."""
    m = as_tensor_variable(m)
    if m.type.ndim > 2:
        raise ValueError(explain("cov", f"a tensor of rank {m.type.ndim}", "give a vector or a matrix"))
    if m.type.ndim < 2:
        m = m.dimshuffle(*("x",) * (2 - m.type.ndim), *range(m.type.ndim))
    elif not rowvar:
        m = m.T
    return cast(m, "float64") if m.type.dtype in DISCRETE_DTYPES else m
