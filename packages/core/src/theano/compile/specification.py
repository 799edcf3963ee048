"""What a function is to take, give and update: the arguments of ``theano.function``, checked and put into one form."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from theano.compile.io import In, SymbolicInput, SymbolicOutput
from theano.compile.rebuild import Rebuild
from theano.compile.sharedvalue import SharedVariable
from theano.errors import UnusedInputError, explain
from theano.graph import Constant, Variable
from theano.graph.trace import warn_user

__all__ = ["Specification", "as_specs", "check_distinct", "check_updates", "outputs_of_dict"]


class Specification:
    """The private copy of the user's graph, with the specifications of all inputs and outputs.

    Attributes
    ----------
    specs : list of In
        Explicit inputs, then shared variables in order of meeting.
    roots : list of Variable
        The graph input that stands for each of `specs`.
    outputs : SymbolicOutput or list of SymbolicOutput
    """

    def __init__(
        self, specs: list[In], outputs: Any, updates: Any, givens: Any, strict: bool, no_default_updates: Any
    ) -> None:
        rebuild = Rebuild(strict, True, no_default_updates)
        self.specs = [copy.copy(spec) for spec in specs]
        for spec in specs:
            rebuild.clone_of[spec.variable] = spec.variable.clone()
        self.roots = [rebuild.clone_of[spec.variable] for spec in specs]
        rebuild.replace(givens)
        rebuild.add_updates(updates)
        listed = [] if outputs is None else outputs if isinstance(outputs, list | tuple) else [outputs]
        cloned = [self._output(rebuild, out) for out in listed]
        # As classic: no outputs means an empty list.
        self.outputs: Any = cloned[0] if isinstance(outputs, Variable | SymbolicOutput) else cloned
        for spec in self.specs:
            if spec.update is not None:
                spec.update = rebuild.clone(spec.variable.type.filter_variable(spec.update))
        new_values = rebuild.finish()
        self._add_shared(rebuild, new_values)

    @staticmethod
    def _output(rebuild: Rebuild, out: Any) -> SymbolicOutput:
        if isinstance(out, SymbolicOutput):
            return SymbolicOutput(rebuild.clone(out.variable), out.borrow)
        if isinstance(out, Variable):
            return SymbolicOutput(rebuild.clone(out))
        raise TypeError(
            explain(
                "outputs of a function are variables",
                f"{out!r} of {type(out).__name__}",
                "pass symbolic expressions, theano.Out(expression), or theano.shared(value)",
            )
        )

    def _add_shared(self, rebuild: Rebuild, new_values: dict[SharedVariable, Variable]) -> None:
        for variable in rebuild.shared:
            update = new_values.get(variable)
            self.specs.append(
                In(
                    variable,
                    value=variable.container,
                    mutable=update is not None,
                    borrow=True,
                    implicit=True,
                    shared=True,
                )
            )
            self.specs[-1].update = update
            self.roots.append(rebuild.root_of[variable])


def outputs_of_dict(outputs: Any) -> tuple[Any, list[str] | None]:
    """Outputs as a list and the sorted keys of a dict; other outputs unchanged, without keys."""
    if not isinstance(outputs, Mapping):
        return outputs, None
    for key in outputs:
        if not isinstance(key, str):
            raise AssertionError(explain("keys of outputs are strings", f"{key!r}", "name each output by a string"))
    keys = sorted(outputs)
    return [outputs[key] for key in keys], keys


def check_updates(updates: Any) -> None:
    """Warn of updates whose order changes from run to run."""
    if isinstance(updates, set | frozenset) and len(updates) > 1:
        warn_user(
            "updates are given as a set, so the order in which they enter the graph differs from run to run; "
            "use a list of pairs or a dict"
        )


def as_specs(inputs: Sequence[Any], allow_downcast: bool | None) -> list[In]:
    """Each input as an `In`; TypeError for what cannot be one."""
    specs = []
    for i, given in enumerate(inputs):
        if isinstance(given, Constant):
            raise TypeError(
                explain(
                    f"input {i} of a function is a variable", f"the constant {given}", "leave constants out of inputs"
                )
            )
        if isinstance(given, SharedVariable):
            raise TypeError(
                explain(
                    f"input {i} of a function is not shared",
                    f"the shared variable {given}, which every function that needs it takes by itself",
                    "leave it out; to compute with another value, use givens={shared: variable}",
                )
            )
        if isinstance(given, In):
            specs.append(given)
        elif isinstance(given, SymbolicInput):
            specs.append(
                In(
                    given.variable,
                    name=given.name,
                    update=given.update,
                    mutable=given.mutable,
                    strict=given.strict,
                    allow_downcast=given.allow_downcast,
                    implicit=given.implicit,
                )
            )
        elif isinstance(given, Variable):
            specs.append(In(given, allow_downcast=allow_downcast))
        else:
            raise TypeError(
                explain(
                    f"input {i} of a function is a Variable or an In",
                    f"{given!r} of {type(given).__name__}",
                    "make it symbolic, or use a shared variable for a value that is fixed",
                )
            )
    return specs


def check_distinct(specs: Sequence[In], givens: Any) -> None:
    """Refuse a variable that is listed twice, or that givens would replace."""
    first: dict[Variable, int] = {}
    for i, spec in enumerate(specs):
        if spec.variable in first:
            raise UnusedInputError(
                explain(
                    "inputs of a function are distinct variables",
                    f"{spec.variable} is input {first[spec.variable]} and input {i}",
                    "remove one of them",
                )
            )
        first[spec.variable] = i
    pairs = givens.items() if isinstance(givens, Mapping) else givens or ()
    for pair in pairs:
        old = pair[0] if isinstance(pair, tuple | list) and pair else None
        if isinstance(old, Variable) and old in first:
            raise RuntimeError(
                explain(
                    f"{old} is input {first[old]} of the function",
                    "givens replaces it, so that its value would never be used",
                    "replace it by an expression of a new input variable, or use theano.clone first",
                )
            )
