"""The waist: a rewritten graph becomes a plan.

Here it is decided, once for every backend, in which order nodes are evaluated, how each is carried out, which memory
may be used again, and which updates are written in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.codegen import NotLowerable
from theano.frozen import replace
from theano.graph import Constant
from theano.lowering.build import Build
from theano.lowering.liveness import assign_lifetimes
from theano.lowering.plan import Plan, Slot
from theano.lowering.steps import PerformStep, Step, ViewStep

Rule = Callable[[Any, Build], Step | None]


def lower(fgraph: Any, target: str | None = None) -> Plan:
    """Turn `fgraph` into a plan.

    Parameters
    ----------
    fgraph : FunctionGraph
    target : str, optional
        Whose rules state the steps: the tables ``lowering.<target>`` and then ``lowering.loops``. None: every step is
        Python.

    Returns
    -------
    Plan
    """
    slots: list[Slot] = []
    number: dict[Any, int] = {}

    def add(kind: str, variable: Any, data: Any = None) -> int:
        slots.append(Slot(len(slots), kind, variable, data))
        number[variable] = len(slots) - 1
        return len(slots) - 1

    inputs = tuple(add("input", v) for v in fgraph.inputs)
    steps: list[Step] = []
    rules = _rules(target)
    for node in fgraph.toposort():
        for variable in node.inputs:
            if variable not in number:
                add("constant", variable, variable.data)
        read = tuple(number[v] for v in node.inputs)
        written = tuple(add("temp", v) for v in node.outputs)
        wanted = [j for j, v in enumerate(node.outputs) if fgraph.has_client(v)]
        steps.append(replace(_step_for(node, rules, wanted), inputs=read, outputs=written))
    for variable in fgraph.outputs:
        if variable not in number:
            if not isinstance(variable, Constant):
                raise AssertionError(f"output {variable} is neither computed nor given")
            add("constant", variable, variable.data)
    outputs = tuple(number[v] for v in fgraph.outputs)
    updates = tuple(sorted(fgraph.update_mapping.items()))
    plan = Plan(tuple(slots), tuple(steps), inputs, outputs, updates, _aliases(steps), fgraph)
    return assign_lifetimes(plan)


def _rules(target: str | None) -> Callable[[Any], list[Rule]]:
    if target is None:
        return lambda op: []
    from theano.plugin import table  # lazy: loads the plugins, which a plan of Python steps does not need

    tables = (table(f"lowering.{target}"), table("lowering.loops"))

    def candidates(op: Any) -> list[Rule]:
        return [rule for rule in (t.lookup(op) for t in tables) if rule is not None]

    return candidates


def _step_for(node: Any, rules: Callable[[Any], list[Rule]], wanted: list[int] | None = None) -> Step:
    for rule in rules(node.op):
        try:
            step = rule(node, Build(node, wanted))
        except NotLowerable:
            continue
        if step is not None:
            return step
    return PerformStep(node=node)


def _aliases(steps: list[Step]) -> dict[int, int]:
    """From each slot that shows another slot's memory to that slot (one level)."""
    found: dict[int, int] = {}
    for step in steps:
        if isinstance(step, ViewStep):
            found[step.outputs[0]] = step.inputs[0]
        elif isinstance(step, PerformStep):
            for out, sources in (step.node.op.view_map or {}).items():
                if sources:
                    found[step.outputs[out]] = step.inputs[sources[0]]
            for out, sources in (step.node.op.destroy_map or {}).items():
                if sources:
                    found[step.outputs[out]] = step.inputs[sources[0]]
    return found
