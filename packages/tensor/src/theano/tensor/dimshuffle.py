"""`DimShuffle`: reorder, drop and insert dimensions, without touching data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.tensor.type import TensorType, tensor_type

__all__ = ["DimShuffle", "dimshuffle_op"]


class DimShuffle(Op):
    """View of a tensor with another order of dimensions.

    Parameters
    ----------
    input_broadcastable : sequence of bool
        Pattern of the input.
    new_order : sequence of int or 'x'
        For each output dim, the input dim it shows, or ``'x'`` for a new dim of length 1. An input dim may be left out
        only where it is broadcastable.
    inplace : bool
        True always; the result is a view.

    Examples
    --------
    >>> DimShuffle((False, True), ("x", 0))
    InplaceDimShuffle{x,0}
    """

    __props__ = ("input_broadcastable", "new_order", "inplace")
    view_map = {0: [0]}

    def __init__(self, input_broadcastable: Sequence[bool], new_order: Sequence[Any], inplace: bool = True) -> None:
        if not inplace:
            raise ValueError(explain("make a DimShuffle", "inplace=False", "leave it True: the result is a view"))
        self.inplace = True
        self.input_broadcastable = tuple([bool(b) for b in input_broadcastable])
        self.new_order = tuple([j if isinstance(j, str) else _axis_number(j) for j in new_order])
        _check_order(self.input_broadcastable, self.new_order)
        self.shuffle = [j for j in self.new_order if j != "x"]
        self.drop = [j for j in range(len(self.input_broadcastable)) if j not in self.shuffle]
        self.augment = [i for i, j in enumerate(self.new_order) if j == "x"]
        self.output_broadcastable = tuple(j == "x" or self.input_broadcastable[j] for j in self.new_order)
        self._prepare()

    def _prepare(self) -> None:
        """Derive what perform and hashing use from the parameters."""
        self.transposition = self.drop + self.shuffle
        # dropped dims come first and are indexed away; the Ellipsis keeps a 0-d result an array
        kept = [None if j == "x" else slice(None) for j in self.new_order]
        self._index = (*(0 for _ in self.drop), *kept, Ellipsis)
        self._hash = hash((DimShuffle, self.input_broadcastable, self.new_order))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and self.new_order == other.new_order  # type: ignore[attr-defined]
            and self.input_broadcastable == other.input_broadcastable  # type: ignore[attr-defined]
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return f"InplaceDimShuffle{{{','.join(map(str, self.new_order))}}}"

    def __getstate__(self) -> dict[str, Any]:
        return {"input_broadcastable": self.input_broadcastable, "new_order": self.new_order}

    def __setstate__(self, state: dict[str, Any]) -> None:
        DimShuffle.__init__(self, state["input_broadcastable"], state["new_order"])

    def make_node(self, x: Any) -> Apply:
        if not (isinstance(x, Variable) and isinstance(x.type, TensorType)):
            from theano.tensor.conversion import as_tensor_variable  # lazy: conversion pads with this op

            x = as_tensor_variable(x)
        if x.type.broadcastable != self.input_broadcastable:
            self._check_input(x.type)
        if type(x.type) is TensorType:
            return Apply(self, [x], [tensor_type(x.type.dtype, self.output_broadcastable).make_variable()])
        return Apply(self, [x], [x.type.clone(broadcastable=self.output_broadcastable)()])

    def _check_input(self, found: Any) -> None:
        pattern = found.broadcastable
        if len(pattern) != len(self.input_broadcastable):
            raise TypeError(
                explain(
                    f"apply {self}",
                    f"an input of rank {len(pattern)}",
                    f"give one of rank {len(self.input_broadcastable)}",
                )
            )
        # a dim known to be 1 may stand where nothing is promised, not the other way round
        if any(expected and not given for expected, given in zip(self.input_broadcastable, pattern, strict=True)):
            raise TypeError(
                explain(
                    f"apply {self}",
                    f"input pattern {pattern}",
                    f"give a tensor with pattern {self.input_broadcastable}",
                )
            )

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x = np.asarray(inputs[0])
        if x.ndim != len(self.input_broadcastable):
            raise ValueError(f"{self}: the value has rank {x.ndim}, expected {len(self.input_broadcastable)}")
        for axis in self.drop:
            if x.shape[axis] != 1:
                raise ValueError(
                    explain(
                        f"apply {self}",
                        f"axis {axis} of a value of shape {x.shape} is dropped, but its length is not 1",
                        "drop only axes of length 1",
                    )
                )
        output_storage[0][0] = x.transpose(self.transposition)[self._index]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[tuple]:
        return [tuple([1 if j == "x" else shapes[0][j] for j in self.new_order])]

    def lower(self, node: Apply, build: Any) -> Any:
        return build.view("dimshuffle", tuple(-1 if j == "x" else j for j in self.new_order))


def _axis_number(j: Any) -> int:
    if isinstance(j, (bool, np.bool_)) or not isinstance(j, (int, np.integer)):
        raise TypeError(explain("make a DimShuffle", f"entry {j!r} of the order", "give ints and 'x'"))
    return int(j)


def _check_order(pattern: tuple[bool, ...], order: tuple[Any, ...]) -> None:
    seen = set()
    for j in order:
        if j == "x":
            continue
        if isinstance(j, str):
            raise TypeError(explain("make a DimShuffle", f"entry {j!r} of the order", "give ints and 'x'"))
        if not 0 <= j < len(pattern):
            raise ValueError(
                explain(
                    f"dimshuffle{order}",
                    f"there is no dim {j} in a tensor with pattern {pattern}",
                    "name existing dims",
                )
            )
        if j in seen:
            raise ValueError(explain(f"dimshuffle{order}", f"dim {j} appears twice", "name each dim once"))
        seen.add(j)
    for j, flag in enumerate(pattern):
        if j not in seen and not flag:
            raise ValueError(
                explain(
                    f"dimshuffle{order}",
                    f"You cannot drop a non-broadcastable dimension: dim {j} of pattern {pattern}",
                    "keep the dim, or make it broadcastable with addbroadcast first",
                )
            )


_ops: dict[tuple, DimShuffle] = {}


def dimshuffle_op(input_broadcastable: tuple[bool, ...], new_order: tuple[Any, ...]) -> DimShuffle:
    """The shared `DimShuffle` of a pattern and an order; ops are values, so equal ones may be one object."""
    key = (input_broadcastable, new_order)
    try:
        found = _ops.get(key)
    except TypeError:
        # an unhashable entry of the order; the constructor says which
        return DimShuffle(input_broadcastable, new_order)
    if found is None:
        op = DimShuffle(input_broadcastable, new_order)
        found = _ops.setdefault((op.input_broadcastable, op.new_order), op)
    return found
