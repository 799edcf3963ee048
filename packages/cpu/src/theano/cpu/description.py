"""The parts of a plan's description that are made anew in each process: arguments, results, options.

`theano.cpu.assembly` adds what follows from the plan, `theano.cpu.recipes` what an earlier process made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano.configuration import config
from theano.cpu.threads import plan_threads
from theano.tensor.type import TensorType

__all__ = ["circumstances", "typenum_of"]

ARG_SCALAR, ARG_FLOAT_DOWNCAST, ARG_SLOW = 1, 2, 4
RESULT_SINGLE, RESULT_LIST, RESULT_DICT = 0, 1, 2


def typenum_of(type_: Any) -> int:
    """NumPy's number of the dtype of tensors and scalars; -1 for values that are not arrays."""
    if isinstance(type_, TensorType) or hasattr(type_, "py_type"):
        return int(np.dtype(type_.dtype).num)
    return -1


def circumstances(
    function: Any, inputs: Iterable[int], specs: Sequence[Any], containers: Sequence[Any]
) -> dict[str, Any]:
    """What the C side is told of the function itself.

    Parameters
    ----------
    function : Function
        Tells how the result is packaged.
    inputs : iterable of int
        Slots of the inputs.
    specs : sequence of In
        One for each input.
    containers : sequence of Container
        Their storage.
    """
    args = zip(inputs, specs, containers, strict=True)
    single = function.unpack_single and len(function.maker.results) == 1
    keys = None if function.output_keys is None else tuple(function.output_keys)
    return {
        "args": tuple([_arg(slot, spec, container) for slot, spec, container in args if not spec.implicit]),
        "threads": plan_threads(),
        "result": RESULT_DICT if keys is not None else RESULT_SINGLE if single else RESULT_LIST,
        "keys": keys,
    }


def _arg(slot: int, spec: Any, container: Any) -> tuple[int, int, str | None, list[Any] | None]:
    type_ = spec.variable.type
    flags = 0
    if typenum_of(type_) < 0 or spec.mutable or hasattr(type_, "py_type"):
        flags |= ARG_SLOW
    if getattr(type_, "ndim", 1) == 0 and not spec.strict:
        flags |= ARG_SCALAR
        if spec.allow_downcast or (spec.allow_downcast is None and type_.dtype == config.floatX):
            flags |= ARG_FLOAT_DOWNCAST
    optional = spec.value is not None and not spec.mutable
    return slot, flags, spec.name, container.storage if optional else None
