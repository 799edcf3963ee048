"""Constants that hold arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Constant
from theano.tensor.type import TensorType
from theano.tensor.variable import TensorVariable, _tensor_py_operators

__all__ = ["TensorConstant", "TensorConstantSignature"]


class TensorConstantSignature(tuple):
    """(type, array) as a hashable value: equal when type, shape and elements are, NaN included."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorConstantSignature) or self[0] != other[0]:
            return False
        a, b = self[1], other[1]
        if a is b:
            return True
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.size == 1 and a.tobytes() == b.tobytes():  # most constants are one number
            return True
        same = (a == b) & (np.signbit(a) == np.signbit(b)) if a.dtype.kind == "f" else a == b
        if a.dtype.kind in "fc":
            same = same | ((a != a) & (b != b))
        return bool(np.all(same))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        data = self[1]
        # The bytes of a bounded part: huge constants stay cheap. NaN counts as 0, whatever its bits.
        part = data.flat[:64] if data.size > 64 else data
        if data.dtype.kind in "fc":
            if data.dtype.kind == "c":
                part = part + 0  # zeros of both signs are equal there
            strange = part != part
            if strange if part.size == 1 else np.any(strange):
                part = np.where(strange, part.dtype.type(0), part)
        return hash((self[0], data.shape, part.tobytes()))

    @property
    def has_nan(self) -> bool:
        """Whether any element is NaN."""
        return self[1].dtype.kind in "fc" and bool(np.isnan(self[1]).any())


class TensorConstant(_tensor_py_operators, Constant):
    """Symbolic constant holding an array.

    Parameters
    ----------
    type : TensorType
    data : ndarray
    name : str, optional

    Attributes
    ----------
    tag.unique_value : ndarray, 0-d
        Set when all elements are equal.
    """

    def __init__(self, type: TensorType, data: Any, name: str | None = None) -> None:
        Constant.__init__(self, type, data, name)
        data = self.data
        if isinstance(data, np.ndarray) and data.size:
            first = data.reshape(-1)[:1] if data.ndim else data
            if data.size == 1 or bool((data == first).all()):
                self.tag.unique_value = first.reshape(())

    def signature(self) -> TensorConstantSignature:
        """Value by which equal constants merge."""
        return TensorConstantSignature((self.type, self.data))

    merge_signature = signature

    def equals(self, other: Any) -> bool:
        """Whether `other` is an equal constant, or an array equal to this one."""
        if isinstance(other, (np.ndarray, np.generic, list, tuple, int, float)):
            other = TensorConstant(self.type, other)
        return isinstance(other, TensorConstant) and self.signature() == other.signature()

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if "unique_value" in self.tag.__dict__ and self.data.size > 1:
            text = f"{self.data.shape} of {self.tag.unique_value}"
        else:
            text = str(self.data).replace("\n", "")
        if len(text) > 20:
            text = f"{text[:10]}...{text[-10:]}"
        return f"TensorConstant{{{text}}}"

    __repr__ = __str__

    def __copy__(self) -> TensorConstant:
        # graph passes compare constants by identity; copying a module's constant must not split it
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> TensorConstant:
        return self


# The type states its variable classes; it stands below this module, so they are set from here.
TensorType.Variable = TensorVariable
TensorType.Constant = TensorConstant
