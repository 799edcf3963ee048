"""Giving a tensor another shape: Reshape, reshape, flatten."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Constant, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.constant_value import get_vector_length, static_entries
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.shape import Shape, Shape_i, shape_tuple
from theano.tensor.type import tensor_type

__all__ = ["Flatten", "Reshape", "flatten", "is_flat", "reshape"]


def _integer_vector(shape: Any) -> Variable:
    """`shape` as an int64-like vector variable."""
    if isinstance(shape, list | tuple) and not shape:
        return as_tensor_variable(np.zeros(0, dtype="int64"))
    vector = as_tensor_variable(shape, ndim=1)
    if isinstance(vector, Constant) and vector.data.size == 0:
        return as_tensor_variable(np.zeros(0, dtype="int64"))
    if not vector.type.dtype.startswith(("int", "uint")):
        raise TypeError(
            explain(
                "reshape: a shape of integers",
                f"got {vector.type}",
                "give ints or an integer vector",
            )
        )
    return vector


@frozen_op
class Reshape(Op):
    """The same elements in C order under another shape of `ndim` entries; a view where memory allows."""

    ndim: int
    name: str | None = None
    view_map = {0: [0]}

    def __post_init__(self) -> None:
        object.__setattr__(self, "ndim", int(self.ndim))
        if self.ndim < 0:
            raise ValueError(explain("Reshape: the number of dimensions", f"{self.ndim}", "give 0 or more"))

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"

    def make_node(self, x: Any, shp: Any) -> Apply:
        x = as_tensor_variable(x)
        shp = _integer_vector(shp)
        entries = static_entries(shp, self.ndim)
        if isinstance(shp, Constant) and len(shp.data) != self.ndim:
            raise ValueError(
                explain(
                    f"Reshape: {self.ndim} dimensions",
                    f"a shape with {len(shp.data)} entries",
                    "make the two agree",
                )
            )
        pattern = tuple(entry == 1 for entry in entries)
        return Apply(self, [x, shp], [tensor_type(x.type.dtype, tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, shp = inputs
        if shp.shape != (self.ndim,):
            raise ValueError(
                explain(
                    f"Reshape: a shape with {self.ndim} entries",
                    f"the shape vector has length {len(shp)}",
                    "state the right ndim where reshape is called",
                )
            )
        target = tuple(int(n) for n in shp)
        try:
            output_storage[0][0] = x.reshape(target)
        except ValueError:
            raise ValueError(
                explain(
                    f"Reshape: a value of shape {x.shape} ({x.size} elements) as {target}",
                    "the number of elements does not fit",
                    "the product of the new lengths must be the number of elements; one entry may be -1",
                )
            ) from None

    def infer_shape(self, node: Apply, shapes: list) -> list:
        shp = node.inputs[1]
        entries = static_entries(shp, self.ndim)
        size = product(shapes[0])
        if entries.count(-1) == 1:
            others = product([shp[i] if n is None else n for i, n in enumerate(entries) if n != -1])
            return [tuple(_quotient(size, others) if n == -1 else _entry(shp, i, n) for i, n in enumerate(entries))]
        return [tuple(_maybe_deduced(shp, i, n, size, self.ndim) for i, n in enumerate(entries))]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [False]]

    def lower(self, node: Apply, build: Any) -> Any:
        return build.view("reshape", self.ndim)


def product(lengths: Any) -> Any:
    """Product of lengths given as ints or 0-d variables, without useless factors of 1."""
    result: Any = 1
    for length in lengths:
        if not (isinstance(length, int) and length == 1):
            result = length if isinstance(result, int) and result == 1 else result * length
    return result


def _quotient(size: Any, others: Any) -> Any:
    return size if isinstance(others, int) and others == 1 else size // others


def _entry(shp: Variable, i: int, known: int | None) -> Any:
    return shp[i] if known is None else known


def _is_length(entry: Variable) -> bool:
    """Whether a shape entry is provably a length, or made of lengths by products and sums, so that it cannot be -1."""
    pending, looked = [entry], 0
    while pending:
        variable = pending.pop()
        looked += 1
        node = variable.owner
        if isinstance(variable, Constant) and variable.data >= 0:
            continue
        if node is None or looked > 50 or variable.type.ndim != 0:
            return False
        name = type(getattr(node.op, "scalar_op", None)).__name__
        if name in ("Mul", "Add"):
            pending += node.inputs
        elif not isinstance(node.op, Shape_i) and not _is_entry_of_shape(node):
            return False
    return True


def _is_entry_of_shape(node: Apply) -> bool:
    return bool(node.inputs) and node.inputs[0].owner is not None and isinstance(node.inputs[0].owner.op, Shape)


def _maybe_deduced(shp: Variable, i: int, known: int | None, size: Any, ndim: int) -> Any:
    """Entry `i` of a shape, with a -1 that shows up at run time replaced by the length it stands for."""
    if known is not None:
        return known
    # lazy: the rows name every op, and math uses reshape
    from theano.tensor import math as tm
    from theano.tensor.vector_rules import vector_entries

    entry = vector_entries(shp, ndim)[i]
    entry = shp[i] if entry is None else entry
    if isinstance(entry, Variable) and _is_length(entry):
        return entry
    total = product([shp[j] for j in range(ndim)])
    return tm.switch(tm.lt(entry, 0), -(as_tensor_variable(size) // total), entry)


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Variable:
    """`x` in C order under another shape.

    Parameters
    ----------
    x : TensorVariable
    newshape : sequence of ints and integer scalars, or integer vector
        One entry may be -1; entries that are the constant 1 become broadcastable.
    ndim : int, optional
        Number of entries; needed when the length of `newshape` is not known statically (ValueError).

    Returns
    -------
    TensorVariable with `ndim` dimensions, dtype of `x`
    """
    if ndim is None:
        newshape = as_tensor_variable(np.zeros(0, "int64")) if _is_empty(newshape) else as_tensor_variable(newshape)
        if newshape.type.ndim == 0:
            newshape = newshape.dimshuffle("x")
        if newshape.type.ndim != 1:
            raise TypeError(explain("reshape: a vector as new shape", f"{newshape.type}", "give one entry a dimension"))
        try:
            ndim = get_vector_length(newshape)
        except ValueError:
            raise ValueError(
                explain(
                    f"reshape to the shape vector {newshape}",
                    "its length is not known before the graph runs",
                    "pass ndim, the number of dimensions of the result",
                )
            ) from None
    elif isinstance(ndim, bool) or not isinstance(ndim, int | np.integer):
        raise ValueError(
            explain(
                "reshape: ndim as an int",
                f"got {ndim!r}",
                "pass the whole shape as one tuple: x.reshape((2, 3)), not x.reshape(2, 3) as in NumPy",
            )
        )
    return Reshape(int(ndim))(x, newshape)


def _is_empty(newshape: Any) -> bool:
    return isinstance(newshape, list | tuple) and len(newshape) == 0


def _outdim(ndim: int | None, outdim: int | None) -> int:
    if outdim is None:
        return 1 if ndim is None else ndim
    if ndim is not None:
        raise ValueError(explain("flatten", "both ndim and outdim", "give ndim only"))
    warnings.warn("flatten: outdim is the old name of ndim; use ndim", DeprecationWarning, stacklevel=3)
    return outdim


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Variable:
    """`x` with its first ``ndim - 1`` dimensions kept and the rest merged.

    Parameters
    ----------
    x : TensorVariable
    ndim : int, optional
        Number of dimensions of the result, default 1; out of range is a ValueError.
    outdim : int, optional
        The old name of `ndim`.

    Returns
    -------
    TensorVariable with `ndim` dimensions; the merged one is broadcastable only if all merged ones were.
    """
    ndim = _outdim(ndim, outdim)
    x = as_tensor_variable(x)
    if ndim < 1 or (ndim > 1 and ndim > x.type.ndim):
        raise ValueError(
            explain(
                f"flatten to {ndim} dimensions",
                f"{x.type} has {x.type.ndim}",
                "ask for 1 to x.ndim dimensions",
            )
        )
    if x.type.ndim == ndim:
        return x
    lengths = shape_tuple(x)
    if all(x.type.broadcastable[ndim - 1 :]):
        merged: Any = 1
    else:
        # with a kept length of 0, NumPy cannot tell what -1 stands for
        merged = -1 if ndim == 1 else product(lengths[ndim - 1 :])
    return Reshape(ndim)(x, (*lengths[: ndim - 1], merged))


def is_flat(var: Variable, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Whether `var` has `ndim` dimensions (default 1)."""
    return var.ndim == _outdim(ndim, outdim)


@frozen_op
class Flatten(Op):
    """Old op form of `flatten`; warns."""

    outdim: int = 1
    view_map = {0: [0]}

    def __post_init__(self) -> None:
        warnings.warn("the Flatten op is deprecated; use theano.tensor.flatten", DeprecationWarning, stacklevel=3)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.outdim < 1 or (self.outdim > 1 and self.outdim > x.type.ndim):
            raise ValueError(
                explain(
                    f"Flatten to {self.outdim} dimensions",
                    f"{x.type}",
                    "ask for 1 to x.ndim dimensions",
                )
            )
        kept = x.type.broadcastable[: self.outdim - 1]
        pattern = (*kept, all(x.type.broadcastable[self.outdim - 1 :]))
        return Apply(self, [x], [tensor_type(x.type.dtype, tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        (x,) = inputs
        kept = x.shape[: self.outdim - 1]
        merged = int(np.prod(x.shape[self.outdim - 1 :], dtype="int64"))
        output_storage[0][0] = x.reshape((*kept, merged))

    def infer_shape(self, node: Apply, shapes: list) -> list:
        (lengths,) = shapes
        return [(*lengths[: self.outdim - 1], product(lengths[self.outdim - 1 :]))]
