"""`NativeFunction`: a function whose calls run in the C runtime, without Python bytecode on the way."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from types import SimpleNamespace
from typing import Any, NoReturn

from theano.compile.backend import warn_fall_back
from theano.compile.callable import Function, PythonFunction
from theano.compile.runtime_errors import raise_with_op
from theano.configuration import config
from theano.cpu import _runtime
from theano.cpu.assembly import Draft
from theano.cpu.branches import guard_branches
from theano.cpu.memory import settle_commits
from theano.cpu.recycling import set_recycling
from theano.cpu.stamp import mismatch
from theano.cpu.together import is_put_off, settle
from theano.cpu.toolchain import CompileError
from theano.cpu.work import machine_limits, operations, work_of
from theano.lowering import PerformStep

__all__ = ["NativeFunction", "Plan"]

_names: dict[str, Any] = {}
if (_why := mismatch(_runtime)) is not None:
    raise ImportError(_why)
if _runtime.lib.rt_install(id(_names)) != 0:
    raise ImportError("theano.cpu: the native runtime does not fit this version of NumPy; install theano-cpu again")
Plan: Any = _names["Plan"]
"""The C type: a callable plan."""


class NativeFunction(Plan, Function):  # type: ignore[misc]
    """A compiled function whose plan the C runtime executes.

    Inside another function it may wait to be settled together with that (`theano.cpu.together`); `draft` says so.

    Calls go straight to C. What is unusual there (values to convert, missing or unknown arguments, ``output_subset``)
    comes back to `_native_slow`, which follows the rules of `Function` and then runs the same plan.
    """

    stores_updates = True

    def __init__(self, maker: Any, plan: Any, containers: Sequence[Any]) -> None:
        Function.__init__(self, maker, plan, containers)
        plan, guards = guard_branches(plan)
        plan = settle_commits(plan)
        set_recycling(config.recycled_memory)
        self._nodes = [step.node for step in plan.steps]
        self._profiled: list[tuple[Any, int]] = []
        self._statistics = maker.profile
        if self._statistics and self._statistics.flag_time_thunks:
            self._profiled = [(step, operations(step)) for step in plan.steps]
            self._statistics.limits = machine_limits
        self._explicit = [i for i, spec in enumerate(maker.inputs) if not spec.implicit]
        self.draft: Draft | None = Draft(plan, maker.inputs, self.input_storage, guards)
        self._instead: PythonFunction | None = None
        if not is_put_off():
            settle(self)

    def finish(self) -> None:
        """Hand the plan to the runtime; everything in it has machine code."""
        if self.draft is not None:
            self._configure(self.draft.describe(self))
            self.draft = None

    def _native_slow(self, *args: Any, **kwargs: Any) -> Any:
        return self._slow_call(args, kwargs)

    def _settle_late(self) -> None:
        """Called before the function around this one was there, or because that could not be compiled."""
        try:
            settle(self)
        except CompileError as error:
            warn_fall_back("cpu", str(error))
            self._instead = PythonFunction(self.maker, self.plan, self.input_storage)

    def _run(self, values: list[Any]) -> list[Any]:
        if self.draft is not None and self._instead is None:
            self._settle_late()
        if self._instead is not None:
            outputs: list[Any] = self._instead._run(values)
            self._instead._store(outputs)
            return outputs
        results: list[Any] = self._run_values([values[i] for i in self._explicit])
        if self._profiled:
            self._keep_books()
        return results

    def _keep_books(self) -> None:
        for (step, count), record in zip(self._profiled, self._step_records(), strict=True):
            seconds, runs = record[:2]
            if runs:  # else the branch was not needed
                work = None if isinstance(step, PerformStep) else work_of(step, count, record)
                self._statistics.add_node(step.node, seconds, not _enters_python(step), int(runs), work)

    def free(self) -> None:
        """Give back the working memory that is kept for the next call."""
        self._free_memory()

    @staticmethod
    def _outline(shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> Any:
        """Stands in a report for a value that must not be copied, because there is no memory."""
        return SimpleNamespace(shape=shape, strides=strides, dtype=dtype, size=prod(shape))

    def _report(self, number: int, error: Exception, operands: list[Any]) -> NoReturn:
        """Called by the runtime when step `number` failed."""
        try:
            raise_with_op(self._nodes[number], error, operands, index=number, fgraph=self.maker.fgraph)
        finally:
            del error, operands  # else the traceback would keep them

    def _report_value(self, slot: int, error: Exception) -> NoReturn:
        """Called by the runtime when a result, or the new value of a shared variable, could not be handed over."""
        node = self.plan.slots[slot].variable.owner
        if node is None:
            raise error
        raise_with_op(node, error, fgraph=self.maker.fgraph)


def _enters_python(step: Any) -> bool:
    """Whether Python computes the step, or some of the steps of a loop."""
    if isinstance(step, PerformStep):
        return True
    op = step.node.op
    return type(op).__name__ == "Scan" and any(_enters_python(inner) for inner in op.fn.plan.steps)


_runtime.lib.rt_enable_vectorcall(id(NativeFunction))
