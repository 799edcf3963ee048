"""Small questions that rules ask about variables, and ways to give a result the type of what it replaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano import scalar as ts
from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.tensor import alloc, cast, constant, patternbroadcast
from theano.tensor.alloc import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise

from .shape_feature import lengths_of

__all__ = [
    "constant_like", "constant_of", "elemwise_node", "has_one_client", "is_constant", "keep_type", "negated",
    "only_client", "scalar_class", "strip_dimshuffle", "updated_with", "zeros_of",
]  # fmt: skip


def scalar_class(variable: Variable) -> type | None:
    """Class of the scalar op that computes `variable` elementwise; None for anything else."""
    node = variable.owner
    if node is None or not isinstance(node.op, Elemwise):
        return None
    return type(node.op.scalar_op)


def elemwise_node(variable: Variable, *classes: type) -> Apply | None:
    """The node that computes `variable` elementwise by one of the scalar-op `classes`, or None."""
    node = variable.owner
    if node is None or not isinstance(node.op, Elemwise) or not isinstance(node.op.scalar_op, classes):
        return None
    return node


def constant_of(variable: Variable) -> Any:
    """The one number that `variable` holds everywhere, as a NumPy scalar; None if the graph does not show it."""
    for _ in range(8):
        node = variable.owner
        if node is None:
            if not isinstance(variable, Constant):
                return None
            data = variable.data
            return data.reshape(-1)[0] if getattr(data, "size", 0) == 1 else None
        op = node.op
        if isinstance(op, DimShuffle | Alloc):
            variable = node.inputs[0]
        elif isinstance(op, Elemwise) and isinstance(op.scalar_op, ts.Second):
            variable = node.inputs[1]
        elif isinstance(op, Elemwise) and isinstance(op.scalar_op, ts.Cast):
            inner = constant_of(node.inputs[0])
            return None if inner is None else np.asarray(inner).astype(variable.type.dtype)[()]
        else:
            return None
    return None


def is_constant(variable: Variable, value: float) -> bool:
    """Whether `variable` holds `value` everywhere."""
    found = constant_of(variable)
    return found is not None and bool(found == value)


def negated(variable: Variable) -> Variable | None:
    """x for a variable that is -x, or a product with the factor -1; a negative constant gives its positive twin."""
    node = elemwise_node(variable, ts.Neg, ts.Mul)
    if node is None:
        return None
    if isinstance(node.op.scalar_op, ts.Neg):
        return node.inputs[0]
    for i, factor in enumerate(node.inputs):
        if is_constant(factor, -1):
            rest = [v for j, v in enumerate(node.inputs) if j != i]
            result = rest[0] if len(rest) == 1 else node.op(*rest)
            return result if result.type == variable.type else None
    return None


def strip_dimshuffle(variable: Variable) -> Variable:
    """What `variable` is made of, below any dimshuffles."""
    while variable.owner is not None and isinstance(variable.owner.op, DimShuffle):
        variable = variable.owner.inputs[0]
    return variable


def has_one_client(fgraph: FunctionGraph | None, variable: Variable) -> bool:
    """Whether `variable` is read once; True outside of a graph."""
    return fgraph is None or fgraph.client_count(variable) <= 1


def only_client(fgraph: FunctionGraph | None, variable: Variable) -> Apply | None:
    """The one node that reads `variable`; None if there are several readers, or the reader is an output."""
    if fgraph is None or fgraph.client_count(variable) != 1:
        return None
    reader = fgraph.clients(variable)[0][0]
    return reader if isinstance(reader, Apply) else None


def updated_with(fgraph: FunctionGraph, variable: Variable) -> list[Variable]:
    """The inputs of the graph, those of shared variables, whose new value is `variable`."""
    updates = fgraph.update_mapping
    readers = fgraph.clients(variable) if updates else ()
    return [fgraph.inputs[updates[i]] for reader, i in readers if reader == "output" and i in updates]


def constant_like(variable: Variable, value: Any) -> Variable:
    """The number `value` with the dtype and rank of `variable`, every dimension broadcastable."""
    return constant(np.full((1,) * variable.type.ndim, value, dtype=variable.type.dtype))


def zeros_of(fgraph: FunctionGraph | None, variable: Variable, value: Any = 0) -> Variable:
    """An array filled with `value` with the type and shape of `variable`."""
    return keep_type(fgraph, constant_like(variable, value), variable)


def keep_type(fgraph: FunctionGraph | None, new: Variable, old: Variable, like: Iterable[Variable] = ()) -> Variable:
    """`new`, cast, padded and broadcast to the type (and where needed the shape) of `old`."""
    if new.type == old.type:
        return new
    if new.type.dtype != old.type.dtype:
        new = cast(new, old.type.dtype)
    missing = old.type.ndim - new.type.ndim
    if missing > 0:
        new = new.dimshuffle(*["x"] * missing, *range(new.type.ndim))
    flags, wanted = new.type.broadcastable, old.type.broadcastable
    if any(flag and not want for flag, want in zip(flags, wanted, strict=True)):
        new = alloc(new, *shape_beside(fgraph, old, like))
    if new.type.broadcastable != wanted:
        new = patternbroadcast(new, wanted)
    return new


def shape_beside(fgraph: FunctionGraph | None, old: Variable, like: Iterable[Variable] = ()) -> Sequence[Variable]:
    """Lengths of `old`, preferably read off its inputs so that `old` itself need not be computed."""
    if (
        getattr(fgraph, "shape_feature", None) is not None
        or old.owner is None
        or not isinstance(old.owner.op, Elemwise)
    ):
        return lengths_of(fgraph, old)
    lengths = lengths_of(None, old)
    for i, flag in enumerate(old.type.broadcastable):
        if not flag:
            source = next((v for v in (*like, *old.owner.inputs) if not v.type.broadcastable[i]), old)
            lengths[i] = lengths_of(None, source)[i]
    return lengths
