"""Shared tensors that a loop updates, such as states of random streams, are ordinary states of the loop."""

from __future__ import annotations

from typing import Any

import theano.tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.scan_module.editing import LoopEdit, SharedPart, StatePart
from theano.tensor.alloc import AllocEmpty
from theano.tensor.type import TensorType

__all__ = ["scan_shared_to_states"]


def scan_shared_to_states(fgraph: FunctionGraph, node: Apply) -> Any:
    """A shared tensor becomes a buffer of two rows, of which the last is the result; then nothing needs Python."""
    edit = LoopEdit.of(node)
    tensors = [part for part in edit.shared if _is_tensor(part)]
    if not tensors:
        return None
    edit.shared = [part for part in edit.shared if part not in tensors]
    states = [_state(edit, part) for part in tensors]
    edit.states.extend(states)
    swap = edit.build()
    swap.update({part.old: state.new[-1] for part, state in zip(tensors, states, strict=True)})
    return {**swap, "remove": [node]}


def _is_tensor(part: SharedPart) -> bool:
    same = part.before.type == part.outer.type == part.after.type
    return same and isinstance(part.outer.type, TensorType)


def _state(edit: LoopEdit, part: SharedPart) -> StatePart:
    outer = part.outer
    rows = tt.minimum(edit.steps + 1, 2)  # a new row need not overwrite the one that it is made of
    room = AllocEmpty(outer.type.dtype)(rows, *[outer.shape[i] for i in range(outer.type.ndim)])
    buffer = tt.set_subtensor(room[:1], tt.shape_padleft(outer))
    if buffer.type.broadcastable != (False, *outer.type.broadcastable):
        buffer = tt.patternbroadcast(buffer, (False, *outer.type.broadcastable))
    return StatePart("sit_sot", [-1], [0], [part.before], [part.after], buffer)
