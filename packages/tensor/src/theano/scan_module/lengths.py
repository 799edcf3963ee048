"""What a graph shows of the number of steps."""

from __future__ import annotations

from typing import Any

from theano.graph import Constant
from theano.tensor import Elemwise, Shape, Shape_i, Subtensor

__all__ = ["has_rows", "is_length_of", "is_shortest_length"]


def has_rows(sequence: Any, steps: Any) -> bool:
    """Whether the graph shows that `sequence` has no more than `steps` rows, as loops want them."""
    if is_length_of(steps, sequence):
        return True
    cut = sequence.owner
    if cut is None or not isinstance(cut.op, Subtensor) or len(cut.op.idx_list) != 1:
        return False
    entry = cut.op.idx_list[0]
    if not isinstance(entry, slice) or entry.start is not None or entry.step is not None or entry.stop is None:
        return False
    return len(cut.inputs) == 2 and _same_number(cut.inputs[1], steps)


def is_length_of(steps: Any, sequence: Any) -> bool:
    """Whether `steps` is written as the length of `sequence`."""
    taken = steps.owner
    if taken is None:
        return False
    if isinstance(taken.op, Shape_i):
        return taken.op.i == 0 and taken.inputs[0] is sequence
    if not isinstance(taken.op, Subtensor) or len(taken.inputs) != 2:
        return False
    shape, index = taken.inputs
    if shape.owner is None or not isinstance(shape.owner.op, Shape) or shape.owner.inputs[0] is not sequence:
        return False
    return isinstance(index, Constant) and int(index.data) == 0


def is_shortest_length(steps: Any) -> bool:
    """Whether `steps` is written as the length of a sequence, or the least of several; so no sequence is too short."""
    pending = [steps]
    while pending:
        v = pending.pop()
        node = v.owner
        if node is None:
            return False
        if isinstance(node.op, Elemwise) and type(node.op.scalar_op).__name__ in ("Minimum", "ScalarMinimum"):
            pending.extend(node.inputs)
        elif isinstance(node.op, Subtensor):
            if node.inputs[0].owner is None or not isinstance(node.inputs[0].owner.op, Shape):
                return False
        elif not isinstance(node.op, Shape_i):
            return False
    return True


def _same_number(bound: Any, steps: Any) -> bool:
    if bound is steps:
        return True
    if bound.owner is not None and len(bound.owner.inputs) == 1 and bound.owner.inputs[0] is steps:
        return True
    return isinstance(bound, Constant) and isinstance(steps, Constant) and int(bound.data) == int(steps.data)
