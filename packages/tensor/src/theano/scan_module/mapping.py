"""`map_variables`: graphs with variables exchanged, also inside of loops and of ops made from graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.compile.builders import OpFromGraph
from theano.graph import Apply, Constant, Variable, ancestors, toposort
from theano.graph.clone import rebuild_graph
from theano.scan_module.scan_op import Scan

__all__ = ["map_variables"]


def map_variables(
    replacer: Callable[[Variable], Variable], graphs: Iterable[Variable], additional_inputs: Sequence[Variable] = ()
) -> list[Variable]:
    """Rebuild graphs with variables replaced.

    Parameters
    ----------
    replacer : callable
        From a variable to what stands for it in the new graphs, the variable itself for most.
    graphs : iterable of Variable
    additional_inputs : sequence of Variable
        Accepted for old programs: inputs that only replacements use need not be listed.

    Returns
    -------
    list of Variable
        One for each of `graphs`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> a, b = T.dscalars("ab")
    >>> (new,) = map_variables(lambda v: b if v is a else v, [a * 2])
    >>> float(new.eval({b: 3.0}))
    6.0
    """
    tops = list(graphs)
    memo: dict[Variable, Variable] = {}
    for v in ancestors(tops):
        if v.owner is None:
            _note(memo, v, replacer(v))
    for node in toposort(tops):
        outputs = _mapped_node(node, replacer, memo)
        for old, new in zip(node.outputs, outputs, strict=True):
            replaced = replacer(old)
            if replaced is not old:
                # It is written in terms of the old graph, whose inputs may have been replaced too.
                replaced = rebuild_graph([replaced], {k: v for k, v in memo.items() if k is not old})[0][0]
                _note(memo, old, replaced)
            else:
                _note(memo, old, new)
    return [memo.get(v, v) for v in tops]


def _note(memo: dict[Variable, Variable], old: Variable, new: Variable) -> None:
    if new is not old:
        memo[old] = old.type.filter_variable(new)


def _mapped_node(node: Apply, replacer: Any, memo: dict[Variable, Variable]) -> list[Variable]:
    inputs = [memo.get(v, v) for v in node.inputs]
    op: Any = node.op
    if isinstance(op, Scan):
        outputs, extra = _inner(op.inputs, op.outputs, replacer)
        if outputs != op.outputs:
            inner = [*op.inputs, *extra.values()]
            return list(Scan(inner, outputs, op.info)(*inputs, *extra, return_list=True))
    elif isinstance(op, OpFromGraph):
        outputs, extra = _inner(op.local_inputs, op.local_outputs, replacer)
        if outputs != op.local_outputs:
            inner = [*op.local_inputs, *extra.values()]
            made = OpFromGraph(inner, outputs, inline=op.is_inline, name=op.name, **op.kwargs)
            return list(made(*inputs, *extra, return_list=True))
    if inputs == node.inputs:
        return list(node.outputs)
    return list(node.clone_with_new_inputs(inputs).outputs)


def _inner(inputs: list[Variable], outputs: list[Variable], replacer: Any) -> tuple[list[Variable], dict[Any, Any]]:
    """New inner outputs, and by outer variable the inner inputs that they need besides."""

    def keeping_inputs(v: Variable) -> Variable:
        return v if v in own else replacer(v)

    own = set(inputs)
    new = map_variables(keeping_inputs, outputs)
    outside = [v for v in ancestors(new, own) if v.owner is None and v not in own and not isinstance(v, Constant)]
    extra = {v: v.type.make_variable(v.name) for v in outside}
    return rebuild_graph(new, dict(extra))[0] if extra else new, extra
