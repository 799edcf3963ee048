"""Functions inside functions: what a loop and its steps, on every level, lack of machine code is compiled in one run.

The step of a loop is a function of its own, and it is made while the plan around it is. There it stays *unsettled*: it
knows which kernels it needs, and waits. The outermost function collects what all of them lack, has it compiled in one
run, and settles them, innermost first. A function that is called before settles by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from theano.compile.measured import unmeasured
from theano.configuration import config
from theano.cpu.machine_code import addresses_of
from theano.forks import lock_of_process
from theano.lowering import CallStep, PerformStep

__all__ = ["inside", "is_put_off", "put_off", "settle"]

_state = threading.local()
_settling = lock_of_process(threading.RLock)


@contextmanager
def put_off() -> Iterator[None]:
    """Let native functions that this thread makes wait for the function around them.

    Not with ``config.compile.background``: there steps of loops are compiled at once.
    """
    before = is_put_off()
    _state.waits = config.compile.background < 0
    try:
        yield
    finally:
        _state.waits = before


def is_put_off() -> bool:
    """Whether a native function that is made now waits for another one."""
    return bool(getattr(_state, "waits", False))


def settle(function: Any) -> None:
    """Compile what `function` and the functions inside it lack, and make them ready to run.

    Raises
    ------
    CompileError
        Machine code cannot be had; all of them stay as they are.
    """
    with _settling():
        waiting = [each for each in inside(function) if each.draft is not None]
        addresses_of([body for each in waiting for body in each.draft.bodies()])
        for each in waiting:
            each.finish()


def inside(function: Any) -> list[Any]:
    """`function` and the native functions that its steps run, innermost first."""
    order, seen, todo = [], set(), [(function, False)]
    while todo:
        each, is_listed = todo.pop()
        if is_listed:
            order.append(each)
        elif id(each) not in seen:
            seen.add(id(each))
            todo += [(each, True), *[(inner, False) for inner in _of_steps(each.plan)]]
    return order


def _of_steps(plan: Any) -> list[Any]:
    """The native functions that steps of `plan` run themselves."""
    found = []
    for step in plan.steps:
        if isinstance(step, CallStep) and step.routine == "loop":
            found.append(dict(step.params)["object"].step)
        elif isinstance(step, PerformStep) and hasattr(step.node.op, "with_mode") and config.compile.background < 0:
            with put_off():
                found.append(step.node.op.fn)
    return [each for each in map(unmeasured, found) if hasattr(each, "draft")]
