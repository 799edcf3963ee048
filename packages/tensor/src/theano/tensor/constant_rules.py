"""Rows for ``constant_value``: how each op hands on a constant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, explain
from theano.graph import Constant, Variable
from theano.tensor.alloc import Alloc
from theano.tensor.asserts import Assert
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.join import Join
from theano.tensor.make_vector import MakeVector, ScalarFromTensor, TensorFromScalar
from theano.tensor.rebroadcast import Rebroadcast
from theano.tensor.reshape import Reshape
from theano.tensor.shape import Shape_i, SpecifyShape
from theano.tensor.subtensor.basic import Subtensor
from theano.tensor.subtensor.entries import get_idx_list
from theano.tensor.subtensor.slices import known_int
from theano.tensor.vector_rules import vector_entries, vector_length

__all__ = ["value_rule"]

ValueOf = Callable[[Any], np.ndarray]

# elementwise scalar ops cheap and total enough to compute while a graph is built
_ARITHMETIC = frozenset(
    (
        "Add",
        "Mul",
        "Sub",
        "TrueDiv",
        "IntDiv",
        "Mod",
        "Neg",
        "Cast",
        "Identity",
        "EQ",
        "NEQ",
        "LT",
        "LE",
        "GT",
        "GE",
        "Switch",
        "Second",
        "ScalarMaximum",
        "ScalarMinimum",
        "Maximum",
        "Minimum",
        "Invert",
        "AND",
        "OR",
        "Abs",
        "Ceil",
    )
)


def _first_input(v: Variable, value_of: ValueOf) -> np.ndarray:
    return value_of(v.owner.inputs[0])


def _shape_i_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    x, i = v.owner.inputs[0], v.owner.op.i
    if x.type.broadcastable[i]:
        return np.asarray(1, dtype="int64")
    if isinstance(x, Constant):
        return np.asarray(x.data.shape[i], dtype="int64")
    raise NotScalarConstantError(f"the length of dimension {i} of {x} is not known")


def _elemwise_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    node, scalar_op = v.owner, v.owner.op.scalar_op
    name = type(scalar_op).__name__
    if name == "Second":
        # the shape of the first input does not matter
        return value_of(node.inputs[1])
    if name not in _ARITHMETIC or v.index != 0:
        raise NotScalarConstantError(f"{node.op} is not computed while the graph is built")
    values = [value_of(i) for i in node.inputs]
    return np.asarray(scalar_op.impl(*values), dtype=v.type.dtype)


def _scalar_op_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    values = [value_of(i) for i in v.owner.inputs]
    return np.asarray(v.owner.op.impl(*values), dtype=v.type.dtype)


def _join_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    parts = v.owner.inputs[1:]
    values = [value_of(part) for part in parts]
    if all(value == values[0] for value in values):
        return values[0].astype(v.type.dtype)
    raise NotScalarConstantError("the joined parts differ")


def _subtensor_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    base = v.owner.inputs[0]
    if v.type.ndim == 0 and base.type.ndim == 1:
        index = get_idx_list(v.owner.inputs, v.owner.op.idx_list)
        found = _item(base, index[0], value_of)
        if found is not None:
            return found
    try:
        return value_of(base)  # every element is the same number
    except NotScalarConstantError:
        raise NotScalarConstantError(f"{v.owner.op} of something that is not constant") from None


def _item(base: Variable, entry: Any, value_of: ValueOf) -> np.ndarray | None:
    """Element of a vector at a constant position; None when the position or the vector is not known."""
    position = known_int(entry)
    if not isinstance(position, int):
        return None
    if isinstance(base, Constant):
        if not -len(base.data) <= position < len(base.data):
            raise ValueError(_out_of_vector(position, len(base.data)))
        return np.asarray(base.data[position])
    length = vector_length(base)
    if length is None:
        return None
    if not -length <= position < length:
        raise ValueError(_out_of_vector(position, length))
    entry = vector_entries(base, length)[position]
    return None if entry is None else value_of(entry)


def _out_of_vector(position: int, length: int) -> str:
    return explain(f"entry {position} of a vector of length {length}", "it does not exist", "index below the length")


_VALUES: dict[type, Callable[[Variable, ValueOf], np.ndarray]] = {
    Alloc: _first_input,
    Assert: _first_input,
    DimShuffle: _first_input,
    Join: _join_value,
    MakeVector: lambda v, value_of: _make_vector_value(v, value_of),
    Rebroadcast: _first_input,
    Reshape: _first_input,
    ScalarFromTensor: _first_input,
    Shape_i: _shape_i_value,
    SpecifyShape: _first_input,
    Subtensor: _subtensor_value,
    TensorFromScalar: _first_input,
}


def _make_vector_value(v: Variable, value_of: ValueOf) -> np.ndarray:
    values = [value_of(item) for item in v.owner.inputs]
    if values and all(value == values[0] for value in values):
        return values[0].astype(v.type.dtype)
    raise NotScalarConstantError("the entries of the vector differ or there are none")


def value_rule(op: Any, elemwise: bool) -> Callable[[Variable, ValueOf], np.ndarray] | None:
    """How the constant value of a result of `op` follows from its inputs; None when it never does."""
    rule = _VALUES.get(type(op))
    if rule is not None:
        return rule
    if isinstance(op, Elemwise):
        return _elemwise_value if elemwise or type(op.scalar_op).__name__ == "Second" else None
    if type(op).__name__ in _ARITHMETIC and hasattr(op, "impl"):
        return _scalar_op_value
    return None
