"""The C of a function's kernels, as text."""

from __future__ import annotations

from typing import Any

from theano.codegen.contiguous import SYMBOL
from theano.cpu.branches import guard_branches
from theano.cpu.encoding import is_native, kernel_request
from theano.cpu.kernels import kernel_source
from theano.cpu.memory import plan_memory, settle_commits
from theano.errors import explain
from theano.lowering import CallStep, KernelStep, ViewStep, lower

__all__ = ["listing"]


def listing(function: Any, node: Any = None) -> str:
    """See `theano.printing.generated_code`."""
    plan = function.plan
    if not any(isinstance(step, KernelStep | CallStep) for step in plan.steps):
        plan = lower(function.maker.fgraph, "c")  # the function runs in Python
    plan = settle_commits(guard_branches(plan)[0])
    cells = {slot for slot, spec in zip(plan.inputs, function.maker.inputs, strict=True) if spec.implicit}
    memory = plan_memory(plan, cells)
    parts = [_step(step, memory, n) for n, step in enumerate(plan.steps) if node is None or step.node is node]
    if not parts and node is not None:
        raise ValueError(
            explain(f"show the code of {node}", "the function has no such node", "take it from function.maker.fgraph")
        )
    return "\n".join(parts)


def _loop(parts: Any, title: str) -> str:
    """The function for all steps of a loop where there is one, else the code of one step."""
    if parts.body is not None:
        text = "\n".join([*parts.body.support, parts.body.text.replace(SYMBOL, "loop")])
        return f"/* {title}: a loop, all of whose steps are one function */\n{text}"
    return f"/* {title}: a loop; inside it: */\n{listing(parts.step)}\n/* end of the loop {title} */"


def _step(step: Any, memory: Any, number: int) -> str:
    title = f"step {number}: {step.node}"
    if isinstance(step, KernelStep) and is_native(step):
        return f"/* {title} */\n{kernel_source(kernel_request(step, memory, number))}"
    if isinstance(step, CallStep) and step.routine == "loop":
        return _loop(dict(step.params)["object"], title)
    if isinstance(step, CallStep):
        return f"/* {title}: routine {step.routine} of the runtime */"
    if isinstance(step, ViewStep):
        return f"/* {title}: a view, {step.kind} */"
    return f"/* {title}: Python */"
