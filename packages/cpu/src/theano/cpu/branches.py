"""Lazy conditions in native plans: steps that one branch of an `IfElse` needs run only when it is chosen."""

from __future__ import annotations

from typing import Any

from theano.cpu.description import typenum_of
from theano.frozen import replace
from theano.lowering.liveness import assign_lifetimes

__all__ = ["guard_branches", "is_condition", "is_native_condition"]

Path = tuple[tuple[int, int], ...]
"""Conditions that must hold for a step to be needed, outermost first: (slot of the condition, wanted truth)."""


def is_condition(op: Any) -> bool:
    """Whether this is an `IfElse`, told without importing its module for the sake of asking."""
    return type(op).__name__ == "IfElse" and type(op).__module__ == "theano.ifelse"


def is_native_condition(op: Any, node: Any) -> bool:
    """Whether the runtime can choose between the branches of this node itself."""
    return is_condition(op) and all(typenum_of(v.type) >= 0 for v in node.inputs)


def guard_branches(plan: Any) -> tuple[Any, dict[Any, Path]]:
    """`plan` with conditions computed before branches, and the conditions that the nodes of steps wait for."""
    if not any(is_condition(step.node.op) for step in plan.steps):
        return plan, {}
    paths = _paths(plan)
    order = _order(plan, paths)
    guards = {step.node: path for step, path in zip(plan.steps, paths, strict=True)}
    bare = [_bare(plan.steps[i]) for i in order]
    return assign_lifetimes(replace(plan, steps=tuple(bare))), guards


def _bare(step: Any) -> Any:
    """A step before lifetimes were decided."""
    changes: dict[str, Any] = {"frees": ()}
    if hasattr(step, "commit"):
        changes["commit"] = ()
    return replace(step, **changes)


def _paths(plan: Any) -> list[Path]:
    """From the last step to the first: a step is needed where all its readers are."""
    needed: dict[int, Path] = dict.fromkeys(plan.outputs, ())
    paths: list[Path] = [()] * len(plan.steps)
    for number in range(len(plan.steps) - 1, -1, -1):
        step = plan.steps[number]
        path = _common([needed[slot] for slot in step.outputs if slot in needed])
        paths[number] = path
        branches = step.node.op.n_outs if is_condition(step.node.op) else 0
        for position, slot in enumerate(step.inputs):
            inner = path
            if branches and position:
                inner = (*path, (step.inputs[0], int(position <= branches)))
            needed[slot] = _common([needed[slot], inner]) if slot in needed else inner
    return paths


def _common(paths: list[Path]) -> Path:
    if not paths:
        return ()
    first = min(paths, key=len)
    length = next((k for k in range(len(first)) if any(p[k] != first[k] for p in paths)), len(first))
    return first[:length]


def _order(plan: Any, paths: list[Path]) -> list[int]:
    """The old order as far as possible, with every condition before the steps that wait for it."""
    producer = {slot: number for number, step in enumerate(plan.steps) for slot in step.outputs}
    readers: list[list[int]] = [[] for _ in plan.steps]
    waiting = [0] * len(plan.steps)
    for number, step in enumerate(plan.steps):
        sources = {producer[s] for s in (*step.inputs, *(slot for slot, _ in paths[number])) if s in producer}
        waiting[number] = len(sources)
        for source in sources:
            readers[source].append(number)
    ready = [number for number, count in enumerate(waiting) if not count]
    from heapq import heapify, heappop, heappush  # lazy: only plans with lazy conditions are sorted again

    heapify(ready)
    order = []
    while ready:
        number = heappop(ready)
        order.append(number)
        for reader in readers[number]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    return order
