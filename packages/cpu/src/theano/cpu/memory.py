"""Where each value of a plan lives while the native runtime runs it."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.cpu.description import typenum_of
from theano.frozen import dataclass, field, replace
from theano.lowering import CallStep, KernelStep, PerformStep, ViewStep

__all__ = [
    "ARENA",
    "CONST",
    "FRESH",
    "INPUT",
    "OBJECT",
    "SHARED",
    "VIEW",
    "Memory",
    "plan_memory",
    "settle_commits",
]

ARENA, FRESH, VIEW, INPUT, SHARED, CONST, OBJECT = range(7)
"""The classes of slots, as in runtime.h."""


@dataclass(eq=False)
class Memory:
    """Decisions about slots.

    Attributes
    ----------
    classes : list of int
        Of each slot.
    parents : dict
        From a view to the slot that it looks into.
    colours : dict
        From temporaries to the block of working memory that they use.
    takes : list of dict
        For each step: from output position to the input position whose memory it may take over.
    drops : list of tuple
        For each step: slots whose Python objects die after it.
    commits : dict
        From a slot to the shared slot whose storage it may be written over.
    """

    classes: list[int]
    parents: dict[int, int]
    colours: dict[int, int] = field(default_factory=dict)
    takes: list[dict[int, int]] = field(default_factory=list)
    drops: list[tuple[int, ...]] = field(default_factory=list)
    commits: dict[int, int] = field(default_factory=dict)
    ncolours: int = 0

    def root(self, slot: int) -> int:
        """The slot whose memory `slot` shows."""
        while slot in self.parents:
            slot = self.parents[slot]
        return slot

    @staticmethod
    def constant(data: Any, typenum: int) -> Any:
        """A constant as the C side wants it: an aligned array of native byte order, or any other object."""
        if typenum < 0:
            return data
        return np.require(np.asarray(data, dtype=np.dtype(data.dtype).newbyteorder("=")), requirements=["A", "E"])


def settle_commits(plan: Any) -> Any:
    """`plan` with the steps that write shared storage last, and only those that compute no result of the function.

    The runtime packs the results before it writes into shared storage, so that a failure leaves everything as it was.
    """
    tail = [step for step in plan.steps if getattr(step, "commit", ())]
    if not tail:
        return plan
    new_values = {position for position, _ in plan.updates}
    shown = {slot for position, slot in enumerate(plan.outputs) if position not in new_values}
    early = [step for step in plan.steps if not getattr(step, "commit", ())]
    demoted = [step for step in tail if not shown.isdisjoint(step.outputs)]
    last = [step for step in tail if shown.isdisjoint(step.outputs)]
    # The order within the tail changes, so nothing in it may count on what dies there.
    frees = tuple(sorted({slot for step in tail for slot in step.frees}))
    tail = [replace(step, commit=(), inplace=(), frees=()) for step in demoted]
    tail += [replace(step, inplace=(), frees=()) for step in last]
    tail[-1] = replace(tail[-1], frees=frees)
    return replace(plan, steps=(*early, *tail))


def plan_memory(plan: Any, shared: set[int]) -> Memory:
    """Decide for all slots of `plan`; `shared` are the input slots that are read from cells."""
    memory = Memory(_classes(plan, shared), dict(plan.aliases))
    for slot in plan.outputs:
        _make_fresh(memory, memory.root(slot))
    for step in plan.steps:
        if isinstance(step, PerformStep):
            for slot in step.inputs:
                _make_fresh(memory, memory.root(slot))
    memory.takes = [_takes(memory, step) for step in plan.steps]
    for step, takes in zip(reversed(plan.steps), reversed(memory.takes), strict=True):
        for j, i in takes.items():
            if memory.classes[step.outputs[j]] == FRESH:
                _make_fresh(memory, step.inputs[i])
    _find_commits(plan, memory)
    _colour(plan, memory)
    return memory


def _classes(plan: Any, shared: set[int]) -> list[int]:
    classes = []
    for slot in plan.slots:
        if slot.kind == "input":
            classes.append(SHARED if slot.number in shared else INPUT)
        elif slot.kind == "constant":
            classes.append(CONST)
        else:
            classes.append(ARENA if typenum_of(slot.type) >= 0 else OBJECT)
    for step in plan.steps:
        for out in step.outputs:
            if classes[out] == OBJECT:
                continue
            if isinstance(step, ViewStep):
                classes[out] = VIEW
            elif isinstance(step, PerformStep):
                classes[out] = FRESH
    return classes


def _make_fresh(memory: Memory, slot: int) -> None:
    """Python code will hold this value: it must be an array of its own, not working memory."""
    if memory.classes[slot] == ARENA:
        memory.classes[slot] = FRESH


def overlaps(memory: Memory, step: Any, i: int) -> bool:
    """Whether another input of `step` shows the memory of input `i`, so that it must not be overwritten."""
    root = memory.root(step.inputs[i])
    return any(k != i and memory.root(slot) == root for k, slot in enumerate(step.inputs))


def _takes(memory: Memory, step: Any) -> dict[int, int]:
    pairs = getattr(step, "inplace", ()) if isinstance(step, KernelStep | CallStep) else ()
    return {
        j: i for j, i in pairs if memory.classes[step.inputs[i]] in (ARENA, FRESH) and not overlaps(memory, step, i)
    }


def _find_commits(plan: Any, memory: Memory) -> None:
    for step in plan.steps:
        for j, i in getattr(step, "commit", ()):
            if memory.classes[step.inputs[i]] == SHARED and not overlaps(memory, step, i):
                memory.commits[step.outputs[j]] = step.inputs[i]


def _colour(plan: Any, memory: Memory) -> None:
    """Give temporaries blocks of working memory; a block is free again when nothing that may lie in it is alive."""
    free: list[int] = []
    held: dict[int, list[int]] = {}
    reshaped = {s.outputs[0] for s in plan.steps if isinstance(s, ViewStep) and s.kind == "reshape"}
    for step, takes in zip(plan.steps, memory.takes, strict=True):
        for j, out in enumerate(step.outputs):
            if memory.classes[out] != ARENA:
                continue
            if plan.slots[out].type.ndim:
                memory.colours[out] = free.pop() if free else memory.ncolours
                memory.ncolours = max(memory.ncolours, memory.colours[out] + 1)
                held[out] = [memory.colours[out]]
            if j in takes:
                held[out] = held.get(out, []) + held.pop(step.inputs[takes[j]], [])
        for slot in step.frees:
            free.extend(held.pop(slot, ()))
        for out in step.outputs:
            if out in step.frees:
                free.extend(held.pop(out, ()))
        memory.drops.append(tuple(s for s in step.frees if memory.classes[s] in (FRESH, OBJECT) or s in reshaped))
