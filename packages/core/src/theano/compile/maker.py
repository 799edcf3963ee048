"""`FunctionMaker`: from specifications of inputs and outputs to a rewritten graph, a plan and a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from theano.compile.backend import BackendUnavailable, choose_backend, python_backend, warn_fall_back
from theano.compile.callable import Function, PythonFunction
from theano.compile.io import In, SymbolicInput, SymbolicOutput
from theano.compile.measured import MeasuredFunction
from theano.compile.mode import get_mode
from theano.compile.pipeline import run_stages
from theano.compile.progress import show_stage
from theano.compile.recall import settle
from theano.compile.sharedvalue import Container, SharedVariable, misfit_text
from theano.configuration import config
from theano.errors import UnusedInputError, explain
from theano.graph import FunctionGraph, Variable, ancestors, format_trace
from theano.graph.trace import warn_user
from theano.plugin import hook

__all__ = ["FunctionMaker", "check_unused_inputs"]


class FunctionMaker:
    """Builds the graph, rewrites it, lowers it to a plan, and makes functions.

    Parameters
    ----------
    inputs : list of SymbolicInput or Variable
        Explicit inputs, then those that stand for shared variables.
    outputs : list of SymbolicOutput or Variable, one of them, or None
    mode : Mode, str or None
    accept_inplace : bool
        Allow ops that destroy their inputs in the graph given.
    function_builder : callable, optional
        ``function_builder(maker, plan, containers) -> Function`` instead of the backend's.
    profile : ProfileStats or False, optional
    on_unused_input : str, optional
        "raise", "warn" or "ignore"; None: ``config.on_unused_input``.
    fgraph : FunctionGraph, optional
        A graph that is rewritten already; `inputs` and `outputs` describe it.
    output_keys : list of str, optional
        The result is a dict with these keys.
    name : str, optional
    owned : bool
        The graph between `inputs` and `outputs` belongs to this maker, so that it need not be cloned. `roots` are
        then its inputs.
    roots : list of Variable, optional

    Attributes
    ----------
    specs : list of SymbolicInput
    results : list of SymbolicOutput
        The same as `inputs` and `outputs`, but before `settle` their variables may be those of the graph as it was.
    fgraph : FunctionGraph
        The rewritten graph; results first, then new values of shared variables.
    plan : Plan
    recalled : object or None
        What the backend kept of this function, while graph and plan were not asked for.
    backend : Backend
    timings : dict of str to float
        Seconds spent in each stage.
    nested : bool
        The function is part of another one that is being compiled.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Any,
        mode: Any = None,
        accept_inplace: bool = False,
        function_builder: Callable[..., Function] | None = None,
        profile: Any = None,
        on_unused_input: str | None = None,
        fgraph: FunctionGraph | None = None,
        output_keys: Sequence[str] | None = None,
        name: str | None = None,
        owned: bool = False,
        roots: Sequence[Variable] | None = None,
    ) -> None:
        self.mode = get_mode(mode)
        self.accept_inplace = accept_inplace
        self.function_builder = function_builder
        self.profile = profile
        self.on_unused_input = on_unused_input
        self.output_keys = None if output_keys is None else list(output_keys)
        self.name = name
        self.return_none = outputs is None
        self.unpack_single = outputs is not None and not isinstance(outputs, list | tuple)
        listed = [] if outputs is None else [outputs] if self.unpack_single else list(outputs)
        self.specs = [i if isinstance(i, SymbolicInput) else In(i) for i in inputs]
        self.results = [o if isinstance(o, SymbolicOutput) else SymbolicOutput(o) for o in listed]
        self.owned = owned
        self.roots = [spec.variable for spec in self.specs] if roots is None else list(roots)
        self.timings: dict[str, float] = {}
        self.nested = False
        self._fgraph: Any = None
        self._plan: Any = None
        self.backend: Any = None
        self.recalled: Any = None
        self.options: dict[str, Any] = {}
        self.key: str | None = None
        self.given = fgraph is not None
        if fgraph is not None:
            self.fgraph = fgraph
        else:
            check_unused_inputs(self.specs, self.results, self.roots, on_unused_input)
        run_stages(self)

    @property
    def inputs(self) -> list[Any]:
        """Specifications of inputs, whose updates are variables of `fgraph`."""
        return self._settled().specs

    @property
    def outputs(self) -> list[SymbolicOutput]:
        """Specifications of outputs, whose variables are those of `fgraph`."""
        return self._settled().results

    @property
    def fgraph(self) -> FunctionGraph:
        graph: FunctionGraph = self._settled()._fgraph
        return graph

    @fgraph.setter
    def fgraph(self, graph: FunctionGraph) -> None:
        self._fgraph = graph

    @property
    def plan(self) -> Any:
        return self._settled()._plan

    @plan.setter
    def plan(self, plan: Any) -> None:
        self._plan = plan

    def _settled(self) -> FunctionMaker:
        if self.recalled is not None:
            settle(self)
        return self

    @property
    def update_mapping(self) -> dict[int, int]:
        """From positions of new values among the graph's outputs to the inputs that take them."""
        if self._fgraph is not None:
            return dict(self._fgraph.update_mapping)
        updated = [i for i, spec in enumerate(self.specs) if spec.update is not None]
        return {len(self.results) + k: i for k, i in enumerate(updated)}

    @property
    def expanded_inputs(self) -> list[Any]:
        """The same as `inputs` (a classic name)."""
        return self.inputs

    @property
    def linker(self) -> Any:
        """The linker of the mode."""
        return self.mode.linker

    def create(
        self, input_storage: Sequence[Any] | None = None, trustme: bool = False, storage_map: Any = None
    ) -> Function:
        """A function with its own storage for inputs that are not shared.

        Parameters
        ----------
        input_storage : sequence, optional
            For each input a Container, a first value, or None for what its specification says.
        trustme, storage_map
            Accepted for compatibility.
        """
        given = [None] * len(self.specs) if input_storage is None else list(input_storage)
        if len(given) != len(self.specs):
            raise ValueError(
                explain(
                    f"storage for {len(self.specs)} inputs", f"{len(given)} entries", "pass one entry for each input"
                )
            )
        containers = [_container(spec, value) for spec, value in zip(self.specs, given, strict=True)]
        start = perf_counter()
        show_stage("link")
        function = self._make(containers)
        self.timings["link"] = perf_counter() - start
        if self.profile:
            self.profile.stage_times = dict(self.timings)
            self.profile.compile_time = sum(self.timings.values())
        if self.recalled is None:  # else no plugin takes part
            hook("theano_function_compiled", function=function, plan=self.plan)
        return function

    def _make(self, containers: list[Container]) -> Function:
        if self.function_builder is not None:
            return self.function_builder(self, self.plan, containers)
        try:
            if self.recalled is not None:
                recalled: Function = self.recalled.make_function(self, containers)
                return recalled
            made: Function = self.backend.make_function(self, self.plan, containers)
        except BackendUnavailable as error:
            warn_fall_back(self.backend.name, str(error))
            self.use_backend(python_backend)
            made = self.backend.make_function(self, self.plan, containers)
        if self.profile and not isinstance(made, PythonFunction):
            return MeasuredFunction(made)
        return made

    def use_backend(self, backend: Any = None) -> None:
        """Lower the graph for `backend` (default: the one that the mode chooses)."""
        from theano.lowering import lower  # lazy: loop IR and schedules are needed only to compile

        self.backend = choose_backend(self.fgraph, self.mode) if backend is None else backend
        self.plan = lower(self.fgraph, self.backend.target)

    def __getstate__(self) -> dict[str, Any]:
        # Plans and backends belong to a process; they are made again from the graph.
        state = dict(self._settled().__dict__)
        for name in ("_plan", "backend", "roots", "key"):
            state[name] = None
        state["options"] = {}
        state["specs"] = [_without_graph(spec) for spec in self.specs]
        state["results"] = [SymbolicOutput(self.fgraph.outputs[i], o.borrow) for i, o in enumerate(self.results)]
        state["profile"] = None
        return state


