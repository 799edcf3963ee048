"""One call of a function of `DebugMode`."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from theano.compile.callable import PythonFunction
from theano.compile.debug_errors import BadDestroyMap, BadOptimization, BadThunkOutput, BadViewMap, InvalidValueError
from theano.compile.lazy import LazyRunner, make_thunk_of
from theano.compile.runtime_errors import check_outputs, outputs_with_values
from theano.compile.unwritten import is_new_memory, memory_source
from theano.configuration import config
from theano.graph import Constant, toposort
from theano.graph.clone import clone_replace

__all__ = ["DebugFunction"]


class DebugFunction(PythonFunction):
    """A function whose calls check ops and rewrites; see `DebugMode`."""

    def __init__(self, maker: Any, plan: Any, containers: Sequence[Any]) -> None:
        super().__init__(maker, plan, containers)
        tracker = getattr(maker.fgraph, "equivalence_tracker", None)
        self._replaced = [] if tracker is None else [(a, b, why) for (a, b), why in tracker.pairs.items()]
        self._lazy = any(make_thunk_of(step.node.op) is not None for step in plan.steps)
        self._native: Any = None

    def _run(self, values: list[Any]) -> list[Any]:
        return self._checked(values, None)

    def _run_subset(self, values: list[Any], wanted: list[int]) -> list[Any]:
        return self._checked(values, wanted)

    def _checked(self, values: list[Any], wanted: list[int] | None) -> list[Any]:
        mode: Any = self.maker.mode
        fgraph = self.maker.fgraph
        for variable, value in zip(fgraph.inputs, values, strict=True):
            if fgraph.clients(variable):
                _check_value(variable, value, mode.check_isfinite, None)
        registers = [slot.data if slot.kind == "constant" else None for slot in self.plan.slots]
        for slot, value in zip(self.plan.inputs, values, strict=True):
            registers[slot] = value
        runner = _Runner(self.plan, registers, mode, [v for pair in self._replaced for v in pair[:2]])
        before = copy.deepcopy(values) if mode.check_c_code else None
        results = runner.run(wanted)
        if before is not None:
            self._compare_native(before, runner)
        for old, new, reason in self._replaced:
            runner.compare(old, new, reason)
        return results

    def _compare_native(self, values: list[Any], runner: _Runner) -> None:
        """What native code makes of each node, all outputs at once; it stops at the first that differs."""
        if self._native is None:
            self._native = _native_function(self.maker.fgraph, self._lazy)
        variables, function = self._native
        if function is None:
            return
        for variable, found in zip(variables, function(*values), strict=True):
            if runner.computed[variable][0]:
                runner.compare_native(variable, found)


def _native_function(fgraph: Any, lazy: bool) -> tuple[list[Any], Any]:
    """Variables, and a native function that computes them from the graph's inputs; no function where there is none."""
    from theano.compile import In, function  # lazy: this module is part of it
    from theano.compile.mode import Mode

    inputs = [v.type() for v in fgraph.inputs]
    kept = [v for node in fgraph.toposort() for v in node.outputs if v in fgraph.variables] if not lazy else []
    variables = list(dict.fromkeys([*kept, *(v for v in fgraph.outputs if v.owner is not None)]))
    outputs = clone_replace(variables, dict(zip(fgraph.inputs, inputs, strict=True)), share_inputs=True)
    made = function(
        [In(v, borrow=True, mutable=True) for v in inputs],
        list(outputs),
        mode=Mode("cvm", None),
        accept_inplace=True,
        on_unused_input="ignore",
        profile=False,
    )
    return variables, None if isinstance(made, PythonFunction) else made


class _Runner(LazyRunner):
    """A call in which every node works on copies and is looked at; `extra` are variables that are not in the plan."""

    def __init__(self, plan: Any, registers: list[Any], mode: Any, extra: list[Any]) -> None:
        super().__init__(plan, registers)
        self.mode = mode
        self._vague: set[Any] = set()
        for node in toposort([*plan.fgraph.outputs, *extra], blockers=plan.fgraph.inputs):
            for v in [*node.inputs, *node.outputs]:
                self._add(v)
            self._vague.update(v for v in node.outputs if is_new_memory(v) or memory_source(v) in self._vague)
        for v in extra:
            self._add(v)

    def _add(self, variable: Any) -> None:
        if variable not in self.cells:
            constant = isinstance(variable, Constant)
            self.cells[variable] = [variable.data if constant else None]
            self.computed[variable] = [constant]

    def _call(self, node: Any, thunk: Callable[[], Any]) -> Any:
        self.index.setdefault(node, -1)
        return super()._call(node, thunk)

    def _perform_thunk(self, node: Any) -> Callable[[], None]:
        def thunk() -> None:
            values = [self.cells[v][0] for v in node.inputs]
            for v, value in zip(node.outputs, _watch(node, values, self.mode, self._vague), strict=True):
                self.cells[v][0] = value

        return thunk

    def compare_native(self, variable: Any, found: Any) -> None:
        """Raise when native code gave another value than ``perform``."""
        if variable in self._vague:
            return
        value = self.cells[variable][0]
        inputs = [self.cells[v][0] for v in variable.owner.inputs]
        if not _agree(variable, value, found):
            raise BadThunkOutput(variable, "perform", value, "native code", found, inputs)
        _compare_strides(variable, value, found, self.mode.require_matching_strides)

    def compare(self, old: Any, new: Any, reason: Any) -> None:
        """Raise when a rewrite changed a value; what the call did not compute is left alone."""
        unknown = not self.computed[new][0] or (old.owner is None and not self.computed[old][0])
        if unknown or old in self._vague or new in self._vague:
            return
        self._evaluate(old, None)
        value, found = self.cells[old][0], self.cells[new][0]
        if not _agree(old, value, found):
            printed = [import_module("theano.printing").debugprint(v, file="str") for v in (old, new)]
            raise BadOptimization(old, new, value, found, reason, *printed)


