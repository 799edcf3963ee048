"""Rewrites of lazy conditions. None of them runs by itself; register them in a mode that wants them."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, FunctionGraph, ancestors
from theano.ifelse import IfElse
from theano.opt.engine import Optimizer, local_optimizer
from theano.tensor import (
    Alloc,
    DimShuffle,
    Elemwise,
    IncSubtensor,
    Rebroadcast,
    Reshape,
    Shape,
    SpecifyShape,
    Subtensor,
)
from theano.tensor.dot import Dot

__all__ = [
    "CondMerge", "cond_make_inplace", "cond_merge_ifs_false", "cond_merge_ifs_true", "cond_remove_identical",
    "ifelse_lift_single_if_through_acceptable_ops",
]  # fmt: skip

#: Ops that are cheap or at home in both branches.
ACCEPTABLE = (Alloc, DimShuffle, Dot, Elemwise, IncSubtensor, Rebroadcast, Reshape, Shape, SpecifyShape, Subtensor)


@local_optimizer([IfElse])
def cond_make_inplace(node: Apply) -> Any:
    """The chosen values are handed on without a copy."""
    op: Any = node.op
    if op.as_view:
        return None
    return IfElse(op.n_outs, True, op.gpu, op.name)(*node.inputs, return_list=True)


def _merged(node: Apply, start: int, skip: int) -> Any:
    """Values of one branch that come from a condition on the same variable: take what that chooses here."""
    op: Any = node.op
    inputs, changed = list(node.inputs), False
    for i in range(start, start + op.n_outs):
        owner = inputs[i].owner
        if owner is not None and isinstance(owner.op, IfElse) and owner.inputs[0] is inputs[0]:
            inputs[i] = owner.inputs[1 + inputs[i].index + skip * owner.op.n_outs]
            changed = True
    return op(*inputs, return_list=True) if changed else None


@local_optimizer([IfElse])
def cond_merge_ifs_true(node: Apply) -> Any:
    """ifelse(c, ifelse(c, a, b), d) -> ifelse(c, a, d)."""
    return _merged(node, 1, 0)


@local_optimizer([IfElse])
def cond_merge_ifs_false(node: Apply) -> Any:
    """ifelse(c, a, ifelse(c, b, d)) -> ifelse(c, a, d)."""
    op: Any = node.op
    return _merged(node, 1 + op.n_outs, 1)


@local_optimizer([IfElse])
def cond_remove_identical(node: Apply) -> Any:
    """Values that are given twice are chosen once."""
    op: Any = node.op
    n = op.n_outs
    pairs = list(zip(node.inputs[1 : 1 + n], node.inputs[1 + n :], strict=True))
    distinct = list(dict.fromkeys(pairs))
    if len(distinct) == n:
        return None
    then, other = [a for a, _ in distinct], [b for _, b in distinct]
    chosen = IfElse(len(distinct), op.as_view, op.gpu, op.name)(node.inputs[0], *then, *other, return_list=True)
    return [chosen[distinct.index(pair)] for pair in pairs]


@local_optimizer(list(ACCEPTABLE))
def ifelse_lift_single_if_through_acceptable_ops(main_node: Apply) -> Any:
    """op(ifelse(c, a, b)) -> ifelse(c, op(a), op(b)), where no other input of the op is a condition."""
    choices = [i for i, v in enumerate(main_node.inputs) if v.owner is not None and isinstance(v.owner.op, IfElse)]
    if len(choices) != 1 or len(main_node.outputs) != 1:
        return None
    (at,) = choices
    value = main_node.inputs[at]
    choice: Any = value.owner
    branches = []
    for k in (1 + value.index, 1 + choice.op.n_outs + value.index):
        inputs = list(main_node.inputs)
        inputs[at] = choice.inputs[k]
        branches.append(main_node.op(*inputs))
    op = IfElse(1, choice.op.as_view, choice.op.gpu, choice.op.name)
    return op(choice.inputs[0], *branches, return_list=True)


class CondMerge(Optimizer):
    """Conditions on the same variable that do not depend on each other become one of several values."""

    def apply(self, fgraph: FunctionGraph) -> bool:
        groups: dict[Any, Apply] = {}
        changed = False
        for node in fgraph.toposort():
            if not isinstance(node.op, IfElse):
                continue
            first = groups.get(node.inputs[0])
            if first is None:
                groups[node.inputs[0]] = node
                continue
            behind = set(ancestors([*first.inputs, *node.inputs]))
            if any(v in behind for v in (*first.outputs, *node.outputs)):
                continue
            groups[node.inputs[0]] = self._join(fgraph, first, node)
            changed = True
        return changed

    @staticmethod
    def _join(fgraph: FunctionGraph, a: Apply, b: Apply) -> Apply:
        one, two = a.op.n_outs, b.op.n_outs
        names = [op.name for op in (a.op, b.op) if op.name]
        op = IfElse(one + two, name="&".join(names) or None)
        then = [*a.inputs[1 : 1 + one], *b.inputs[1 : 1 + two]]
        other = [*a.inputs[1 + one :], *b.inputs[1 + two :]]
        chosen = op(a.inputs[0], *then, *other, return_list=True)
        fgraph.replace_all_validate(zip([*a.outputs, *b.outputs], chosen, strict=True), reason="CondMerge")
        return chosen[0].owner
