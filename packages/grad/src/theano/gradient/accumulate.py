"""The gradient terms that arrive at a variable, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import theano.scalar as aes
import theano.tensor as at
from theano.gradient.disconnected import is_disconnected, is_null
from theano.gradient.zeros import gradient_dtype, is_zero
from theano.graph import Variable

__all__ = ["fit", "total"]


def fit(x: Variable, term: Variable) -> Variable:
    """Return `term` with the dtype and broadcast pattern that a gradient of `x` has."""
    own, wanted = term.type, x.type
    if own == wanted:
        return term
    if isinstance(own, at.TensorType) and isinstance(wanted, at.TensorType):
        dtype = gradient_dtype(x)
        if own.dtype != dtype:
            term = at.real(term) if own.dtype.startswith("complex") and not dtype.startswith("complex") else term
            term = at.cast(term, dtype)
        if own.broadcastable != wanted.broadcastable and own.ndim == wanted.ndim:
            term = at.patternbroadcast(term, wanted.broadcastable)
        return term
    if isinstance(own, aes.Scalar) and isinstance(wanted, aes.Scalar) and own.dtype != gradient_dtype(x):
        return aes.cast(term, gradient_dtype(x))
    return term


def total(x: Variable, terms: Sequence[Variable]) -> Variable | None:
    """Return the sum of the gradient terms of `x` in their order, as one flat addition.

    Returns
    -------
    Variable or None
        None if every term is disconnected; a null gradient if one of them is null.

    Notes
    -----
    Terms that the graph shows to be zero are left out where another one remains: all terms have the shape of `x`.
    """
    live = []
    for term in terms:
        if is_null(term):
            return term
        if not is_disconnected(term):
            live.append(term)
    if not live:
        return None
    if len(live) > 1:
        live = [t for t in live if not is_zero(t)] or live[:1]
    live = [fit(x, term) for term in live]
    if len(live) == 1:
        return live[0]
    if all(isinstance(t.type, at.TensorType) for t in live):
        return at.add(*live)
    if all(isinstance(t.type, aes.Scalar) for t in live):
        return aes.add(*live)
    return reduce(add, live)
