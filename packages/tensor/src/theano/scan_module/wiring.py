"""From the graph that a step wrote to an inner graph with inputs of its own.

A step may use any outer variable. What does not depend on anything that changes between steps is computed once,
outside: the border runs along the largest such expressions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from theano.compile.sharedvalue import SharedVariable
from theano.graph import Constant, Variable, ancestors, toposort

__all__ = ["add_default_updates", "borders", "eager_variables", "safe_new"]


def safe_new(x: Variable, tag: str = "", dtype: str | None = None) -> Variable:
    """A fresh variable of the type of `x` (a constant is cloned), named as `x` with `tag` behind.

    Parameters
    ----------
    x : Variable
    tag : str
    dtype : str, optional
        Another dtype than that of `x`.
    """
    name = f"{x.name}{tag}" if x.name else None
    if isinstance(x, Constant) and dtype in (None, getattr(x.type, "dtype", None)):
        return x.clone(name)
    type_ = x.type if dtype is None else x.type.clone(dtype=dtype)
    fresh = type_.make_variable(name)
    fresh.tag = x.tag.__copy__()
    return fresh


def add_default_updates(
    outputs: Iterable[Variable], updates: dict[Any, Any], listed: Collection[Variable]
) -> dict[Any, Any]:
    """`updates` with those that shared variables in the step bring themselves, such as states of random streams."""
    found = dict(updates)
    blockers = {v for v in listed if not isinstance(v, SharedVariable | Constant)}
    seen: set[Variable] = set()
    pending = [*outputs, *found.values()]
    while pending:
        new: list[Variable] = []
        for v in ancestors(pending, blockers):
            if v in seen:
                continue
            seen.add(v)
            own = getattr(v, "default_update", None) if isinstance(v, SharedVariable) and v not in blockers else None
            if own is not None and v not in found:
                found[v] = own
                new.append(own)
        pending = new
    return found


def eager_variables(outputs: Iterable[Variable]) -> set[Variable]:
    """All variables that are needed whatever lazy ops decide.

    A lazy op may say with `always_needed` which of its inputs it reads in any case.
    """
    seen: set[Variable] = set()
    stack = list(outputs)
    while stack:
        v = stack.pop()
        if v in seen:
            continue
        seen.add(v)
        if v.owner is not None:
            always = getattr(v.owner.op, "always_needed", None)
            stack.extend(v.owner.inputs if always is None else [v.owner.inputs[i] for i in always])
    return seen


def borders(outputs: list[Variable], changing: Collection[Variable], cuts: Collection[Variable]) -> list[Variable]:
    """The outer variables to hand to the step.

    Parameters
    ----------
    outputs : list of Variable
        What the step computes.
    changing : collection of Variable
        What has another value in every step.
    cuts : collection of Variable
        Variables to hand over as they are, whatever they are computed from.
    """
    moving, fixed = set(changing), set()
    cut = {v for v in cuts if v not in moving and not isinstance(v, Constant)}
    blockers = moving | cut
    eager = eager_variables(outputs)
    order = toposort(outputs, blockers)
    for node in order:
        if any(v in moving for v in node.inputs):
            moving.update(v for v in node.outputs if v not in cut)
        elif any(not isinstance(v, Constant) and v not in fixed for v in node.inputs) or not node.inputs:
            # Not from constants alone: those are cheap to keep inside, where they are folded.
            if all(v not in eager for v in node.outputs):
                moving.update(v for v in node.outputs if v not in cut)
        else:
            fixed.update(node.outputs)
    found: dict[Variable, None] = {}
    for node in order:
        if any(v in moving for v in node.outputs):
            found.update(dict.fromkeys(v for v in node.inputs if _is_border(v, moving, fixed)))
    found.update(dict.fromkeys(v for v in outputs if _is_border(v, moving, fixed)))
    return list(found)


def _is_border(v: Variable, moving: Collection[Variable], fixed: Collection[Variable]) -> bool:
    return v not in moving and v not in fixed and not isinstance(v, Constant)
