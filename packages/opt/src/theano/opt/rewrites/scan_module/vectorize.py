"""Inner expressions of one step as outer expressions of all steps at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, Variable, toposort
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.nnet.softmax import LogSoftmax, Softmax, SoftmaxGrad
from theano.tensor.reduction import CAReduce
from theano.tensor.subtensor import IncSubtensor, Subtensor

__all__ = ["Stacks"]


class Stacks:
    """What is known of inner variables outside the loop.

    Parameters
    ----------
    stacked : dict
        From inner variables to outer tensors with one row for each step.
    fixed : dict
        From inner variables that are the same in every step to outer variables.
    """

    def __init__(self, stacked: dict[Variable, Any], fixed: dict[Variable, Any]) -> None:
        self.stacked = dict(stacked)
        self.fixed = dict(fixed)
        self.made: set[Variable] = set()

    def constant(self, v: Variable) -> Any:
        """The outer value of what is the same in every step, or None."""
        return v if isinstance(v, Constant) else self.fixed.get(v)

    def add_all(self, tops: list[Variable]) -> None:
        """Stack everything behind `tops` that can be stacked."""
        for node in toposort(tops, [*self.stacked, *self.fixed]):
            self.add(node)

    def add(self, node: Apply) -> bool:
        """Stack the output of `node`, if its inputs are known and its op allows it."""
        if len(node.outputs) != 1 or node.outputs[0] in self.stacked:
            return False
        if not node.inputs or not all(v in self.stacked or self.constant(v) is not None for v in node.inputs):
            return False
        if not any(v in self.stacked for v in node.inputs):
            # Nothing here changes between steps; a copy, since inner nodes stay inside.
            self.fixed[node.outputs[0]] = node.clone_with_new_inputs([self.constant(v) for v in node.inputs]).outputs[0]
            return False
        rule = _rule_for(node.op)
        result = None if rule is None else rule(self, node)
        if result is None:
            return False
        (out,) = node.outputs
        flags = (False, *out.type.broadcastable)  # type: ignore[attr-defined]
        self.stacked[out] = tt.patternbroadcast(result, flags) if result.broadcastable != flags else result
        if not isinstance(node.op, DimShuffle | Subtensor) or any(v in self.made for v in node.inputs):
            self.made.add(out)
        return True


def _elemwise(known: Stacks, node: Apply) -> Any:
    ndim = node.outputs[0].type.ndim  # type: ignore[attr-defined]
    inputs = []
    for v in node.inputs:
        if v in known.stacked:
            inputs.append(known.stacked[v])
        else:
            inputs.append(known.constant(v).dimshuffle("x", *range(ndim)))
    return node.op(*inputs)


def _dimshuffle(known: Stacks, node: Apply) -> Any:
    order = [axis if axis == "x" else axis + 1 for axis in node.op.new_order]
    return known.stacked[node.inputs[0]].dimshuffle(0, *order)


def _dot(known: Stacks, node: Apply) -> Any:
    """One product for all steps."""
    x, y = node.inputs
    if y in known.stacked:
        if x in known.stacked or y.type.ndim != 1:  # type: ignore[attr-defined]
            return None
        other = known.constant(x)
        return tt.dot(known.stacked[y], other.T)
    rows, other = known.stacked[x], known.constant(y)
    if rows.ndim == 2:
        return tt.dot(rows, other)
    lengths = [rows.shape[0], rows.shape[1]]
    flat = rows.reshape([lengths[0] * lengths[1], rows.shape[2]], ndim=2)
    product = tt.dot(flat, other)
    if product.ndim == 1:
        return product.reshape(lengths, ndim=2)
    return product.reshape([*lengths, product.shape[1]], ndim=3)


def _subtensor(known: Stacks, node: Apply) -> Any:
    x, *index = node.inputs
    places = _fixed_places(known, index)
    if places is None or x not in known.stacked:
        return None
    return Subtensor((slice(None), *node.op.idx_list))(known.stacked[x], *places)


def _inc_subtensor(known: Stacks, node: Apply) -> Any:
    x, y, *index = node.inputs
    places = _fixed_places(known, index)
    removed = sum(not isinstance(entry, slice) for entry in node.op.idx_list)
    # A value of fewer dimensions than the place it goes to would be lined up with the wrong ones.
    if places is None or x not in known.stacked or y.type.ndim != x.type.ndim - removed:  # type: ignore[attr-defined]
        return None
    value = known.stacked.get(y)
    if value is None:
        value = known.constant(y).dimshuffle("x", *range(y.type.ndim))  # type: ignore[attr-defined]
    op = IncSubtensor((slice(None), *node.op.idx_list), set_instead_of_inc=node.op.set_instead_of_inc)
    return op(known.stacked[x], value, *places)


def _fixed_places(known: Stacks, index: list[Variable]) -> list[Any] | None:
    """Run-time indices, where they are the same in every step."""
    places = [known.constant(v) for v in index]
    return None if any(v is None for v in places) else places


def _reduction(known: Stacks, node: Apply) -> Any:
    axes = node.op.axis
    if axes is None:
        axes = range(node.inputs[0].type.ndim)  # type: ignore[attr-defined]
    result = node.op.with_axis(tuple(axis + 1 for axis in axes))(known.stacked[node.inputs[0]])
    return result if result.dtype == node.outputs[0].type.dtype else None  # type: ignore[attr-defined]


def _by_rows(known: Stacks, node: Apply) -> Any:
    """Ops on the rows of matrices do not care to which step a row belongs."""
    stacks = [known.stacked.get(v) for v in node.inputs]
    if any(s is None or s.ndim != 3 for s in stacks):
        return None
    first: Any = stacks[0]
    lengths = [first.shape[i] for i in range(3)]
    flat = [s.reshape([lengths[0] * lengths[1], lengths[2]], ndim=2) for s in stacks]  # type: ignore[union-attr]
    return node.op(*flat).reshape(lengths, ndim=3)


_RULES: dict[type, Callable[[Stacks, Apply], Any]] = {
    Elemwise: _elemwise,
    DimShuffle: _dimshuffle,
    Dot: _dot,
    Subtensor: _subtensor,
    IncSubtensor: _inc_subtensor,
    CAReduce: _reduction,
    **dict.fromkeys((Softmax, LogSoftmax, SoftmaxGrad), _by_rows),
}


def _rule_for(op: Any) -> Callable[[Stacks, Apply], Any] | None:
    return next((_RULES[cls] for cls in type(op).__mro__ if cls in _RULES), None)
