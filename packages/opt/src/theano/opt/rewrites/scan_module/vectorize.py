"""Inner expressions of one step as outer expressions of all steps at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import theano.tensor as tt
from theano.graph import Apply, Constant, Variable, toposort
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise

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
        self.fixed = fixed
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
        if not all(v in self.stacked or self.constant(v) is not None for v in node.inputs):
            return False
        if not any(v in self.stacked for v in node.inputs):
            return False
        rule = _RULES.get(type(node.op))
        result = None if rule is None else rule(self, node)
        if result is None:
            return False
        (out,) = node.outputs
        flags = (False, *out.type.broadcastable)  # type: ignore[attr-defined]
        self.stacked[out] = tt.patternbroadcast(result, flags) if result.broadcastable != flags else result
        if not isinstance(node.op, DimShuffle) or any(v in self.made for v in node.inputs):
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


_RULES: dict[type, Callable[[Stacks, Apply], Any]] = {Elemwise: _elemwise, DimShuffle: _dimshuffle, Dot: _dot}
