"""Cheap values that only feed reductions leave the composite that also makes stored values.

``{sqr(x - y), 2 * (x - y)}`` whose first output is summed writes an array that is read once. Computing the difference
twice, inside the reduction and for the stored output, saves that array. It pays where the reduction computes anyway,
because it adds up in another dtype (plain memory is folded so fast that the array costs less than the arithmetic), and
where the reduced axes are not the last ones: a layer norm over the first axis need not store its deviations.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.codegen import Expr, NotLowerable, k, post_order
from theano.graph import Apply, FunctionGraph, Variable, graph_inputs
from theano.scalar import Composite
from theano.tensor.elemwise import Elemwise
from theano.tensor.fused_loops import is_cheap, kernel_kind
from theano.tensor.reduction import CAReduce

__all__ = ["split_producer"]


def split_producer(fgraph: FunctionGraph, seed: Apply) -> bool:
    """Split the composite whose output `seed` folds into one number; tells whether it did."""
    node = seed.inputs[0].owner
    if node is None or not isinstance(node.op, Elemwise) or node.op.inplace_pattern or not _pays(seed):
        return False
    if not isinstance(node.op.scalar_op, Composite) or len(node.outputs) < 2:
        return False
    folded = [j for j, v in enumerate(node.outputs) if _is_only_folded(fgraph, v)]
    stored = [j for j in range(len(node.outputs)) if j not in folded]
    if not folded or not stored or not _cheap(node, folded):
        return False
    first, second = _part(node, folded), _part(node, stored)
    if first is None or second is None:
        return False
    pairs = [(node.outputs[j], new) for part, made in ((folded, first), (stored, second))
             for j, new in zip(part, made, strict=True)]  # fmt: skip
    fgraph.replace_all_validate(pairs, reason="split_producer")
    return True


def _pays(seed: Apply) -> bool:
    """Whether the reduction computes anyway, or lies across memory, which it walks through slowly."""
    kind = seed.inputs[0].type
    if not seed.outputs[0].type.ndim:
        return bool(seed.op.accumulator_dtype(kind.dtype) != kind.dtype)
    axes = sorted(seed.op.axes_of(kind.ndim))
    wide = [v for v in seed.inputs[0].owner.inputs if v.type.broadcastable == kind.broadcastable]
    across = axes != list(range(kind.ndim - len(axes), kind.ndim)) and not any(kind.broadcastable)
    return across and len(wide) == 1 and kernel_kind(seed.op, kind.dtype) == "add"


def _is_only_folded(fgraph: FunctionGraph, v: Variable) -> bool:
    readers = [reader for reader, _ in fgraph.clients(v)]
    return bool(readers) and all(r != "output" and isinstance(r.op, CAReduce) and _pays(r) for r in readers)


def _cheap(node: Apply, outputs: Sequence[int]) -> bool:
    loads = [Expr("load", (), v.type.dtype, i) for i, v in enumerate(node.inputs)]
    try:
        values = node.op.scalar_op.lower_exprs(k, loads)
    except NotLowerable:
        return False
    return all(is_cheap(e) for e in post_order([values[j] for j in outputs]))


def _part(node: Apply, outputs: Sequence[int]) -> list[Variable] | None:
    """Outputs of a node that makes only `outputs` of `node`; None when their types would differ."""
    inner = node.op.scalar_op
    results = [inner.outputs[j] for j in outputs]
    needed = set(graph_inputs(results))
    places = [i for i, v in enumerate(inner.inputs) if v in needed]
    if not places:
        return None
    made = Elemwise(Composite([inner.inputs[i] for i in places], results)).make_node(*[node.inputs[i] for i in places])
    same = all(new.type == node.outputs[j].type for j, new in zip(outputs, made.outputs, strict=True))
    return made.outputs if same else None
