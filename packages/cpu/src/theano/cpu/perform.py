"""Steps that run in Python inside a native plan."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.compile.runtime_errors import check_outputs, outputs_with_values
from theano.tensor.type import TensorType

__all__ = ["perform_thunk"]


def perform_thunk(node: Any, copies: tuple[int, ...] = ()) -> Callable[[list[Any]], list[Any]]:
    """A function from the values of a node's inputs to those of its outputs.

    Parameters
    ----------
    node : Apply
    copies : tuple of int
        Inputs to copy first, because the op destroys them and somebody else needs them.
    """
    op = node.op
    perform = op.perform
    outputs = range(len(node.outputs))
    filled = outputs_with_values(node)
    numbers = [i for i, v in enumerate(node.inputs) if hasattr(v.type, "py_type")]
    finish = [_finisher(v) for v in node.outputs]
    extra = (node.run_params(),) if getattr(op, "params_type", None) is not None else ()

    def thunk(inputs: list[Any]) -> list[Any]:
        for i in copies:
            inputs[i] = copy.deepcopy(inputs[i])
        for i in numbers:  # the runtime keeps numbers as arrays without dimensions
            inputs[i] = inputs[i][()]
        cells: list[list[Any]] = [[None] for _ in outputs]
        perform(node, inputs, cells, *extra)
        check_outputs(node, cells, filled)
        return [done(cell[0]) for done, cell in zip(finish, cells, strict=True)]

    return thunk


def _finisher(variable: Any) -> Callable[[Any], Any]:
    """What makes an op's result fit for the runtime: an aligned array of exactly the declared type."""
    type_ = variable.type
    if hasattr(type_, "py_type"):
        return lambda value: np.asarray(value, dtype=type_.dtype)
    if not isinstance(type_, TensorType):
        return lambda value: value
    dtype, ndim = np.dtype(type_.dtype), type_.ndim

    def finish(value: Any) -> Any:
        if type(value) is not np.ndarray or value.dtype != dtype or value.ndim != ndim:
            value = np.asarray(type_.filter(value))
        if not value.flags.aligned or not value.dtype.isnative:
            value = np.require(value, dtype=dtype, requirements=["A"])
        return value

    return finish
