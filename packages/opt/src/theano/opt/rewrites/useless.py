"""Nodes that do nothing."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.matching import constant_of, is_constant, keep_type, zeros_of
from theano.opt.ruleset import RuleSet
from theano.tensor.asserts import Assert
from theano.tensor.elemwise import Elemwise
from theano.tensor.make_vector import ScalarFromTensor, TensorFromScalar
from theano.tensor.rebroadcast import Rebroadcast
from theano.tensor.shape import Shape_i

__all__ = ["rules"]

rules = RuleSet()


@rules.local([ts.EQ, ts.NEQ, ts.Mul, ts.Add, ts.Identity, ts.AND, ts.OR, ts.XOR], "U C P", "fast_compile")
def local_useless_elemwise(fgraph: FunctionGraph, node: Apply) -> Any:
    """eq(x, x) -> 1, neq(x, x) -> 0, add(x) -> x, mul(x) -> x, identity(x) -> x, and bit operations with 0 and 1."""
    kind, inputs, out = type(node.op.scalar_op), node.inputs, node.outputs[0]
    if kind in (ts.Mul, ts.Add, ts.Identity):
        return [keep_type(fgraph, inputs[0], out)] if len(inputs) == 1 else None
    same = inputs[0] is inputs[1]
    if kind in (ts.EQ, ts.NEQ):
        # NaN differs from itself, so only dtypes without NaN may be decided
        exact = same and not inputs[0].type.dtype.startswith(("float", "complex"))
        return [zeros_of(fgraph, out, kind is ts.EQ)] if exact else None
    if kind is ts.XOR:
        return [zeros_of(fgraph, out)] if same else None
    for i, v in enumerate(inputs):
        other = inputs[1 - i]
        value = constant_of(v)
        if value is None:
            continue
        if value == 0:
            return [keep_type(fgraph, other, out)] if kind is ts.OR else [zeros_of(fgraph, out)]
        if out.type.dtype == "bool":
            return [keep_type(fgraph, other, out)] if kind is ts.AND else [zeros_of(fgraph, out, 1)]
    return None


def _is_length(variable: Variable) -> bool:
    """Whether `variable` is a length, or a sum of lengths: never negative."""
    stack = [variable]
    while stack:
        v = stack.pop()
        if v.owner is None:
            value = constant_of(v)
            if value is None or not value >= 0:
                return False
        elif isinstance(v.owner.op, Elemwise) and isinstance(v.owner.op.scalar_op, ts.Add):
            stack.extend(v.owner.inputs)
        elif not isinstance(v.owner.op, Shape_i):
            return False
    return variable.owner is not None


@rules.local([ts.LT, ts.GT, ts.LE, ts.GE, ts.Maximum, ts.Minimum], "U C S P", "fast_compile")
def local_useless_elemwise_comparison(fgraph: FunctionGraph, node: Apply) -> Any:
    """Comparisons of x with itself, and of lengths with 0."""
    kind, (x, y), out = type(node.op.scalar_op), node.inputs, node.outputs[0]
    if x is y:
        if kind in (ts.Maximum, ts.Minimum):
            return [keep_type(fgraph, x, out)]
        if x.type.dtype.startswith("float") and kind in (ts.LE, ts.GE):
            return None  # NaN is not even equal to itself
        return [zeros_of(fgraph, out, kind in (ts.LE, ts.GE))]
    swapped = {ts.LT: ts.GT, ts.GT: ts.LT, ts.LE: ts.GE, ts.GE: ts.LE}
    for length, zero, relation in ((x, y, kind), (y, x, swapped.get(kind, kind))):
        if not is_constant(zero, 0) or not _is_length(length):
            continue
        if relation is ts.LT:
            return [zeros_of(fgraph, out)]
        if relation is ts.GE:
            return [zeros_of(fgraph, out, 1)]
        if relation is ts.Maximum:
            return [keep_type(fgraph, length, out)]
        if relation is ts.Minimum:
            return [zeros_of(fgraph, out)]
    return None


@rules.local([Rebroadcast], "U C P", "fast_compile")
def local_useless_rebroadcast(fgraph: FunctionGraph, node: Apply) -> Any:
    """A rebroadcast that changes nothing -> its input; a chain of two -> one."""
    x, out = node.inputs[0], node.outputs[0]
    if x.type == out.type:
        return [x]
    if x.owner is not None and isinstance(x.owner.op, Rebroadcast):
        result = tt.patternbroadcast(x, out.type.broadcastable)
        return [result] if result.owner is None or result.owner.inputs[0] is not x else None
    return None


@rules.local([Rebroadcast], "C P")
def local_rebroadcast_lift(fgraph: FunctionGraph, node: Apply) -> Any:
    """rebroadcast(f(x)) -> f(rebroadcast(x)) for f of one input."""
    x = node.inputs[0]
    inner = x.owner
    if inner is None or not isinstance(inner.op, Elemwise) or len(inner.inputs) != 1 or len(inner.outputs) != 1:
        return None
    if fgraph is not None and fgraph.client_count(x) > 1:
        return None
    return [inner.op(node.op(inner.inputs[0]))]


@rules.local([Assert], "P", "fast_compile")
def local_remove_useless_assert(fgraph: FunctionGraph, node: Apply) -> Any:
    """Conditions that are constant and true, or repeated, are dropped; the assert with the last of them."""
    value, *conditions = node.inputs
    kept: list[Variable] = []
    for condition in conditions:
        known = constant_of(condition)
        if (known is None or not known) and condition not in kept:
            kept.append(condition)
    if not kept:
        return [value]
    return None if len(kept) == len(conditions) else [node.op(value, *kept)]


@rules.local([Assert], "C", "only", "unsafe", use_db_name_as_tag=False)
def local_remove_all_assert(fgraph: FunctionGraph, node: Apply) -> Any:
    """assert(x, ...) -> x; only when asked for by name or with the tag unsafe."""
    return [node.inputs[0]]


@rules.local([TensorFromScalar], "C P", "fast_compile")
def local_tensor_scalar_tensor(fgraph: FunctionGraph, node: Apply) -> Any:
    """tensor_from_scalar(scalar_from_tensor(x)) -> x."""
    inner = node.inputs[0].owner
    return [inner.inputs[0]] if inner is not None and isinstance(inner.op, ScalarFromTensor) else None


@rules.local([ScalarFromTensor], "C P", "fast_compile")
def local_scalar_tensor_scalar(fgraph: FunctionGraph, node: Apply) -> Any:
    """scalar_from_tensor(tensor_from_scalar(x)) -> x."""
    inner = node.inputs[0].owner
    return [inner.inputs[0]] if inner is not None and isinstance(inner.op, TensorFromScalar) else None


# Named, because some of these ops live in packages that need not be installed.
_VIEWS = [
    "ViewOp", "ZeroGrad", "DisconnectedGrad", "UndefinedGrad", "GradClip", "GradScale", "ConsiderConstant",
    "GradientView",
]  # fmt: skip


@rules.local(_VIEWS, "U C", "fast_compile")
def local_view_op(fgraph: FunctionGraph, node: Apply) -> Any:
    """Identity views that mattered for gradients only -> their input."""
    if len(node.inputs) != 1 or node.inputs[0].type != node.outputs[0].type:
        return None
    return [node.inputs[0]]
