"""Copies of compiled functions: `Function.copy`, parts of a function, pickling and deep copying.

None of them rewrites the graph again.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from theano.compile.profiling import profile_for
from theano.compile.sharedvalue import Container, SharedVariable
from theano.configuration import config
from theano.errors import AliasedMemoryError, explain
from theano.graph import FunctionGraph

if TYPE_CHECKING:
    from theano.compile.callable import Function
    from theano.compile.maker import FunctionMaker

__all__ = ["copy_function", "part_of_function", "reduce_function"]


def copy_function(
    function: Function, swap: dict[Any, Any], delete_updates: bool, name: str | None, profile: Any
) -> Function:
    """See `Function.copy`."""
    maker = function.maker
    _check_swap(maker, swap)
    fgraph = maker.fgraph.clone()
    if delete_updates:
        fgraph = _without_updates(fgraph, len(maker.outputs))
    new_name = name if name is not None else f"{function.name} copy"
    new = _copy_of_maker(maker, fgraph, range(len(maker.outputs)))
    new.name = new_name
    new.profile = profile_for(profile, new_name)
    updated_by = {i: fgraph.outputs[out] for out, i in fgraph.update_mapping.items()}
    new.specs = []
    containers = []
    for i, (spec, container) in enumerate(zip(maker.inputs, function.input_storage, strict=True)):
        twin: Any = copy.copy(spec)
        twin.update = updated_by.get(i)
        other = swap.get(spec.variable) if spec.implicit else None
        if other is not None:
            twin.variable, twin.value, container = other, other.container, other.container
        elif not spec.implicit:
            # The state of an input with a default is the function's own; shared variables are shared by both.
            container = _own_container(container)
        new.specs.append(twin)
        containers.append(container)
    new.use_backend()
    made = new.create(containers)
    made.trust_input = function.trust_input
    return made


def _copy_of_maker(maker: FunctionMaker, fgraph: FunctionGraph, results: Sequence[int]) -> FunctionMaker:
    """A maker for `fgraph`, whose first outputs are these results of `maker`; specifications of inputs are shared."""
    new = copy.copy(maker)
    new.timings = {}
    new.fgraph = fgraph
    new.results = [copy.copy(maker.outputs[i]) for i in results]
    for out, variable in zip(new.results, fgraph.outputs, strict=False):
        out.variable = variable
    return new


def part_of_function(function: Function, results: Sequence[int]) -> Function:
    """A function with the arguments, the storage and all updates of `function`, but only these of its results.

    What the others alone need is not computed. The results come as a list.
    """
    maker = function.maker
    graph = maker.fgraph.clone()
    updates = sorted(graph.update_mapping)
    tops = [graph.outputs[i] for i in (*results, *updates)]
    mapping = {len(results) + k: graph.update_mapping[out] for k, out in enumerate(updates)}
    fgraph = FunctionGraph(graph.inputs, tops, clone=False, update_mapping=mapping)
    new = _copy_of_maker(maker, fgraph, results)
    new.unpack_single = new.return_none = False
    new.output_keys = None
    new.profile = False
    updated_by = {i: fgraph.outputs[out] for out, i in mapping.items()}
    new.specs = [copy.copy(spec) for spec in maker.inputs]
    for i, spec in enumerate(new.specs):
        spec.update = updated_by.get(i)
    new.use_backend()
    return new.create(function.input_storage)


def _own_container(container: Container) -> Container:
    twin = copy.copy(container)
    twin.storage = [container.storage[0]]
    twin.provided = 0
    return twin


def _check_swap(maker: FunctionMaker, swap: dict[Any, Any]) -> None:
    used = {spec.variable for spec in maker.specs if spec.implicit}
    for old, new in swap.items():
        if not isinstance(old, SharedVariable) or old not in used:
            raise ValueError(
                explain(
                    f"swap {old} in a copy of function {maker.name!r}",
                    f"its shared variables are {sorted(map(str, used))}",
                    "swap one of these, and use the very variable that the graph was built with",
                )
            )
        if not isinstance(new, SharedVariable) or new.type != old.type:
            raise AssertionError(
                explain(f"swap {old} of {old.type}", f"{new} of {new.type}", "give a shared variable of the same type")
            )


def _without_updates(fgraph: FunctionGraph, n_results: int) -> FunctionGraph:
    return FunctionGraph(fgraph.inputs, fgraph.outputs[:n_results], clone=False)


def reduce_function(function: Function) -> Any:
    """How a function is pickled and deep copied: its maker (graph, specifications, mode) and the values of its inputs.

    Containers are written as they are, so functions pickled together go on sharing among themselves, but not with
    the original shared variables.
    """
    _check_aliases(function)
    state = {"name": function.name, "trust_input": function.trust_input}
    return (_load_function, (function.maker, list(function.input_storage), state))


def _load_function(maker: FunctionMaker, containers: list[Container], state: dict[str, Any]) -> Function | None:
    if not config.unpickle_function:
        return None
    if config.reoptimize_unpickled_function:
        maker.given = False
        from theano.compile.pipeline import rewrite  # lazy: rarely wanted

        rewrite(maker)
        maker.given = True
    maker.use_backend()
    function = maker.create(containers)
    function.name = state["name"]
    function.trust_input = state["trust_input"]
    return function


def _check_aliases(function: Function) -> None:
    strategy = function.pickle_aliased_memory_strategy
    if strategy == "ignore":
        return
    held = [(spec, c.storage[0]) for spec, c in zip(function.maker.specs, function.input_storage, strict=True)]
    seen: list[tuple[Any, Any]] = []
    for spec, value in held:
        share = getattr(spec.variable.type, "may_share_memory", None)
        if value is None or share is None:
            continue
        for other, earlier in seen:
            if earlier is not value and not share(value, earlier):
                continue
            text = explain(
                f"pickle function {function.name!r}",
                f"the values of {other.variable} and {spec.variable} share memory, which the copy will not",
                "give each its own array, or set Function.pickle_aliased_memory_strategy = 'ignore'",
            )
            if strategy == "raise":
                raise AliasedMemoryError(text)
            warnings.warn(text, stacklevel=3)
        seen.append((spec, value))
