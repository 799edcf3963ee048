"""From a plan to the flat description that the native runtime takes over (``Plan._configure``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.codegen.contiguous import Body
from theano.cpu.description import circumstances, typenum_of
from theano.cpu.encoding import bodies_of_steps, encode_steps
from theano.cpu.memory import ARENA, CONST, SHARED, VIEW, Memory, plan_memory

__all__ = ["Draft"]


class Draft:
    """A plan whose memory is laid out: it can say what has to be compiled, and then describe itself to the C side.

    Parameters
    ----------
    plan : theano.lowering.Plan
        With settled commits.
    specs : sequence of In
        One for each input of the plan.
    containers : sequence of Container
        Their storage.
    guards : dict
        From nodes to the conditions that their steps wait for (see `theano.cpu.branches`).
    """

    def __init__(self, plan: Any, specs: Sequence[Any], containers: Sequence[Any], guards: Any) -> None:
        self.plan, self.specs, self.containers, self.guards = plan, specs, containers, guards
        pairs = zip(plan.inputs, containers, specs, strict=True)
        self.cells: dict[int, list[Any]] = {slot: c.storage for slot, c, s in pairs if s.implicit}
        self.memory = plan_memory(plan, set(self.cells))

    def bodies(self) -> list[Body]:
        """The functions that the plan needs as machine code."""
        return bodies_of_steps(self.plan, self.memory)

    def describe(self, function: Any) -> dict[str, Any]:
        """The description; `function` tells how the result is packaged."""
        return _description(self, function)


def _description(draft: Draft, function: Any) -> dict[str, Any]:
    plan, specs, containers, cells, memory = draft.plan, draft.specs, draft.containers, draft.cells, draft.memory
    thunks = encode_steps(plan, memory, specs, draft.guards)
    return {
        "slots": tuple(_slot(plan, memory, number, cells) for number in range(len(plan.slots))),
        "shared": tuple(cells),
        "outputs": plan.outputs[: len(function.maker.results)],
        "owners": tuple(s for s in range(len(plan.slots)) if memory.classes[s] not in (ARENA, CONST)),
        "updates": tuple((plan.outputs[o], plan.inputs[i], containers[i].storage) for o, i in plan.updates),
        "ncolours": memory.ncolours,
        "thunks": thunks,
        "profile": _profile(function, plan),
        **circumstances(function, plan.inputs, specs, containers),
    }


def _profile(function: Any, plan: Any) -> tuple[tuple[int, ...], ...] | None:
    if not function.profiled_steps:
        return None
    from theano.cpu.work import factors_of  # lazy: only profiles ask

    return tuple(factors_of(step) for step in plan.steps)


def _slot(plan: Any, memory: Memory, number: int, cells: dict[int, list[Any]]) -> tuple[Any, ...]:
    slot = plan.slots[number]
    typenum = typenum_of(slot.type)
    flags = getattr(slot.type, "broadcastable", ()) if typenum >= 0 else ()
    bcast = sum(1 << d for d, flag in enumerate(flags) if flag)
    value: Any = None
    if memory.classes[number] == CONST:
        value = memory.constant(slot.data, typenum)
    elif memory.classes[number] == SHARED:
        value = cells[number]
    root = memory.parents.get(number, number) if memory.classes[number] == VIEW else number
    return (
        memory.classes[number],
        typenum,
        len(flags),
        bcast,
        root,
        memory.colours.get(number, -1),
        memory.commits.get(number, -1),
        value,
    )
