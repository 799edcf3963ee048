"""The invariants of a plan, checked."""

from __future__ import annotations

from typing import Any

from theano.errors import TheanoError, explain
from theano.lowering.steps import KernelStep


class PlanError(TheanoError):
    """A plan contradicts itself."""


def _fail(found: str) -> None:
    raise PlanError(explain("verify a plan", found, "report the lowering rule that made it"))


def verify_plan(plan: Any) -> None:
    """Check that each slot is written once before it is read, and never read after it is freed.

    Raises
    ------
    PlanError
        At the first contradiction.
    """
    written = {s.number for s in plan.slots if s.kind != "temp"}
    freed: set[int] = set()
    overwritten: set[int] = set()
    for position, step in enumerate(plan.steps):
        where = f"step {position} ({step.node.op})"
        for slot in step.inputs:
            if slot not in written:
                _fail(f"{where} reads slot {slot} before it is written")
            if slot in freed:
                _fail(f"{where} reads slot {slot} after it is freed")
            if slot in overwritten:
                _fail(f"{where} reads slot {slot} after it is overwritten")
        for slot in step.outputs:
            if slot in written:
                _fail(f"{where} writes slot {slot} again")
            written.add(slot)
        if isinstance(step, KernelStep):
            _verify_kernel_step(step, where)
        for j, i in getattr(step, "inplace", ()):
            if step.inputs[i] not in step.frees:
                _fail(f"{where} writes output {j} over input {i}, which lives on")
        for _, i in getattr(step, "commit", ()):
            overwritten.add(step.inputs[i])
        freed.update(step.frees)
    for slot in plan.outputs:
        if slot not in written or slot in freed or slot in overwritten:
            _fail(f"output slot {slot} is missing, freed or overwritten")


def _verify_kernel_step(step: KernelStep, where: str) -> None:
    if len(step.input_orders) != len(step.inputs) or len(step.kernel.inputs) != len(step.inputs):
        _fail(f"{where} has {len(step.inputs)} inputs, its kernel {len(step.kernel.inputs)}")
    if len(step.kernel.outputs) != len(step.outputs):
        _fail(f"{where} has {len(step.outputs)} outputs, its kernel {len(step.kernel.outputs)}")
    for i, (variable, order) in enumerate(zip(step.node.inputs, step.input_orders, strict=True)):
        used, dims = sorted(a for a in order if a >= 0), list(range(variable.type.ndim))
        if step.stands >= 0 and i in (0, step.stands):  # factors, whose contracted dim is none of the loop's
            dims = [a for a in dims if a in used]
        if len(order) != step.ndim or used != dims:
            _fail(f"{where} follows dims {order} of an input with {variable.type.ndim} dims")
    for output, out in zip(step.node.outputs, step.kernel.outputs, strict=True):
        expected = step.ndim - (len(step.reduced_axes) if out.reduced else 0)
        if output.type.ndim != expected:
            _fail(f"{where} makes {expected} dims for an output of {output.type.ndim}")