def _without_graph(spec: SymbolicInput) -> SymbolicInput:
    """A copy of `spec` that can be pickled without the graph that the user built."""
    new = copy.copy(spec)
    if spec.variable.owner is not None:
        new.variable = spec.variable.clone()
    return new


def _container(spec: Any, given: Any) -> Container:
    if isinstance(given, Container):
        return given
    value = getattr(spec, "value", None) if given is None else given
    if isinstance(value, SharedVariable):
        value = value.container
    if isinstance(value, Container):
        return value
    container = Container(spec.variable, [None], strict=spec.strict, allow_downcast=spec.allow_downcast, name=spec.name)
    if value is not None:
        try:
            container.value = value
        except TypeError as error:
            asked = f"the default value of input {spec.name or spec.variable}, which is {spec.variable.type}"
            raise TypeError(misfit_text(asked, value, error)) from error
    return container


def check_unused_inputs(
    inputs: Sequence[Any], outputs: Sequence[Any], roots: Sequence[Variable], on_unused_input: str | None
) -> None:
    """Complain of explicit inputs that no output or update needs.

    Parameters
    ----------
    inputs : sequence of SymbolicInput
    outputs : sequence of SymbolicOutput
    roots : sequence of Variable
        What stands for each input in the graph.
    on_unused_input : str or None

    Raises
    ------
    UnusedInputError
        With "raise".
    ValueError
        Another word than "raise", "warn" or "ignore".
    """
    policy = config.on_unused_input if on_unused_input is None else on_unused_input
    if policy not in ("raise", "warn", "ignore"):
        raise ValueError(
            explain(f"on_unused_input={policy!r}", "not a known policy", "use 'raise', 'warn' or 'ignore'")
        )
    if policy == "ignore":
        return
    updates = [spec.update for spec in inputs if spec.update is not None]
    # An input that is computed from others hides what stands behind it.
    used = set(ancestors([out.variable for out in outputs] + updates, blockers=roots))
    # Forward mode drops terms that are zero, but programs list their inputs all the same.
    held = {v for variable in used for v in variable.tag.get("held_fast", ())}
    for i, (spec, root) in enumerate(zip(inputs, roots, strict=True)):
        if (
            root in used
            or spec.variable in held
            or spec.update is not None
            or spec.implicit
            or getattr(spec, "shared", False)
        ):
            continue
        trace = format_trace(spec.variable)
        text = explain(
            f"every input of a function is needed by an output or update, so is input {i}, {spec.variable} "
            f"of {spec.variable.type}",
            "nothing depends on it"
            + (f"\n  Backtrace when that variable is created:\n{trace.rstrip()}" if trace else ""),
            "remove it from the inputs, or pass on_unused_input='warn' or 'ignore'",
        )
        if policy == "raise":
            raise UnusedInputError(text)
        warn_user(text)
