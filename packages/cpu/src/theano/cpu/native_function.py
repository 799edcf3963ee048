"""`NativeFunction`: a function whose calls run in the C runtime, without Python bytecode on the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import prod
from os import fsdecode, fsencode
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from theano.compile.backend import warn_fall_back
from theano.compile.callable import Function, PythonFunction
from theano.compile.installation import survey_with
from theano.compile.recall import claim_key
from theano.compile.runtime_errors import raise_with_op
from theano.configuration import config
from theano.cpu import _runtime
from theano.cpu.recipes import Recipe, keep, recipe_text
from theano.cpu.recycling import set_recycling
from theano.cpu.stamp import mismatch

if TYPE_CHECKING:
    from theano.cpu.assembly import Draft

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

    def __init__(self, maker: Any, plan: Any, containers: Sequence[Any], recipe: Recipe | None = None) -> None:
        Function.__init__(self, maker, plan, containers)
        set_recycling(config.recycled_memory)
        self._recipe = recipe
        self._nodes: list[Any] | None = None
        self.profiled_steps: list[tuple[Any, int]] = []
        self._statistics = maker.profile
        self._explicit = [i for i, spec in enumerate(maker.specs) if not spec.implicit]
        self.draft: Draft | None = None
        self._instead: PythonFunction | None = None
        self._parts: dict[tuple[int, ...], Function] = {}
        if recipe is not None:
            self._configure(recipe.description(self, maker.specs, self.input_storage))
            return
        from theano.cpu.together import is_put_off, settle  # lazy: for plans that were not kept

        self.draft = self._drafted()
        self._nodes = [step.node for step in self.draft.plan.steps]
        self._profile_steps(self.draft.plan.steps)
        if not is_put_off():
            settle(self)

    def _drafted(self) -> Draft:
        # lazy: a function that was kept needs neither steps nor kernels
        from theano.cpu.assembly import Draft
        from theano.cpu.branches import guard_branches
        from theano.cpu.memory import settle_commits

        plan, guards = guard_branches(self.plan)
        return Draft(settle_commits(plan), self.maker.specs, self.input_storage, guards)

    def _profile_steps(self, steps: Sequence[Any]) -> None:
        if self._statistics and self._statistics.flag_time_thunks:
            from theano.cpu.work import machine_limits, operations  # lazy: only profiles ask

            self.profiled_steps = [(step, operations(step)) for step in steps]
            self._statistics.limits = machine_limits

    def finish(self) -> None:
        """Hand the plan to the runtime; everything in it has machine code."""
        if self.draft is not None:
            description = self.draft.describe(self)
            self._configure(description)
            self.draft = None
            key = claim_key(self.maker)
            if key is not None:
                keep(key, self, description)

    @property
    def plan(self) -> Any:
        """The plan; of a function that was kept, it is made when somebody asks."""
        if self._plan is None:
            self._plan = self.maker.plan
        return self._plan

    @plan.setter
    def plan(self, plan: Any) -> None:
        self._plan = plan

    def _told_nodes(self) -> list[Any] | None:
        """The nodes of all steps; None if the plan, made now, should not be the one that the recipe was made of."""
        if self._nodes is None:
            with suppress(Exception):  # a report must not put another error in the place of the one it is about
                draft = self._drafted()
                if recipe_text(draft.describe(self), self.plan.inputs) == self._recipe.text:
                    self._nodes = [step.node for step in draft.plan.steps]
        return self._nodes

    def _native_slow(self, *args: Any, **kwargs: Any) -> Any:
        return self._slow_call(args, kwargs)

    def _settle_late(self) -> None:
        """Called before the function around this one was there, or because that could not be compiled."""
        # lazy: a function that was kept is settled
        from theano.cpu.compiler import CompileError
        from theano.cpu.together import settle

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
        if self.profiled_steps:
            self._keep_books()
        return results

    def _run_subset(self, values: list[Any], wanted: list[int]) -> list[Any]:
        results = tuple(dict.fromkeys(i for i in wanted if i < self._n_results))
        part = self._parts.get(results)
        if part is None:
            from theano.compile.copying import part_of_function  # lazy: only who asks for a part needs one

            part = self._parts[results] = part_of_function(self, results)
        found = part._run(values)
        if not part.stores_updates:
            part._store(found)
        outputs: list[Any] = [None] * self._n_results
        for i, value in zip(results, found, strict=False):
            outputs[i] = value
        return outputs

    def _keep_books(self) -> None:
        # lazy: only profiles ask
        from theano.cpu.work import work_of
        from theano.lowering import PerformStep

        for (step, count), record in zip(self.profiled_steps, self._step_records(), strict=True):
            seconds, runs = record[:2]
            if runs:  # else the branch was not needed
                work = None if isinstance(step, PerformStep) else work_of(step, count, record)
                self._statistics.add_node(step.node, seconds, not _enters_python(step), int(runs), work)

    def keep_loop_books(self) -> None:
        """Add to the profile what loops that have this step did."""
        runs, steps, seconds = self._loop_records()
        if runs and self._statistics:
            self._statistics.add_loops(int(runs), int(steps), seconds)
            if self.profiled_steps:
                self._keep_books()

    @property
    def has_statistics(self) -> bool:
        """Whether somebody wants a profile of this function, also as the step of a loop."""
        return bool(self._statistics)

    def free(self) -> None:
        """Give back the working memory that is kept for the next call."""
        self._free_memory()

    @staticmethod
    def _outline(shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> Any:
        """Stands in a report for a value that must not be copied, because there is no memory."""
        return SimpleNamespace(shape=shape, strides=strides, dtype=dtype, size=prod(shape))

    def _report(self, number: int, error: Exception, operands: list[Any]) -> NoReturn:
        """Called by the runtime when step `number` failed."""
        nodes = self._told_nodes()
        try:
            if nodes is None:
                raise error
            raise_with_op(nodes[number], error, operands, index=number, fgraph=self.maker.fgraph)
        finally:
            del error, operands  # else the traceback would keep them

    def _report_value(self, slot: int, error: Exception) -> NoReturn:
        """Called by the runtime when a result, or the new value of a shared variable, could not be handed over."""
        node = None if self._told_nodes() is None else self.plan.slots[slot].variable.owner
        if node is None:
            raise error
        raise_with_op(node, error, fgraph=self.maker.fgraph)


def _enters_python(step: Any) -> bool:
    """Whether Python computes the step, or some of the steps of a loop."""
    from theano.lowering import PerformStep  # lazy: as above

    if isinstance(step, PerformStep):
        return True
    op = step.node.op
    return type(op).__name__ == "Scan" and any(_enters_python(inner) for inner in op.fn.plan.steps)


_runtime.lib.rt_enable_vectorcall(id(NativeFunction))


def survey_folder(folder: str, endings: tuple[str, ...]) -> tuple[bytes, list[str], int]:
    """`theano.compile.installation.survey_folder`, in C."""
    ffi, room = _runtime.ffi, 1 << 12
    last = ffi.new("int64_t *")
    ends = "".join([f"{end}\n" for end in endings]).encode()
    while True:
        files, folders = ffi.new("char[]", room), ffi.new("char[]", room)
        length = _runtime.lib.rt_survey(fsencode(folder), ends, files, folders, room, last)
        if length >= 0:
            return ffi.unpack(files, length), fsdecode(ffi.string(folders)).splitlines(), int(last[0])
        if length == -1:
            raise OSError(f"{folder} cannot be looked at")
        room *= 4


survey_with(survey_folder)
