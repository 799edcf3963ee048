"""Two loops over the same steps become one."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, FunctionGraph, Variable
from theano.graph.clone import rebuild_graph
from theano.graph.traversal import ancestors
from theano.scan_module.editing import LoopEdit
from theano.scan_module.scan_op import Scan

__all__ = ["merge_loops"]


def merge_loops(fgraph: FunctionGraph) -> bool:
    """Merge loops that do the same number of steps and do not depend on each other; tell whether any were."""
    changed = False
    groups: dict[Any, list[Apply]] = {}
    for node in fgraph.toposort():
        if isinstance(node.op, Scan) and not node.op.as_while:
            groups.setdefault((_number(node.inputs[0]), node.op.truncate_gradient, str(node.op.mode)), []).append(node)
    for nodes in groups.values():
        pending = list(nodes)
        while len(pending) > 1:
            first = pending.pop(0)
            for other in list(pending):
                merged = None if other not in fgraph or first not in fgraph else _merged(fgraph, first, other)
                if merged is not None:
                    pending.remove(other)
                    first, changed = merged, True
    return changed


def _number(steps: Variable) -> Any:
    data = getattr(steps, "data", None)
    return steps if data is None else int(data)


def _merged(fgraph: FunctionGraph, a: Apply, b: Apply) -> Apply | None:
    behind = set(ancestors([*a.inputs, *b.inputs]))
    if any(v in behind for v in (*a.outputs, *b.outputs)):
        return None
    one, two = LoopEdit.of(a), LoopEdit.of(b)
    _with_fresh_inputs(two)
    for name in ("sequences", "states", "rows", "shared", "fixed"):
        getattr(one, name).extend(getattr(two, name))
    names = dict.fromkeys(str(op.name) for op in (a.op, b.op) if op.name)
    one.info = {**one.info, "name": "&".join(names) or None}
    one.drop_unused_inputs()
    swap = one.build()
    fgraph.replace_all_validate(list(swap.items()), reason="scanOp_merge")
    return next(iter(swap.values())).owner


def _with_fresh_inputs(edit: LoopEdit) -> None:
    """Equal loops share inner variables: the second one gets its own."""
    inner = [*edit.moving(), *[v for v, _ in edit.fixed]]
    fresh = {v: v.type.make_variable(v.name) for v in inner}
    edit.set_tops(rebuild_graph(edit.tops(), dict(fresh))[0])
    edit.sequences = [(fresh[v], outer) for v, outer in edit.sequences]
    edit.fixed = [(fresh[v], outer) for v, outer in edit.fixed]
    for state in edit.states:
        state.before = [fresh[v] for v in state.before]
    for part in edit.shared:
        part.before = fresh[part.before]
