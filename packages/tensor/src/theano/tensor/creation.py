"""Tensors made from numbers: arange, eye, tri, tril, triu, mgrid, ogrid."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import explain
from theano.graph import Apply, Constant, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.shape import shape_i
from theano.tensor.type import TensorType

__all__ = [
    "ARange",
    "Eye",
    "MGrid",
    "OGrid",
    "Tri",
    "arange",
    "eye",
    "identity_like",
    "mgrid",
    "ogrid",
    "tri",
    "tril",
    "triu",
]


def _concrete(dtype: str | None) -> str:
    return config.floatX if dtype is None or dtype == "floatX" else str(np.dtype(dtype))


def _is_constant(v: Variable, value: int) -> bool:
    return isinstance(v, Constant) and v.data == value


@frozen_op
class ARange(Op):
    """Half-open range; inputs (start, stop, step), a vector of `dtype`."""

    dtype: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", _concrete(self.dtype))

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        bounds = [as_tensor_variable(bound) for bound in (start, stop, step)]
        for name, bound in zip(("start", "stop", "step"), bounds, strict=True):
            if bound.type.ndim != 0:
                raise TypeError(explain(f"arange: {name} as a scalar", f"got {bound.type}", "give a number"))
        return Apply(self, bounds, [TensorType(self.dtype, (False,))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        start, stop, step = (bound.item() for bound in inputs)
        if step == 0:
            raise ZeroDivisionError(explain(f"arange({start}, {stop}, 0)", "a step of 0", "use a nonzero step"))
        output_storage[0][0] = np.arange(start, stop, step, dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        # lazy: math stands on the constructors of this module
        from theano.tensor import math as tm

        start, stop, step = node.inputs
        if all(bound.type.dtype.startswith("int") for bound in node.inputs):
            if _is_constant(start, 0) and _is_constant(step, 1):
                return [(tm.maximum(tm.cast(stop, "int64"), 0),)]
            # ceil(a / b) of integers is -((-a) // b) under floor division
            span = tm.cast(start, "int64") - tm.cast(stop, "int64")
            return [(tm.maximum(-(span // step), 0),)]
        span = tm.cast(stop, "float64") - tm.cast(start, "float64")
        return [(tm.maximum(tm.cast(tm.ceil(span / tm.cast(step, "float64")), "int64"), 0),)]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [False], [True]]


def _range_dtype(bounds: list[Variable]) -> str:
    dtypes = [bound.type.dtype for bound in bounds]
    dtype = upcast(*dtypes)
    if dtype.startswith("int"):
        dtype = "int64"
    elif dtype.startswith("uint"):
        dtype = "uint64"
    if config.cast_policy in ("numpy", "numpy+floatX"):
        dtype = str(np.arange(*[np.array(i, dtype=d) for i, d in zip((0, 1, 1), dtypes, strict=True)]).dtype)
        demote = config.cast_policy == "numpy+floatX" and config.floatX == "float32" and "float64" not in dtypes
        if dtype == "float64" and demote:
            dtype = "float32"
    return dtype


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str | None = None) -> Variable:
    """Half-open range ``start, start + step, ... < stop``; one argument means `stop`.

    Parameters
    ----------
    start, stop, step : numbers or 0-d tensors
    dtype : str, optional
        Default: the upcast of the three, where any int becomes int64 and any unsigned uint64.

    Returns
    -------
    TensorVariable, (max(ceil((stop - start) / step), 0),)

    Examples
    --------
    >>> import theano.tensor as T
    >>> T.arange(2, 8, 3).eval().tolist()
    [2, 5]
    """
    if stop is None:
        start, stop = 0, start
    bounds = [as_tensor_variable(bound) for bound in (start, stop, step)]
    return ARange(_range_dtype(bounds) if dtype is None else dtype)(*bounds)


def _integer_scalars(what: str, sizes: tuple) -> list[Variable]:
    variables = [as_tensor_variable(size) for size in sizes]
    for variable in variables:
        if variable.type.ndim != 0:
            raise AssertionError(explain(f"{what}: sizes as scalars", f"got {variable.type}", "give ints"))
        if not variable.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain(f"{what}: sizes as integers", f"got {variable.type}", "cast it to an integer"))
    return variables


class _DiagonalMask(Op):
    """Base of the matrices made from (rows, columns, diagonal)."""

    dtype: str

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        inputs = _integer_scalars(type(self).__name__.lower(), (n, m, k))
        return Apply(self, inputs, [TensorType(self.dtype, (False, False))()])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(node.inputs[0], node.inputs[1])]


@frozen_op
class Eye(_DiagonalMask):
    """Inputs (n, m, k): an n by m matrix with ones on diagonal k."""

    dtype: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", _concrete(self.dtype))

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        n, m, k = (int(i) for i in inputs)
        output_storage[0][0] = np.eye(n, m, k, dtype=self.dtype)


@frozen_op
class Tri(_DiagonalMask):
    """Inputs (N, M, k): an N by M matrix with ones on and below diagonal k."""

    dtype: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", _concrete(self.dtype))

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        n, m, k = (int(i) for i in inputs)
        output_storage[0][0] = np.tri(n, m, k, dtype=self.dtype)


def eye(n: Any, m: Any = None, k: Any = 0, dtype: str | None = None) -> Variable:
    """`n` by `m` matrix (`m` defaults to `n`) with ones on diagonal `k`; dtype defaults to floatX."""
    return Eye(dtype)(n, n if m is None else m, k)


def identity_like(x: Any) -> Variable:
    """Eye with the shape and dtype of the matrix `x`."""
    x = as_tensor_variable(x)
    if x.type.ndim != 2:
        raise ValueError(explain("identity_like: a matrix", f"{x.type}", "give a tensor with two dimensions"))
    return eye(shape_i(x, 0), shape_i(x, 1), 0, dtype=x.type.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: str | None = None) -> Variable:
    """`N` by `M` matrix with ones on and below diagonal `k`; dtype defaults to floatX."""
    return Tri(dtype)(N, N if M is None else M, k)


def _mask(m: Any, k: Any) -> tuple[Variable, Variable]:
    m = as_tensor_variable(m)
    if m.type.ndim != 2:
        raise ValueError(explain("tril or triu of a matrix", f"{m.type}", "give a tensor with two dimensions"))
    return m, tri(shape_i(m, 0), shape_i(m, 1), k=k, dtype=m.type.dtype)


def tril(m: Any, k: Any = 0) -> Variable:
    """The matrix `m` with zeros above diagonal `k` (multiplied by a mask, so NaN stays NaN)."""
    m, mask = _mask(m, k)
    return m * mask


def triu(m: Any, k: Any = 0) -> Variable:
    """The matrix `m` with zeros below diagonal `k` (multiplied by a mask, so NaN stays NaN)."""
    m = as_tensor_variable(m)
    m, mask = _mask(m, k - 1)
    return m * (1 - mask if m.type.dtype != "bool" else ~mask)


class _Grid:
    """Base of `mgrid` and `ogrid`: index with slices, get the coordinates along each axis as a list."""

    sparse: bool

    def __getitem__(self, args: Any) -> list[Variable]:
        slices = args if isinstance(args, tuple) else (args,)
        ranges = []
        for part in slices:
            if not isinstance(part, slice):
                raise TypeError(explain("mgrid or ogrid: slices", f"got {part!r}", "write mgrid[a:b:c, ...]"))
            if isinstance(part.step, complex):
                raise NotImplementedError(
                    explain(
                        "mgrid or ogrid: a number of points as complex step",
                        f"{part.step}",
                        "use a real step",
                    )
                )
            ranges.append(arange(part.start or 0, part.stop, 1 if part.step is None else part.step))
        rank = len(ranges)
        spread = [r.dimshuffle(*("x" * i), 0, *("x" * (rank - i - 1))) for i, r in enumerate(ranges)]
        return spread if self.sparse else [_dense(i, spread, ranges) for i in range(rank)]


def _dense(i: int, spread: list[Variable], ranges: list[Variable]) -> Variable:
    # lazy: alloc is the only user of lengths here
    from theano.tensor.alloc import alloc

    return alloc(spread[i], *[shape_i(r, 0) for r in ranges])


class MGrid(_Grid):
    """Dense coordinates, as ``numpy.mgrid`` but a list.

    Examples
    --------
    >>> [a.eval().tolist() for a in mgrid[0:2, 0:3:2]]
    [[[0, 0], [1, 1]], [[0, 2], [0, 2]]]
    """

    sparse = False


class OGrid(_Grid):
    """Open coordinates, as ``numpy.ogrid`` but a list."""

    sparse = True


mgrid = MGrid()
ogrid = OGrid()
