"""Evaluating a graph while it is being built, on values attached to its inputs."""

from __future__ import annotations

import copy
from typing import Any

from theano.configuration import config
from theano.errors import explain
from theano.graph.trace import format_trace, warn_user
from theano.graph.variable import Constant


def trial_value_of(variable: Any) -> Any:
    """Return the test value of `variable`, filtered by its type.

    Raises
    ------
    AttributeError
        If it has none.
    """
    if isinstance(variable, Constant):
        return variable.data
    container = getattr(variable, "container", None)
    if container is not None:
        return container.storage[0]
    if "test_value" not in variable.tag.__dict__:
        raise AttributeError(
            explain(
                f"take the test value of {variable}",
                "none is attached" + _created_at(variable),
                "set variable.tag.test_value",
            )
        )
    try:
        return variable.type.filter(variable.tag.test_value)
    except Exception as error:
        error.add_note(f"The test value of {variable} does not fit its type {variable.type}.{_created_at(variable)}")
        raise


def _created_at(variable: Any) -> str:
    trace = format_trace(variable)
    return f"\nThe variable was created at:\n{trace}" if trace else ""


def compute_test_value(node: Any) -> None:
    """Run `node` on its inputs' test values and keep the results on its outputs.

    What happens when a value is missing is up to ``config.compute_test_value``.
    """
    values: list[Any] = []
    for variable in node.inputs:
        try:
            values.append(trial_value_of(variable))
        except AttributeError:
            break
    if len(values) < len(node.inputs):
        _missing(node, len(values), node.inputs[len(values)])
        return
    destroyed = {i for indices in (node.op.destroy_map or {}).values() for i in indices}
    values = [copy.deepcopy(v) if i in destroyed else v for i, v in enumerate(values)]
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, values, storage)
    for output, cell in zip(node.outputs, storage, strict=True):
        output.tag.test_value = cell[0]


def _missing(node: Any, i: int, variable: Any) -> None:
    policy = config.compute_test_value
    if policy == "ignore":
        return
    text = explain(
        f"compute the test value of {node.op}",
        f"input {i}, {variable}, has no test value{_created_at(variable)}",
        "set variable.tag.test_value or config.compute_test_value='ignore'",
    )
    if policy == "warn":
        warn_user(text)
    elif policy == "pdb":
        breakpoint()
    else:
        raise ValueError(text)
