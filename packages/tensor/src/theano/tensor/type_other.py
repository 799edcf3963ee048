"""Graph values that are not arrays: slices and None, as they stand in index tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Constant, Op, Type, Variable
from theano.graph.op import frozen_op

__all__ = [
    "MakeSlice",
    "NoneConst",
    "NoneTypeT",
    "SliceConstant",
    "SliceType",
    "as_int_none_variable",
    "is_integer_scalar",
    "make_slice",
    "none_type_t",
    "slicetype",
]


def is_integer_scalar(x: Any) -> bool:
    """Whether `x` is an int, a NumPy integer, or a 0-d variable of integer dtype (bools do not count)."""
    if isinstance(x, Variable):
        dtype = getattr(x.type, "dtype", "")
        return getattr(x.type, "ndim", None) == 0 and dtype.startswith(("int", "uint"))
    if isinstance(x, np.ndarray):
        return x.ndim == 0 and x.dtype.kind in "iu"
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def as_int_none_variable(x: Any) -> Variable:
    """`x` as a 0-d integer tensor, or `NoneConst` for None."""
    if x is None or (isinstance(x, Variable) and x.type == none_type_t):
        return NoneConst
    # lazy: constant.py builds on types, which this module extends
    from theano.tensor.conversion import as_tensor_variable

    variable = as_tensor_variable(x, ndim=0)
    if not variable.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("a slice bound as integer or None", f"got {variable.type}", "cast it to an integer"))
    return variable


@frozen_op
class MakeSlice(Op):
    """A slice from three inputs, each an integer or None."""

    def make_node(self, slc: Any, stop: Any = None, step: Any = None) -> Apply:
        if isinstance(slc, slice):
            if stop is not None or step is not None:
                raise TypeError(explain("make_slice", "a slice and further bounds", "give one slice or three bounds"))
            bounds = (slc.start, slc.stop, slc.step)
        else:
            bounds = (slc, stop, step)
        return Apply(self, [as_int_none_variable(bound) for bound in bounds], [slicetype()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        output_storage[0][0] = slice(*[None if bound is None else int(bound) for bound in inputs])

    def connection_pattern(self, node: Apply) -> list:
        return [[False] for _ in node.inputs]

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [None]


class SliceType(Type):
    """Type of Python slices."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> slice:
        if isinstance(value, slice):
            return value
        raise TypeError(explain("a slice", f"got {type(value).__name__}", "give slice(start, stop, step)"))

    def __str__(self) -> str:
        return "slice"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(SliceType)

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Slices hold no array memory."""
        return False


def _plain(bound: Any) -> Any:
    if isinstance(bound, np.ndarray):
        if bound.ndim != 0 or bound.dtype.kind not in "iu":
            raise TypeError(explain("a slice bound", f"an array of shape {bound.shape}, {bound.dtype}", "give an int"))
        return int(bound)
    return int(bound) if isinstance(bound, np.integer) else bound


class SliceConstant(Constant):
    """A constant slice; 0-d integer arrays in it become ints."""

    def __init__(self, type: Type, data: slice, name: str | None = None) -> None:
        super().__init__(type, slice(_plain(data.start), _plain(data.stop), _plain(data.step)), name)

    def signature(self) -> tuple:
        return (SliceConstant, self.data.start, self.data.stop, self.data.step)

    merge_signature = signature

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.data.start}, {self.data.stop}, {self.data.step}}}"


class NoneTypeT(Type):
    """Type whose only value is None."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> None:
        if value is not None:
            raise TypeError(explain("None", f"got {type(value).__name__}", "only None fits this type"))

    def __str__(self) -> str:
        return "NoneTypeT"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(NoneTypeT)

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """None holds no memory."""
        return False


class NoneConstant(Constant):
    """The constant None; always equal to itself, so copies merge."""

    def signature(self) -> tuple:
        return (NoneConstant,)

    merge_signature = signature

    def equals(self, other: Any) -> bool:
        return isinstance(other, NoneConstant)


NoneTypeT.Constant = NoneConstant
SliceType.Constant = SliceConstant

make_slice = MakeSlice()
slicetype = SliceType()
none_type_t = NoneTypeT()
NoneConst = NoneConstant(none_type_t, None, name="NoneConst")
