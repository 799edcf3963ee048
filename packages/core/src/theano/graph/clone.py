"""Copies of graphs, plain and with substitutions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from theano.errors import explain
from theano.graph.apply import Apply
from theano.graph.traversal import toposort
from theano.graph.variable import Constant, Variable

Equivalence = dict[Any, Any]


def clone_get_equiv(
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    copy_inputs: bool = True,
    copy_orphans: bool = True,
    memo: Equivalence | None = None,
) -> Equivalence:
    """Copy the graph between `inputs` and `outputs`; return the mapping from old variables and nodes to new.

    Parameters
    ----------
    copy_inputs, copy_orphans : bool
        Whether inputs, and other variables without owner (constants, shared variables), are copied or used again.
    memo : dict, optional
        Substitutions that are known already; extended and returned.
    """
    memo = {} if memo is None else memo
    for variable in inputs:
        if variable not in memo:
            memo[variable] = _copy_root(variable) if copy_inputs else variable
    for node in toposort(outputs, [v for v in memo if isinstance(v, Variable)]):
        if node in memo:
            continue
        for variable in node.inputs:
            if variable not in memo:
                memo[variable] = _copy_root(variable) if copy_orphans else variable
        twin = node.clone_with_new_inputs([memo[v] for v in node.inputs])
        memo[node] = twin
        for old, new in zip(node.outputs, twin.outputs, strict=True):
            memo.setdefault(old, new)
    for output in outputs:
        if output not in memo:
            memo[output] = _copy_root(output) if copy_orphans else output
    return memo


def _copy_root(variable: Variable) -> Variable:
    return variable.clone()


def clone(
    inputs: Sequence[Variable], outputs: Sequence[Variable], copy_inputs: bool = True, copy_orphans: bool | None = None
) -> tuple[list[Variable], list[Variable]]:
    """Copy a graph; return its new inputs and outputs."""
    copy_orphans = copy_inputs if copy_orphans is None else copy_orphans
    memo = clone_get_equiv(inputs, outputs, copy_inputs, copy_orphans)
    return [memo[v] for v in inputs], [memo[v] for v in outputs]


def rebuild_graph(
    outputs: Iterable[Variable], substitutions: dict[Variable, Variable], strict: bool = True
) -> tuple[list[Variable], Equivalence]:
    """Copy what of a graph depends on the substituted variables, in one pass; the rest is used again.

    Returns
    -------
    outputs : list of Variable
    memo : dict
        From old variables to new ones; a variable that is not in it is unchanged.
    """
    tops = list(outputs)
    memo: Equivalence = dict(substitutions)
    for node in toposort(tops, substitutions):
        if not any(v in memo for v in node.inputs):
            continue
        twin = node.clone_with_new_inputs([memo.get(v, v) for v in node.inputs], strict=strict)
        for old, new in zip(node.outputs, twin.outputs, strict=True):
            memo.setdefault(old, new)
    return [memo.get(v, v) for v in tops], memo


def _as_pairs(replace: Any) -> list[tuple[Any, Any]]:
    if replace is None:
        return []
    if isinstance(replace, dict):
        return list(replace.items())
    if isinstance(replace, list | tuple):
        return [tuple(pair) for pair in replace]
    raise ValueError(
        explain(
            "clone with replacements", f"replace is {type(replace).__name__}", "give a dict, a list of pairs or None"
        )
    )


def clone_replace(
    output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True, copy_inputs: bool | None = None
) -> Any:
    """Copy expressions with variables replaced (``theano.clone``).

    Parameters
    ----------
    output : Variable or list of Variable
    replace : dict or list of pairs, optional
        From variables to expressions, which may contain the variables they replace.
    strict : bool
        Demand equal types (TypeError); otherwise nodes are made anew where types differ.
    share_inputs : bool
        False: inputs are copied too (shared variables keep their container).

    Returns
    -------
    Variable or list of Variable
        As `output`.
    """
    if copy_inputs is not None:
        share_inputs = copy_inputs
    pairs = _as_pairs(replace)
    outs = list(output) if isinstance(output, list | tuple) else [output]
    # Placeholders first, so that a replacement that contains its own key is not replaced again.
    placeholders: dict[Variable, Variable] = {}
    final: dict[Variable, Variable] = {}
    for old, new in pairs:
        target = new if isinstance(new, Variable) else old.type.filter_variable(new)
        if strict:
            target = old.type.filter_variable(target)
        holder = target.type.make_variable()
        placeholders[old] = holder
        final[holder] = target
    middle, _ = rebuild_graph(outs, placeholders, strict)
    result, _ = rebuild_graph(middle, final, strict)
    if not share_inputs:
        result = _with_fresh_inputs(result, ())
    return result if isinstance(output, list | tuple) else result[0]


def _with_fresh_inputs(outputs: list[Variable], keep: Collection[Variable]) -> list[Variable]:
    memo = clone_get_equiv([], outputs, copy_inputs=True, copy_orphans=True, memo={v: v for v in keep})
    return [memo[v] for v in outputs]


__all__ = ["Apply", "Constant", "clone", "clone_get_equiv", "clone_replace", "rebuild_graph"]
