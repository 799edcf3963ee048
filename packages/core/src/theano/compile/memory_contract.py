"""What a function may share with its caller: nothing, unless both sides said ``borrow``.

Nodes that copy are added to the graph after rewriting, so that no result aliases an argument, a shared value, a
constant or another result. Whether work is done in place is decided later, by the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.ops import deep_copy_op, view_op
from theano.graph import FunctionGraph, Variable

__all__ = ["add_copies", "alias_root", "alias_roots", "infer_reuse_pattern"]


def alias_roots(variable: Variable) -> set[Variable]:
    """The variables whose memory `variable` may use, through views and in-place ops; itself if it has its own."""
    roots: set[Variable] = set()
    stack = [variable]
    while stack:
        current = stack.pop()
        node = current.owner
        sources: list[int] = []
        if node is not None:
            for mapping in (node.op.view_map, node.op.destroy_map):
                sources.extend((mapping or {}).get(current.index, ()))
        if not sources:
            roots.add(current)
        elif node is not None:
            stack.extend(node.inputs[i] for i in sources)
    return roots


def alias_root(variable: Variable) -> Variable:
    """The variable whose memory `variable` may share (the first, where an op may return one of several)."""
    roots = alias_roots(variable)
    return variable if variable in roots else next(iter(roots))


def infer_reuse_pattern(fgraph: FunctionGraph, outputs_to_disown: Sequence[Variable]) -> set[Variable]:
    """The variables of `fgraph` that share memory with one of the given outputs."""
    disowned: set[Variable] = set()
    for output in outputs_to_disown:
        disowned |= alias_roots(output)
    return {v for v in fgraph.variables if not disowned.isdisjoint(alias_roots(v))}


def add_copies(fgraph: FunctionGraph, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    """Put a copy (a view where both sides borrow) behind each output that shares memory.

    Parameters
    ----------
    fgraph : FunctionGraph
    inputs : sequence of SymbolicInput
        One for each ``fgraph.inputs``.
    outputs : sequence of SymbolicOutput
        One for each ``fgraph.outputs``, updates included.

    Notes
    -----
    An output that is an input which the same call updates needs no copy: the storage gets another value, so
    the old one belongs to the caller. An input that a node destroys is not the caller's any more either.
    """
    roots = [alias_roots(output) for output in fgraph.outputs]
    last_with_root = {root: i for i, found in enumerate(roots) for root in found}
    kinds: list[Any] = []
    for i, found in enumerate(roots):
        partner = (
            next((j for j in range(i + 1, len(roots)) if not found.isdisjoint(roots[j])), None)
            if any(last_with_root[root] > i for root in found)
            else None
        )
        if partner is not None:
            kinds.append(view_op if outputs[i].borrow and outputs[partner].borrow else deep_copy_op)
        else:
            kinds.append(_copy_for_input(fgraph, found, inputs, outputs[i].borrow))
    for i, kind in enumerate(kinds):
        if kind is not None:
            _append(fgraph, i, kind)


def _copy_for_input(fgraph: FunctionGraph, roots: set[Variable], inputs: Sequence[Any], borrow: bool) -> Any:
    position = {v: i for i, v in enumerate(fgraph.inputs)} if any(r.owner is None for r in roots) else {}
    kind = None
    for root in roots:
        if root.owner is not None:
            continue
        spec = inputs[position[root]] if root in position else None
        if spec is not None and (spec.update is not None or _is_destroyed(fgraph, root)):
            continue
        # A constant has no spec; it counts as lent when the output is.
        if not borrow or (spec is not None and not getattr(spec, "borrow", False)):
            return deep_copy_op
        kind = view_op
    return kind


def _is_destroyed(fgraph: FunctionGraph, root: Variable) -> bool:
    return any(
        root in alias_roots(node.inputs[i])
        for node in fgraph.apply_nodes
        for positions in (node.op.destroy_map or {}).values()
        for i in positions
    )


def _append(fgraph: FunctionGraph, i: int, op: Any) -> None:
    output = fgraph.outputs[i]
    copied = op(output)
    copied.name = output.name
    trace = getattr(output.tag, "trace", None)
    if trace:
        copied.tag.trace = trace
    fgraph.change_input("output", i, copied, reason="memory contract")
