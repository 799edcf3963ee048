"""Many rows at once: the graph of a row becomes the graph of a block of rows, with the rows along a new last axis.

Last, because then the elements that are computed alike lie side by side in memory, and products with a matrix that is
the same for all rows are one product; axes and indices of a row keep their meaning.

The table "batching" says how, per op: ``rule(node, block) -> list of outputs, or None`` (this use of the op has no
form for a block). An output with one dimension more than the node's is a block; one with as many is the same for all
rows, such as a length. Where a rule is missing, the rows are computed one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import theano.plugin
import theano.tensor as at
from theano.graph import Apply, Variable
from theano.graph.traversal import toposort

__all__ = ["Block", "batched", "same_op"]


class Block:
    """What a batching rule sees of the inputs of its node.

    Attributes
    ----------
    inputs : list of Variable
        In place of the node's inputs; those of a block have one dimension more, behind.
    is_block : list of bool
        Which of them are blocks.
    length : Variable, ()
        Number of rows in a block.
    """

    def __init__(self, inputs: list[Variable], is_block: list[bool], length: Variable) -> None:
        self.inputs = inputs
        self.is_block = is_block
        self.length = length

    def only(self, *positions: int) -> bool:
        """Whether no other inputs than those at `positions` are blocks."""
        return all(i in positions for i, flag in enumerate(self.is_block) if flag)

    def spread(self, i: int) -> Variable:
        """Input `i` with a last axis: of length 1 where it is the same for all rows."""
        x: Any = self.inputs[i]
        return x if self.is_block[i] else x.dimshuffle(*range(x.type.ndim), "x")

    def full(self, i: int) -> Variable:
        """Input `i` as a block, copied for each row where it is the same for all."""
        x = self.inputs[i]
        return x if self.is_block[i] else copies(x, self.length)


def copies(x: Any, length: Variable) -> Variable:
    """A block of `length` rows that are all `x`."""
    axes = range(x.type.ndim)
    return fitted(at.alloc(x.dimshuffle(*axes, "x"), *[at.shape_i(x, i) for i in axes], length), x)


def fitted(block: Variable, row: Variable) -> Variable:
    """`block` with the static broadcast flags of `row`, and a last axis of any length."""
    flags = (*row.type.broadcastable, False)
    return block if block.type.broadcastable == flags else at.patternbroadcast(block, flags)


def same_op(*positions: int) -> Callable[[Any, Block], list | None]:
    """A rule for ops that leave a last axis as it is, when only the inputs at `positions` are blocks."""

    def rule(node: Any, block: Block) -> list | None:
        return node.op(*block.inputs, return_list=True) if block.only(*positions) else None

    return rule


def batched(outputs: Sequence[Variable], row: Variable, rows: Variable) -> list[Variable] | None:
    """Rebuild `outputs`, which are expressions of `row`, for the block `rows` of such rows.

    Parameters
    ----------
    outputs : sequence of TensorVariable, each of shape s
    row : TensorVariable, of shape r
    rows : TensorVariable, (*r, n)

    Returns
    -------
    list of TensorVariable, each (*s, n); or None where an op on the way has no form for a block

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, xs, w = T.dvector(), T.dmatrix(), T.dmatrix()
    >>> (y,) = batched([T.dot(x, w)], x, xs)
    >>> y.eval({xs: [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], w: [[1.0, 2.0], [3.0, 4.0]]}).tolist()
    [[1.0, 3.0, 4.0], [2.0, 4.0, 6.0]]
    """
    length = at.shape_i(rows, row.type.ndim)
    new: dict[Variable, Variable] = {row: rows}
    blocks = {row}
    for node in toposort(outputs, [row]):
        if not any(v in new for v in node.inputs):
            continue
        results = _rebuilt(node, new, blocks, length)
        if results is None:
            return None
        for old, result in zip(node.outputs, results, strict=True):
            if result.type.ndim > old.type.ndim:
                blocks.add(old)
                result = fitted(result, old)
            new[old] = result
    return [new[v] if v in blocks else copies(new.get(v, v), length) for v in outputs]


def _rebuilt(
    node: Apply, new: dict[Variable, Variable], blocks: set[Variable], length: Variable
) -> Sequence[Variable] | None:
    inputs = [new.get(v, v) for v in node.inputs]
    is_block = [v in blocks for v in node.inputs]
    if not any(is_block):
        return node.clone_with_new_inputs(inputs, strict=False).outputs
    rule = theano.plugin.table("batching").lookup(node.op)
    if rule is None or any(not isinstance(v.type, at.TensorType) for v in (*node.inputs, *node.outputs) if v in blocks):
        return None
    return rule(node, Block(inputs, is_block, length))
