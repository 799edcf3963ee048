"""The shape of a draw: from ``size``, ``ndim`` and the parameters of the law."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Variable
from theano.tensor.constant_value import get_vector_length, static_entries
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.join import stack
from theano.tensor.shape import shape_i

__all__ = ["chance_of_success", "draw_shape"]


def _parameter_length(axis: int, ndim: int, args: tuple[Variable, ...]) -> Any:
    """Length that the parameters give to dimension `axis` of a draw with `ndim` dimensions: 1 if none does."""
    for arg in args:
        own = axis - (ndim - arg.type.ndim)
        if own >= 0 and not arg.type.broadcastable[own]:
            return shape_i(arg, own)
    return 1


def _lengths(size: list[Any], args: tuple[Variable, ...]) -> tuple[Variable, tuple[bool, ...]]:
    """Shape vector and broadcast flags of a list of lengths, where -1 means the length of the parameters."""
    filled = [
        _parameter_length(i, len(size), args) if isinstance(n, int | np.integer) and n == -1 else n
        for i, n in enumerate(size)
    ]
    if not filled:
        return as_tensor_variable(np.zeros(0, dtype="int64")), ()
    if all(isinstance(n, int | np.integer) for n in filled):
        vector = as_tensor_variable(np.asarray(filled, dtype="int64"))
    else:
        vector = stack([as_tensor_variable(n) for n in filled])
    _check_integers(vector)
    return vector, tuple(entry == 1 for entry in static_entries(vector, len(filled)))


def _check_integers(vector: Variable) -> None:
    if vector.type.ndim != 1 or not vector.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("a random draw: size as integers", f"got {vector.type}", "give a tuple of ints"))


def draw_shape(ndim: int | None, size: Any, *args: Variable) -> tuple[int, Variable, tuple[bool, ...]]:
    """Number of dimensions, shape vector and broadcast flags of a draw.

    Parameters
    ----------
    ndim : int, optional
        Needed when the length of `size` is not known (ValueError).
    size : None, int, sequence or integer vector
        None takes the broadcast shape of the parameters.
    args : TensorVariable
        Parameters of the law.
    """
    rank = max((arg.type.ndim for arg in args), default=0)
    if size is None:
        vector, flags = _lengths([-1] * max(rank, ndim or 0), args)
    elif isinstance(size, list | tuple):
        vector, flags = _lengths(list(size), args)
    elif isinstance(size, int | np.integer):
        vector, flags = _lengths([int(size)], args)
    else:
        vector = as_tensor_variable(size, ndim=1)
        _check_integers(vector)
        flags = (False,) * _known_length(vector, ndim)
    if ndim is not None and ndim != len(flags):
        raise ValueError(
            explain(
                f"a random draw with ndim={ndim}",
                f"size has {len(flags)} entries",
                "leave ndim out or make them agree",
            )
        )
    if len(flags) < rank:
        raise ValueError(
            explain(
                f"a random draw of {len(flags)} dimensions",
                f"a parameter has {rank}",
                "give a size with one entry per dimension of the parameters",
            )
        )
    return len(flags), vector, flags


def _known_length(vector: Variable, ndim: int | None) -> int:
    try:
        return get_vector_length(vector)
    except ValueError:
        if ndim is None:
            raise ValueError(
                explain(
                    f"a random draw of size {vector}",
                    "the length of this vector is not known",
                    "pass ndim",
                )
            ) from None
        return ndim


def chance_of_success(p: Any, prob: Any) -> Any:
    """`p`, or what is given under its old name `prob`; the warning is about the caller of a law."""
    if prob is None:
        return p
    import warnings  # lazy: for the old name alone

    warnings.warn("binomial: prob is the old name of p; use p", DeprecationWarning, stacklevel=3)
    return prob
