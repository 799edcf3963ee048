"""Choices."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.joined import as_dtype
from theano.opt.matching import constant_of, elemwise_node, has_one_client, is_constant, keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.elemwise import Elemwise

__all__ = ["rules"]

rules = RuleSet()


@rules.local([ts.Switch], "U C P", "fast_compile", "local_remove_switch_const_cond")
def local_useless_switch(fgraph: FunctionGraph, node: Apply) -> Any:
    """switch(constant, a, b) -> the branch taken; switch(c, a, a) -> a."""
    condition, a, b = node.inputs
    out = node.outputs[0]
    value = constant_of(condition)
    if value is not None:
        return [keep_type(fgraph, a if value else b, out)]
    if a is b:
        return [keep_type(fgraph, a, out)]
    return None


@rules.local([Elemwise], "C")
def local_merge_switch_same_cond(fgraph: FunctionGraph, node: Apply) -> Any:
    """op(switch(c, a1, b1), switch(c, a2, b2)) -> switch(c, op(a1, a2), op(b1, b2))."""
    if len(node.inputs) < 2 or elemwise_node(node.inputs[0], ts.Switch) is None:
        return None
    if len(node.outputs) != 1 or isinstance(node.op.scalar_op, ts.Switch):
        return None
    inner = [elemwise_node(v, ts.Switch) for v in node.inputs]
    if any(n is None for n in inner) or len({n.inputs[0] for n in inner}) != 1:  # type: ignore[union-attr]
        return None
    yes, no = (node.op(*[_branch(n, i) for n in inner]) for i in (1, 2))  # type: ignore[arg-type]
    result = tt.switch(inner[0].inputs[0], yes, no)  # type: ignore[union-attr]
    return [result] if result.type == node.outputs[0].type else None


def _branch(choice: Apply, i: int) -> Variable:
    """One branch of a switch, in the dtype of the switch: a narrower one would wrap around in what is done to it."""
    return as_dtype(choice.inputs[i], choice.outputs[0].type.dtype)


@rules.local([ts.Mul], "C P")
def local_mul_switch_sink(fgraph: FunctionGraph, node: Apply) -> Any:
    """A * switch(c, 0, b) -> switch(c, 0, A*b) and mirrored: keeps NaN of A out of the zero branch."""
    return _sink(fgraph, node, range(len(node.inputs)))


@rules.local([ts.TrueDiv, ts.IntDiv], "C P")
def local_div_switch_sink(fgraph: FunctionGraph, node: Apply) -> Any:
    """switch(c, 0, b) / A -> switch(c, 0, b/A) and mirrored."""
    return _sink(fgraph, node, [0])


def _sink(fgraph: FunctionGraph, node: Apply, places: Any) -> Any:
    if len(node.inputs) < 2:
        return None
    for i in places:
        choice = elemwise_node(node.inputs[i], ts.Switch)
        if choice is None or not has_one_client(fgraph, node.inputs[i]):
            continue
        for branch in (1, 2):
            if not is_constant(choice.inputs[branch], 0):
                continue
            inputs = list(node.inputs)
            inputs[i] = _branch(choice, 3 - branch)
            moved = node.op(*inputs)
            zero = tt.constant(0, dtype=moved.type.dtype)
            parts = (zero, moved) if branch == 1 else (moved, zero)
            result = tt.switch(choice.inputs[0], *parts)
            return [keep_type(fgraph, result, node.outputs[0])]
    return None
