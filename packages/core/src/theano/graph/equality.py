"""Comparing graphs before comparing numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.variable import Constant, Variable


def equal_computations(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    in_xs: Sequence[Variable] = (),
    in_ys: Sequence[Variable] = (),
) -> bool:
    """Whether `xs` and `ys` are the same computations when each of `in_xs` stands for the one of `in_ys` at its place.

    Variables without owner must be identical, equal constants, or paired as inputs.
    """
    if len(xs) != len(ys) or len(in_xs) != len(in_ys):
        return False
    paired: dict[Variable, Variable] = dict(zip(in_xs, in_ys, strict=True))
    matched: dict[Any, Any] = {}
    stack: list[tuple[Variable, Variable]] = list(zip(xs, ys, strict=True))
    while stack:
        x, y = stack.pop()
        if x in paired:
            if paired[x] is not y:
                return False
            continue
        if x is y:
            continue
        if x.owner is None or y.owner is None:
            if not _equal_roots(x, y):
                return False
            continue
        if matched.get(x.owner) is y.owner and x.index == y.index:
            continue
        if not _equal_nodes(x, y):
            return False
        matched[x.owner] = y.owner
        stack.extend(zip(x.owner.inputs, y.owner.inputs, strict=True))
    return True


def _equal_roots(x: Variable, y: Variable) -> bool:
    return isinstance(x, Constant) and isinstance(y, Constant) and x.equals(y)


def _equal_nodes(x: Variable, y: Variable) -> bool:
    a, b = x.owner, y.owner
    assert a is not None
    assert b is not None
    return x.index == y.index and a.op == b.op and len(a.inputs) == len(b.inputs) and x.type == y.type


def is_same_graph(x: Variable, y: Variable, givens: Any = None) -> bool:
    """Whether `x` and `y` are the same computation; `givens` (dict or pairs) pairs variables."""
    pairs = list((givens or {}).items()) if isinstance(givens, dict) or givens is None else list(givens)
    return equal_computations([x], [y], [a for a, _ in pairs], [b for _, b in pairs])