def _watch(node: Any, values: list[Any], mode: Any, vague: set[Any]) -> list[Any]:
    """What ``perform`` of `node` makes of copies of `values`."""
    copies, results = _perform(node, values, [None] * len(node.outputs))
    for variable, result in zip(node.outputs, results, strict=True):
        _check_value(variable, result, mode.check_isfinite and variable not in vague, node)
    _check_destroyed(node, values, copies)
    _check_views(node, copies, results)
    for kind in mode.check_preallocated_output:
        offered = [_buffer(result, kind) for result in results]
        _, again = _perform(node, values, offered)
        for variable, result, other in zip(node.outputs, results, again, strict=True):
            if not _agree(variable, result, other):
                raise BadThunkOutput(variable, "perform", result, f"perform with a buffer ({kind})", other, values)
    return results


def _perform(node: Any, values: list[Any], offered: list[Any]) -> tuple[list[Any], list[Any]]:
    copies = copy.deepcopy(values)
    cells = [[buffer] for buffer in offered]
    extra = (node.run_params(),) if getattr(node.op, "params_type", None) is not None else ()
    node.op.perform(node, copies, cells, *extra)
    check_outputs(node, cells, outputs_with_values(node))
    return copies, [cell[0] for cell in cells]


def _check_value(variable: Any, value: Any, finite: bool, node: Any) -> None:
    type_ = variable.type
    if not type_.is_valid_value(value):
        raise InvalidValueError(variable, value, hint=f"not a value of {type_}")
    if finite and isinstance(value, np.ndarray | np.number) and value.dtype.kind in "fc" and not _is_free(variable):
        bad = np.size(value) - int(np.isfinite(value).sum())
        if bad:
            raise InvalidValueError(variable, value, hint=f"{bad} elements are NaN or infinite")


def _is_free(variable: Any) -> bool:
    """Whether a variable may hold anything, on purpose."""
    return not getattr(variable.tag, "nan_guard_mode_check", True)


def _check_destroyed(node: Any, values: list[Any], copies: list[Any]) -> None:
    destroyed = {i for sources in node.op.destroy_map.values() for i in sources}
    for i, (before, after) in enumerate(zip(values, copies, strict=True)):
        if i not in destroyed and not _is_same(before, after):
            raise BadDestroyMap(node, i, before, after, "perform")


def _is_same(a: Any, b: Any) -> bool:
    if not isinstance(a, np.ndarray) or a.dtype.kind == "O":
        return True  # other values have no equality that all of them share
    return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())


def _check_views(node: Any, copies: list[Any], results: list[Any]) -> None:
    for k, result in enumerate(results):
        if not isinstance(result, np.ndarray):
            continue
        said = {*node.op.view_map.get(k, ()), *node.op.destroy_map.get(k, ())}
        shared = [
            i for i, value in enumerate(copies) if isinstance(value, np.ndarray) and np.shares_memory(value, result)
        ]
        if any(i not in said for i in shared):
            raise BadViewMap(node, k, result, in_alias_idx=[i for i in shared if i not in said])
        others = [
            j
            for j, other in enumerate(results[:k])
            if isinstance(other, np.ndarray) and np.shares_memory(other, result)
        ]
        if others and not said:
            raise BadViewMap(node, k, result, out_alias_idx=others)
        if node.op.destroy_map.get(k) and not shared and result.size and config.DebugMode.warn_input_not_reused:
            warnings.warn(f"{node.op} says that it works in place, but made a new result", stacklevel=2)


def _buffer(result: Any, kind: str) -> Any:
    """Something to be written over, of the given kind; only arrays are offered."""
    if not isinstance(result, np.ndarray) or kind == "initial":
        return None
    if kind == "wrong_size":
        made = np.empty([n + 1 for n in result.shape], result.dtype)
    elif kind == "strided":
        made = np.empty([2 * n for n in result.shape], result.dtype)[tuple(slice(None, None, 2) for _ in result.shape)]
    else:
        made = np.empty(result.shape, result.dtype, order="F" if kind == "f_contiguous" else "C")
    made[...] = np.asarray(-99 if result.dtype.kind in "ifc" else 1).astype(result.dtype)
    return made


def _agree(variable: Any, a: Any, b: Any) -> bool:
    compare = getattr(variable.tag, "values_eq_approx", None) or variable.type.values_eq_approx
    return bool(compare(a, b))


def _compare_strides(variable: Any, value: Any, found: Any, severity: int) -> None:
    if not severity or getattr(value, "strides", None) == getattr(found, "strides", None):
        return
    text = f"{variable.owner}: perform gave strides {value.strides}, native code {found.strides}"
    if severity > 1:
        raise TypeError(text)
    warnings.warn(text, stacklevel=2)
