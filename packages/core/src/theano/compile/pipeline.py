"""The stages that turn specifications into a plan, in order.

A stage is a pair of a name and a function of the maker. Plugins may change the list (hook ``theano_modify_pipeline``).
The last step, making a function of the plan, belongs to the backend and follows in ``FunctionMaker.create``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from theano.compile.builders import expand_inline
from theano.compile.io import SymbolicOutput
from theano.compile.memory_contract import add_copies
from theano.compile.progress import show_stage
from theano.compile.recall import recall
from theano.configuration import change_flags, config
from theano.errors import explain
from theano.graph import DestroyHandler, FunctionGraph, Supervisor, format_trace, toposort
from theano.graph.null_types import is_null
from theano.plugin import hook

if TYPE_CHECKING:
    from theano.compile.maker import FunctionMaker

__all__ = ["Stage", "add_inner_stage", "default_stages", "hand_down_mode", "run_stages"]

Stage = tuple[str, Callable[["FunctionMaker"], None]]


def default_stages() -> list[Stage]:
    """Build the graph, rewrite it, add the copies that the memory contract demands, lower it."""
    return [("graph", build_graph), ("rewrite", rewrite), ("memory", keep_memory_contract), ("lower", lower_to_plan)]


def hand_down_mode(maker: FunctionMaker) -> None:
    """A stage: ops that compile inner graphs (their method ``with_mode`` tells) and have no mode get the maker's."""
    for node in maker.fgraph.apply_nodes:
        with_mode = getattr(node.op, "with_mode", None)
        if with_mode is not None and node.op.mode is None:
            node.op = with_mode(maker.mode)


def add_inner_stage(stages: list[Stage]) -> None:
    """Let `hand_down_mode` follow rewriting. For plugins with such ops, once those are in use: others pay nothing."""
    if all(stage is not hand_down_mode for _, stage in stages):
        stages.insert([name for name, _ in stages].index("rewrite") + 1, ("loops", hand_down_mode))


def run_stages(maker: FunctionMaker) -> None:
    """Run all stages on `maker`, unless its plan is known already; note times in ``maker.timings``."""
    maker.nested = bool(getattr(_running, "makers", 0))
    start = perf_counter()
    known = recall(maker)
    maker.timings["recall"] = perf_counter() - start
    if not known:
        run_all_stages(maker)


def run_all_stages(maker: FunctionMaker) -> None:
    """Run all stages on `maker`, and note the time of each in ``maker.timings``."""
    stages = default_stages()
    hook("theano_modify_pipeline", stages=stages)
    _running.makers = getattr(_running, "makers", 0) + 1
    try:
        for name, stage in stages:
            start = perf_counter()
            show_stage(name)
            stage(maker)
            maker.timings[name] = maker.timings.get(name, 0.0) + perf_counter() - start
    finally:
        _running.makers -= 1


# How many makers are at work in a thread: the step of a loop is compiled while the plan around it is made.
_running = threading.local()


def build_graph(maker: FunctionMaker) -> None:
    """The function graph: inputs explicit then shared, outputs then new values."""
    if maker.given:
        return
    mapping = maker.update_mapping
    tops: list[Any] = [out.variable for out in maker.results] + [maker.specs[i].update for i in mapping.values()]
    _refuse_undefined(tops)
    fgraph = FunctionGraph(maker.roots, tops, clone=not maker.owned, update_mapping=mapping)
    destroyers = [node for node in fgraph.apply_nodes if node.op.destroy_map]
    if destroyers and not maker.accept_inplace:
        raise TypeError(
            explain(
                "compile a graph without in-place ops",
                f"{destroyers[0]} destroys its inputs",
                "use the op that does not work in place (the plan decides about that), or accept_inplace=True",
            )
        )
    protected = [v for v, spec in zip(fgraph.inputs, maker.specs, strict=True) if not spec.mutable]
    fgraph.attach_feature(Supervisor(protected))
    if destroyers:
        fgraph.attach_feature(DestroyHandler())
    maker.fgraph = fgraph


def _refuse_undefined(tops: list[Any]) -> None:
    """A variable of NullType among the inputs stands for a gradient that does not exist."""
    for node in toposort(tops):
        for variable in node.inputs:
            if variable.owner is None and is_null(variable):
                why = getattr(variable.type, "why_null", "no reason is given")
                raise TypeError(
                    explain(
                        "compute a gradient",
                        f"it is undefined: {why}\n{format_trace(variable)}",
                        "do not differentiate through this op, or give the gradient with known_grads",
                    )
                )


def rewrite(maker: FunctionMaker) -> None:
    """Apply the rewrites that the mode selects."""
    if maker.given:
        return
    expand_inline(maker.fgraph)
    optimizer = maker.mode.optimizer
    flags = {"compute_test_value": config.compute_test_value_opt, "traceback.limit": config.traceback.compile_limit}
    with change_flags(list(flags.items())):
        optimizer.optimize(maker.fgraph)


def keep_memory_contract(maker: FunctionMaker) -> None:
    """Add copies where results would alias what is not theirs; then let specifications name the graph's variables."""
    fgraph = maker.fgraph
    if not maker.given:
        news = [SymbolicOutput(v) for v in fgraph.outputs[len(maker.results) :]]
        add_copies(fgraph, maker.specs, [*maker.results, *news])
    for i, out in enumerate(maker.results):
        out.variable = fgraph.outputs[i]
    for out_index, i in fgraph.update_mapping.items():
        maker.specs[i].update = fgraph.outputs[out_index]


def lower_to_plan(maker: FunctionMaker) -> None:
    """Choose the backend and lower the graph to its plan."""
    maker.use_backend()
