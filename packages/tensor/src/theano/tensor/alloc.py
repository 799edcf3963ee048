"""New tensors of a given shape: Alloc, AllocEmpty, zeros, ones and their ``_like`` forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import NotScalarConstantError, explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.tensor.approximate import values_eq_approx_always_true
from theano.tensor.constant_value import get_scalar_constant_value, get_vector_length
from theano.tensor.conversion import as_tensor_variable, constant
from theano.tensor.type import tensor_type

__all__ = [
    "Alloc",
    "AllocEmpty",
    "alloc",
    "alloc_validate_shape",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def alloc_validate_shape(shape: Any) -> tuple[list[Variable], list[bool]]:
    """Lengths as 0-d integer variables, and the flags of those that are the constant 1.

    Raises
    ------
    TypeError
        A length is not an integer scalar.
    """
    lengths = [as_tensor_variable(length) for length in shape]
    flags = []
    for i, length in enumerate(lengths):
        if not length.type.dtype.startswith(("int", "uint")) or length.type.ndim != 0:
            raise TypeError(
                explain(
                    f"alloc: length {i} of the shape as an integer scalar",
                    f"got {length.type}",
                    "give ints or 0-d integer variables, one per dimension",
                )
            )
        try:
            flags.append(int(get_scalar_constant_value(length)) == 1)
        except NotScalarConstantError:
            flags.append(False)
    return lengths, flags


def _check_lengths(shape: tuple[int, ...]) -> None:
    if any(length < 0 for length in shape):
        raise ValueError(explain(f"alloc: shape {shape}", "a negative length", "lengths must be 0 or more"))


@frozen_op
class Alloc(Op):
    """A new array of the given lengths, filled by broadcasting a value as assignment does."""

    def make_node(self, value: Any, *shape: Any) -> Apply:
        value = as_tensor_variable(value)
        lengths, flags = alloc_validate_shape(shape)
        if value.type.ndim > len(lengths):
            raise TypeError(
                explain(
                    f"alloc: a value of {value.type.ndim} dimensions in a shape of {len(lengths)}",
                    "the value has more dimensions than the result",
                    "give one length per dimension",
                )
            )
        return Apply(self, [value, *lengths], [tensor_type(value.type.dtype, tuple(flags))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        value, *lengths = inputs
        shape = tuple(int(length) for length in lengths)
        _check_lengths(shape)
        out = np.empty(shape, dtype=node.outputs[0].type.dtype)
        try:
            out[...] = value
        except ValueError:
            raise ValueError(
                explain(
                    f"alloc: a value of shape {value.shape} in shape {shape}",
                    "the lengths do not broadcast",
                    "each length of the value must be 1 or the length of the result",
                )
            ) from None
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [
            tuple(
                1 if flag else length
                for flag, length in zip(node.outputs[0].type.broadcastable, node.inputs[1:], strict=True)
            )
        ]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], *([False] for _ in node.inputs[1:])]

    def do_constant_folding(self, node: Apply) -> bool:
        # allocating is cheaper than carrying a large constant, and rewrites look for the pattern
        return False


@frozen_op
class AllocEmpty(Op):
    """A new array of the given lengths with arbitrary contents; only for ops that write every element."""

    dtype: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", str(np.dtype(self.dtype)))

    def make_node(self, *shape: Any) -> Apply:
        lengths, flags = alloc_validate_shape(shape)
        output = tensor_type(self.dtype, tuple(flags))()
        output.tag.nan_guard_mode_check = False  # the contents mean nothing
        output.tag.values_eq_approx = values_eq_approx_always_true
        return Apply(self, lengths, [output])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        shape = tuple(int(length) for length in inputs)
        _check_lengths(shape)
        output_storage[0][0] = np.empty(shape, dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [tuple(node.inputs)]

    def connection_pattern(self, node: Apply) -> list:
        return [[False] for _ in node.inputs]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


alloc = Alloc()


def _lengths(shape: Any) -> list[Any]:
    """A shape given as int, sequence or vector variable, as a list of lengths."""
    if isinstance(shape, list | tuple):
        return list(shape)
    if isinstance(shape, np.ndarray) and shape.ndim == 1:
        return [int(n) for n in shape]
    variable = as_tensor_variable(shape)
    if variable.type.ndim == 0:
        return [variable]
    return [variable[i] for i in range(get_vector_length(variable))]


def _filled(value: int, shape: Any, dtype: str | None) -> Variable:
    dtype = config.floatX if dtype is None or dtype == "floatX" else str(np.dtype(dtype))
    return alloc(constant(np.asarray(value, dtype=dtype)), *_lengths(shape))


def zeros(shape: Any, dtype: str | None = None) -> Variable:
    """Zeros of the given shape.

    Parameters
    ----------
    shape : int, sequence of ints and integer scalars, or integer vector of known length
    dtype : str, optional
        Default ``config.floatX``.

    Examples
    --------
    >>> import theano.tensor as T
    >>> T.zeros((2, 1)).type.broadcastable
    (False, True)
    """
    return _filled(0, shape, dtype)


def ones(shape: Any, dtype: str | None = None) -> Variable:
    """Ones of the given shape; see `zeros`."""
    return _filled(1, shape, dtype)


def _filled_like(value: int, model: Any, dtype: str | None, opt: bool) -> Variable:
    model = as_tensor_variable(model)
    if dtype is None:
        dtype = model.type.dtype
    elif dtype == "floatX":
        dtype = config.floatX
    filler = constant(np.asarray(value, dtype=dtype))
    if opt and filler.type == model.type:
        return filler
    # lazy: math stands on the constructors of this module
    from theano.tensor.math import fill

    return fill(model, filler)


def ones_like(model: Any, dtype: str | None = None, opt: bool = False) -> Variable:
    """Ones with the shape of `model`.

    Parameters
    ----------
    model : TensorVariable
    dtype : str, optional
        Default: that of `model`.
    opt : bool
        Return the bare constant when it already has the right type.
    """
    return _filled_like(1, model, dtype, opt)


def zeros_like(model: Any, dtype: str | None = None, opt: bool = False) -> Variable:
    """Zeros with the shape of `model`; see `ones_like`."""
    return _filled_like(0, model, dtype, opt)
