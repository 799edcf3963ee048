"""One-line text of a node: ``op(input, input)``, nested up to a limit."""

from __future__ import annotations

from typing import Any

_MAX_PARTS = 60


def node_text(node: Any) -> str:
    """Render `node` as nested applications; long ones are cut with ``...``.

    Iterative, and bounded in size: a graph in which nodes share inputs would otherwise print exponentially often.
    """
    parts: list[str] = []
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        if len(parts) > _MAX_PARTS:
            parts.append("...")
            continue
        parts.append(f"{item.op}(")
        pending: list[Any] = []
        for i, variable in enumerate(item.inputs):
            if i:
                pending.append(", ")
            pending.extend(_variable_parts(variable))
        pending.append(")")
        stack.extend(reversed(pending))
    return "".join(parts)


def _variable_parts(variable: Any) -> list[Any]:
    if variable.owner is None or variable.name is not None:
        return [str(variable)]
    if len(variable.owner.outputs) > 1:
        return [variable.owner, f".{variable.index}"]
    return [variable.owner]
