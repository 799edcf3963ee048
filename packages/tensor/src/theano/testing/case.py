"""One sample of an op: its graph, all ways to run it, and the checks that `theano.testing.contract.check` makes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theano.compile import Mode, function
from theano.compile.linkers import Linker
from theano.errors import explain
from theano.graph import Op
from theano.graph.equality import equal_computations
from theano.lowering import lower
from theano.plugin import registry
from theano.testing.derivatives import check_forward, check_gradient, missing_rules
from theano.testing.samples import Sample, empty_of, layouts_of
from theano.testing.shapes import infer_shapes
from theano.testing.values import ContractError, assert_same

__all__ = ["Case", "Report"]


@dataclass
class Report:
    """What `check` did.

    Attributes
    ----------
    done : set of str
        Of "value", "shape", "gradient", "forward", "layouts", "empty", "scalars", "pickle", and the names of backends.
    skipped : dict of str to str
        Checks that were left out, and why.
    in_python : set of str
        Ops that a backend left to Python.
    """

    done: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    in_python: set[str] = field(default_factory=set)


def _fail(subject: str, found: str, do: str) -> ContractError:
    return ContractError(explain(subject, found, do))


class Case:
    """One sample: its graph, and a function for each way to run it (the first is the reference, in Python)."""

    def __init__(
        self, op: Any, sample: Sample, subject: str, modes: Sequence[Any], tolerance: Any, report: Report
    ) -> None:
        self.sample, self.subject, self.tolerance, self.report = sample, subject, tolerance, report
        self.arrays = sample.arrays
        self.inputs = sample.variables()
        made = op(*self.inputs)
        self.outputs = list(made) if isinstance(made, (list, tuple)) else [made]
        self.functions = [(mode, self._compile(mode)) for mode in modes]

    def _compile(self, mode: Any) -> Any:
        if mode is None:
            return function(self.inputs, self.outputs, mode=Mode("py", None), on_unused_input="ignore")
        name, optimizer = mode
        made = function(self.inputs, self.outputs, mode=Mode(Linker(name, name), optimizer), on_unused_input="ignore")
        made.maker.fgraph.verify()
        plan = lower(made.maker.fgraph, registry().backends[name].target)
        plan.verify()
        self.report.in_python |= {str(s.node.op) for s in plan.steps if type(s).__name__ == "PerformStep"}
        self.report.done.add(name)
        return made

    def _run(self, run: Any, arrays: Sequence[np.ndarray], subject: str) -> list[Any]:
        """Results of one function; the inputs must stay as they are, and nobody may share memory with them."""
        before = [a.copy() for a in arrays]
        results = list(run(*arrays))
        for i, (a, b) in enumerate(zip(arrays, before, strict=True)):
            if a.tobytes() != b.tobytes():
                raise _fail(subject, f"input {i} was overwritten", "declare destroy_map, or write to new memory")
            if any(np.shares_memory(a, r) for r in results):
                raise _fail(subject, f"a result shares memory with input {i}", "declare view_map, or copy")
        return results

    def _check(self, arrays: Sequence[np.ndarray], expected: Sequence[Any], what: str) -> None:
        for mode, run in self.functions:
            text = f"{self.subject}{what}, {_mode_text(mode)}"
            for j, (found, v) in enumerate(zip(self._run(run, arrays, text), self.outputs, strict=True)):
                self._check_type(found, v, f"{text}: output {j}")
                assert_same(found, expected[j], f"{text}: output {j}", self.tolerance)

    @staticmethod
    def _check_type(found: Any, v: Any, text: str) -> None:
        if str(np.asarray(found).dtype) != v.type.dtype:
            raise _fail(text, f"dtype {found.dtype}, declared {v.type.dtype}", "make make_node and perform agree")
        if np.ndim(found) != v.type.ndim:
            raise _fail(
                text, f"{np.ndim(found)} dimensions, declared {v.type.ndim}", "make make_node and perform agree"
            )
        if any(flag and n != 1 for flag, n in zip(v.type.broadcastable, np.shape(found), strict=True)):
            raise _fail(text, f"shape {np.shape(found)}, declared {v.type}", "declare the dim not broadcastable")

    def check_values(self, dtype: str | None) -> None:
        """All ways to run give the expected values and the declared types."""
        if dtype is not None and self.outputs[0].type.dtype != dtype:
            raise _fail(self.subject, f"the result is {self.outputs[0].type.dtype}, not {dtype}", "look at make_node")
        self._check(self.arrays, self.sample.expected_values(self.arrays, len(self.outputs)), "")
        self.report.done.add("value")

    def check_shapes(self) -> None:
        """The rules for shapes tell what comes out."""
        real = [np.shape(r) for r in self.functions[0][1](*self.arrays)]
        inferred, missing = infer_shapes(self.inputs, self.outputs, self.arrays)
        for j, (found, shape) in enumerate(zip(inferred, real, strict=True)):
            if found is not None and found != shape:
                raise _fail(
                    f"{self.subject}: shape inference of output {j}", f"{found}, not {shape}", "repair the rule"
                )
        if missing:
            self.report.skipped["shape"] = f"no rule for {', '.join(sorted(set(missing)))}"
        else:
            self.report.done.add("shape")

    def check_pickle(self, op: Any) -> None:
        """Op and graph survive pickling, equal and with the same text."""
        if isinstance(op, Op):
            again = pickle.loads(pickle.dumps(op))
            if again != op or hash(again) != hash(op) or str(again) != str(op):
                raise _fail(f"{self.subject}: pickling", f"{op} came back as {again}", "compare by __props__")
        inputs, outputs = pickle.loads(pickle.dumps((self.inputs, self.outputs)))
        if not equal_computations(outputs, self.outputs, inputs, self.inputs):
            raise _fail(f"{self.subject}: pickling", "another graph came back", "compare ops by __props__")
        self.report.done.add("pickle")

    def check_derivatives(self, wanted: dict[str, bool | None], grad: Any) -> None:
        """Gradients against differences, then forward against reverse mode."""
        checks: dict[str, Callable[[], bool]] = {
            "gradient": lambda: check_gradient(self.inputs, self.outputs, self.arrays, self.subject, grad),
            "forward": lambda: check_forward(self.inputs, self.outputs, self.arrays, self.subject),
        }
        for name, run in checks.items():
            reason = self._why_not(name, wanted[name], grad)
            if reason is None and run():
                self.report.done.add(name)
            else:
                self.report.skipped.setdefault(name, reason or "no float input or output")

    def _why_not(self, name: str, wanted: bool | None, grad: Any) -> str | None:
        """Why the derivatives of this sample are not checked, or None."""
        if wanted is False:
            return "not wanted"
        if not self.sample.gradient or any(a.dtype.kind == "f" and not np.isfinite(a).all() for a in self.arrays):
            return "the sample has kinks or infinite values"
        if any(str(a.dtype) in ("float16", "float32") or a.dtype.kind == "c" for a in self.arrays):
            return "differences need float64"
        if grad is not None and name == "gradient":
            return None
        if not _has_gradients():
            return "theano-grad is not installed"
        missing = missing_rules(name, self.inputs, self.outputs)
        if missing and wanted:
            raise _fail(f"{self.subject}: {name}", f"no rule for {', '.join(missing)}", "register one")
        return f"no rule for {', '.join(missing)}" if missing else None

    def check_layouts(self) -> None:
        """The layout of the inputs in memory does not matter."""
        expected = self.sample.expected_values(self.arrays, len(self.outputs))
        if all(a.ndim == 0 for a in self.arrays):
            return
        for name, arrays in layouts_of(self.arrays):
            self._check(arrays, expected, f", {name}")
        self.report.done.add("layouts")

    def check_empty(self) -> None:
        """Without elements all ways to run agree: the same value, or the same kind of error."""
        arrays = empty_of(self.sample)
        if arrays is None:
            return
        text = f"{self.subject}, empty"
        outcomes = [(mode, _outcome(run, arrays)) for mode, run in self.functions]
        reference = outcomes[0][1]
        if callable(self.sample.expected):
            self._check_expected_of_nothing(arrays, reference, text)
        for mode, outcome in outcomes[1:]:
            if isinstance(reference, Exception) or isinstance(outcome, Exception):
                if type(reference) is not type(outcome):
                    raise _fail(f"{text}, {_mode_text(mode)}", f"{outcome!r}, Python gives {reference!r}", "agree")
                continue
            for j, (found, value, v) in enumerate(zip(outcome, reference, self.outputs, strict=True)):
                self._check_type(found, v, f"{text}, {_mode_text(mode)}: output {j}")
                assert_same(found, value, f"{text}, {_mode_text(mode)}: output {j}", self.tolerance)
        self.report.done.add("empty")

    def _check_expected_of_nothing(self, arrays: Sequence[np.ndarray], reference: Any, text: str) -> None:
        wanted = _outcome(lambda *xs: self.sample.expected_values(xs, len(self.outputs)), arrays)
        if isinstance(wanted, Exception):  # the source has no value for this; the op may have one
            return
        if isinstance(reference, Exception):
            raise _fail(text, f"{reference!r}, where a value is expected", "allow inputs without elements")
        for found, value in zip(reference, wanted, strict=True):
            assert_same(found, value, text, self.tolerance)


def _outcome(run: Any, arrays: Sequence[np.ndarray]) -> Any:
    try:
        return run(*arrays)
    except (ValueError, IndexError, TypeError, ArithmeticError, AssertionError) as error:
        return error


def _mode_text(mode: Any) -> str:
    return "in Python" if mode is None else f"backend {mode[0]}, optimizer {mode[1]}"


def _has_gradients() -> bool:
    import theano  # the façade finds theano-grad by name

    return hasattr(theano, "grad")
