"""Draws from a counter-based stream: a sample, and the state that follows, are two functions of one state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.random.chacha import GROUP, STATE_WORDS
from theano.tensor.type import TensorType

__all__ = ["Advance", "Draw", "words_for"]


def words_for(law: str, dtype: str) -> int:
    """Words of the stream that an element of `law` takes; laws that reject go on with the series of a position."""
    from theano.tensor.random.table import LAWS  # lazy: only programs that draw load the laws

    return 2 if dtype == "float64" and law in ("uniform", "normal", "exponential") else LAWS[law][0]


def _inputs(op: Op, state: Any, shape: Any) -> tuple[Variable, Variable]:
    state = as_tensor_variable(state)
    if state.type.dtype != "uint64" or state.type.ndim != 1:
        found = f"got {state.type}"
        do = "take the state of a draw of theano.tensor.random.RandomStream"
        raise TypeError(explain(f"{op}: the state of a stream, a vector of uint64", found, do))
    if isinstance(shape, list | tuple) and len(shape) == 0:
        shape = np.zeros(0, "int64")
    shape = as_tensor_variable(shape, ndim=1)
    if not shape.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain(f"{op}: the shape as integers", f"got {shape.type}", "cast it"))
    if shape.type.dtype != "int64":
        # lazy: math stands on what this module needs
        from theano.tensor.math import cast

        shape = cast(shape, "int64")
    return state, shape


def check_state(state: np.ndarray) -> None:
    """A state has five words."""
    if state.size != STATE_WORDS:
        asked = f"the state of a stream, {STATE_WORDS} words"
        raise ValueError(explain(asked, f"{state.size} words", "set the state that get_value of a draw's rng gave"))


def _lengths(op: Op, shape: np.ndarray, ndim: int, flags: Sequence[bool] = ()) -> tuple[int, ...]:
    lengths = tuple(int(n) for n in shape)
    if len(lengths) != ndim:
        raise ValueError(explain(f"{op}: {ndim} lengths", f"a shape with {len(lengths)}", "pass the right ndim"))
    for axis, (n, flag) in enumerate(zip(lengths, flags or (False,) * ndim, strict=True)):
        if n < 0 or (flag and n != 1):
            found = f"a negative length for dimension {axis}" if n < 0 else f"length {n} for dimension {axis}, not 1"
            raise ValueError(explain(f"{op} of shape {lengths}", found, "give lengths of 0 or more that fit the type"))
    return lengths


@frozen_op
class Draw(Op):
    """Inputs (state, shape, *parameters): a sample of `law`; the state stays as it is.

    Parameters
    ----------
    law : str
        A name in `theano.tensor.random.table.LAWS`.
    dtype : str
    broadcastable : tuple of bool
        Of the sample.
    """

    law: str
    dtype: str
    broadcastable: tuple[bool, ...]

    def __str__(self) -> str:
        return f"Draw{{{self.law}, {self.dtype}}}"

    def make_node(self, state: Any, shape: Any, *parameters: Any) -> Apply:
        state, shape = _inputs(self, state, shape)
        inputs = [state, shape, *map(as_tensor_variable, parameters)]
        return Apply(self, inputs, [TensorType(self.dtype, self.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        from theano.tensor.random.table import LAWS  # lazy: as above

        state, shape, *parameters = inputs
        check_state(state)
        lengths = _lengths(self, shape, len(self.broadcastable), self.broadcastable)
        sample = LAWS[self.law][1](state, int(np.prod(lengths, dtype="int64")), self.dtype, *parameters)
        output_storage[0][0] = sample.reshape(lengths)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        flags = self.broadcastable
        return [tuple(1 if flag else node.inputs[1][i] for i, flag in enumerate(flags))]

    def connection_pattern(self, node: Apply) -> list:
        return [[False], [False], *([True] for _ in node.inputs[2:])]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


@frozen_op
class Advance(Op):
    """Inputs (state, shape): the state behind a draw of this shape with `words` words for each element."""

    words: int

    def make_node(self, state: Any, shape: Any) -> Apply:
        state, shape = _inputs(self, state, shape)
        return Apply(self, [state, shape], [state.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        state, shape = inputs
        check_state(state)
        following = np.array(state)
        words = int(np.prod(_lengths(self, shape, len(shape)), dtype="int64")) * self.words
        following[4] += np.uint64(-(-words // GROUP))
        output_storage[0][0] = following

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[False], [False]]

    def do_constant_folding(self, node: Apply) -> bool:
        return False
