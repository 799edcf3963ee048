"""Changing the static broadcast flags of a tensor without touching its value."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = ["Rebroadcast", "addbroadcast", "patternbroadcast", "unbroadcast"]


class Rebroadcast(Op):
    """Set some broadcast flags; a view. Called with pairs ``(axis, flag)``.

    A length other than 1 on an axis that becomes broadcastable is a ValueError at run time.
    """

    __props__ = ("items",)
    view_map = {0: [0]}

    def __init__(self, *axis: tuple[int, bool]) -> None:
        pairs = sorted((int(position), bool(flag)) for position, flag in axis)
        self.items = tuple(pairs)
        for position, _ in pairs:
            if position < 0:
                raise ValueError(explain("Rebroadcast: axes counted from 0", f"axis {position}", "add ndim to it"))

    @property
    def axis(self) -> dict[int, bool]:
        """The flags to set, by axis."""
        return dict(self.items)

    def __str__(self) -> str:
        return f"Rebroadcast{{{','.join(f'({i}, {flag})' for i, flag in self.items)}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.items and self.items[-1][0] >= x.type.ndim:
            raise ValueError(
                explain(
                    f"Rebroadcast: flag of axis {self.items[-1][0]}",
                    f"{x.type} has {x.type.ndim} dimensions",
                    "name axes below ndim",
                )
            )
        flags = self.axis
        pattern = tuple(flags.get(i, old) for i, old in enumerate(x.type.broadcastable))
        return Apply(self, [x], [tensor_type(x.type.dtype, tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        (x,) = inputs
        for position, flag in self.items:
            if flag and x.shape[position] != 1:
                raise ValueError(
                    explain(
                        f"Rebroadcast: dimension {position} promised to have length 1",
                        f"the value has shape {x.shape}",
                        "do not mark that axis as broadcastable",
                    )
                )
        output_storage[0][0] = x

    def infer_shape(self, node: Apply, shapes: list) -> list:
        flags = self.axis
        return [tuple(1 if flags.get(i) else length for i, length in enumerate(shapes[0]))]

    def lower(self, node: Apply, build: Any) -> Any:
        if any(flag for _, flag in self.items):
            return None  # the length must be checked at run time
        return build.view("identity", None)


def _set_flags(x: Any, flags: dict[int, bool]) -> Variable:
    """`x` with `flags`, merging a Rebroadcast below and leaving out what changes nothing."""
    x = as_tensor_variable(x)
    if x.owner is not None and isinstance(x.owner.op, Rebroadcast):
        inner = x.owner.inputs[0]
        merged = {**x.owner.op.axis, **flags}
        # a promise of length 1 below must stay checked even when the flag is dropped again
        if all(merged[i] or not flag for i, flag in x.owner.op.items):
            x, flags = inner, merged
    ndim = x.type.ndim
    needed = {i: flag for i, flag in flags.items() if i >= ndim or x.type.broadcastable[i] != flag}
    return Rebroadcast(*needed.items())(x) if needed else x


def addbroadcast(x: Any, *axes: int) -> Variable:
    """`x` with the given axes marked broadcastable (their length must be 1 at run time)."""
    return _set_flags(x, {int(i): True for i in axes})


def unbroadcast(x: Any, *axes: int) -> Variable:
    """`x` with the given axes marked not broadcastable."""
    return _set_flags(x, {int(i): False for i in axes})


def patternbroadcast(x: Any, broadcastable: Any) -> Variable:
    """`x` with the whole pattern replaced by `broadcastable`, one flag per dimension."""
    return _set_flags(x, dict(enumerate(bool(flag) for flag in broadcastable)))
