"""RandomFunction: the op behind every draw."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.errors import OpDefinitionError, explain
from theano.graph import Apply, Op, Variable
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.random.helpers import multinomial_helper, permutation_helper
from theano.tensor.random.state import RandomStateType
from theano.tensor.shape import shape_i
from theano.tensor.type import TensorType

__all__ = ["RandomFunction"]

# fn with ndim_added=1: the length of the last dimension, from the parameters of the law
_ADDED_LENGTH: dict[Any, Callable[[list[Variable]], Any]] = {
    permutation_helper: lambda args: args[0],
    multinomial_helper: lambda args: shape_i(args[1], args[1].type.ndim - 1),
}


@functools.cache
def _some_seed() -> Any:
    """For generators whose state is overwritten at once; made late, as NumPy loads its random part then."""

    class Fixed(np.random.bit_generator.ISeedSequence):
        """The same words again and again: hashing takes longer than copying a state."""

        words = np.ones(624, dtype="uint32")

        def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
            return self.words[:n_words].astype(dtype)

        def __reduce__(self) -> Any:
            """States are pickled with what seeded them: as something of NumPy's own, which is only kept."""
            return np.random.SeedSequence, (0,)

    return Fixed()


def _twin(state: np.random.RandomState) -> np.random.RandomState:
    """A state of its own that will draw the same numbers; cheaper than a deep copy, which seeds from the system."""
    values = state.get_state(legacy=False)
    if values["bit_generator"] != "MT19937":
        return copy.deepcopy(state)
    twin = np.random.RandomState(np.random.MT19937(_some_seed()))
    twin.set_state(values)
    return twin


class RandomFunction(Op):
    """Inputs (state, shape, *args): the state after the draw, and the sample.

    Parameters
    ----------
    fn : str or callable
        A method name of RandomState called as ``method(*args, size=shape)``, or a function of
        ``(state, *args, shape)``.
    outtype : TensorType
        Type of the sample.
    inplace : bool
        Draw from the given state itself instead of a copy.
    ndim_added : int
        How many dimensions the sample has beyond `shape`.
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")

    def __init__(self, fn: Any, outtype: TensorType, inplace: bool = False, ndim_added: int = 0) -> None:
        if not callable(fn) and not hasattr(np.random.RandomState, str(fn)):
            raise OpDefinitionError(
                explain(
                    f"RandomFunction({fn!r})",
                    "RandomState has no such method",
                    "name a method or give a function",
                )
            )
        self.fn = fn
        self.outtype = outtype
        self.inplace = bool(inplace)
        self.ndim_added = int(ndim_added)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def __str__(self) -> str:
        name = self.fn if isinstance(self.fn, str) else self.fn.__name__
        return f"RandomFunction{{{name}}}{{inplace}}" if self.inplace else f"RandomFunction{{{name}}}"

    def make_node(self, r: Variable, shape: Any, *args: Any) -> Apply:
        if not isinstance(r, Variable) or not isinstance(r.type, RandomStateType):
            raise TypeError(explain(f"{self}: a random state", f"got {r!r}", "give a variable of random_state_type"))
        if isinstance(shape, list | tuple) and len(shape) == 0:
            shape = np.zeros(0, dtype="int64")
        shape = as_tensor_variable(shape, ndim=1)
        if not shape.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain(f"{self}: the shape as integers", f"got {shape.type}", "cast it"))
        inputs = [arg if isinstance(arg, Variable) else as_tensor_variable(arg) for arg in args]
        return Apply(self, [r, shape, *inputs], [r.type(), self.outtype()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        state, shape, *args = inputs
        rank = self.outtype.ndim - self.ndim_added
        if len(shape) != rank:
            raise ValueError(
                explain(
                    f"{self}: a shape with {rank} entries",
                    f"it has {len(shape)}",
                    "pass the right ndim",
                )
            )
        if not self.inplace:
            state = _twin(state)
        size = tuple(int(n) for n in shape)
        if isinstance(self.fn, str):
            drawn = getattr(state, self.fn)(*args, size=size)
        else:
            drawn = self.fn(state, *args, size)
        sample = np.asarray(drawn).astype(self.outtype.dtype, copy=False)
        if sample.shape[:rank] != size or sample.ndim != self.outtype.ndim:
            raise ValueError(
                explain(
                    f"{self} of shape {size}",
                    f"the sample has shape {sample.shape}",
                    "let parameters broadcast to size",
                )
            )
        output_storage[0][0] = state
        output_storage[1][0] = sample

    def infer_shape(self, node: Apply, shapes: list) -> list:
        shape, args = node.inputs[1], node.inputs[2:]
        lengths: list[Any] = [shape[i] for i in range(self.outtype.ndim - self.ndim_added)]
        if self.ndim_added:
            added = _ADDED_LENGTH.get(self.fn)
            if added is None or self.ndim_added != 1:
                return [None, None]
            lengths.append(added(args))
        return [None, tuple(lengths)]

    def do_constant_folding(self, node: Apply) -> bool:
        return False
