"""The plan: what a backend compiles. Immutable."""

from __future__ import annotations

from typing import Any

from theano.frozen import dataclass
from theano.lowering.steps import Step

SLOT_KINDS = ("input", "constant", "temp")


@dataclass(frozen=True)
class Slot:
    """A place for one value while a function runs.

    kind ``input`` (explicit inputs and shared variables alike: `index` in the plan's inputs order), ``constant``
    (`data`), ``temp`` (computed by a step; it may also be an output).
    """

    number: int
    kind: str
    variable: Any
    data: Any = None

    @property
    def type(self) -> Any:
        """The type of the variable that the slot holds."""
        return self.variable.type


@dataclass(frozen=True)
class Plan:
    """Steps over slots.

    Attributes
    ----------
    slots : tuple of Slot
    steps : tuple of Step
        In order of evaluation.
    inputs : tuple of int
        Slots of the graph's inputs: explicit ones first, then shared variables.
    outputs : tuple of int
        Slots of the graph's outputs: results first, then the new values of shared variables.
    updates : tuple of (int, int)
        Pairs (output position, input position): that output's value is stored into that input's container.
    aliases : dict
        From a slot that is a view to the slot whose memory it shows.
    fgraph : FunctionGraph
    """

    slots: tuple[Slot, ...]
    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    updates: tuple[tuple[int, int], ...]
    aliases: dict[int, int]
    fgraph: Any

    def verify(self) -> None:
        """Check the plan (see `theano.lowering.verify`)."""
        from theano.lowering.verify import verify_plan  # lazy: verify imports this class

        verify_plan(self)

    def __str__(self) -> str:
        lines = [f"inputs {list(self.inputs)} outputs {list(self.outputs)} updates {list(self.updates)}"]
        for i, step in enumerate(self.steps):
            lines.append(f"{i:3d} {type(step).__name__} {step.node.op} {list(step.inputs)} -> {list(step.outputs)}")
        return "\n".join(lines)
