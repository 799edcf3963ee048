"""Undoing the stretching that assignment does: a value may be copied along dimensions where its length is 1."""

from __future__ import annotations

from typing import Any

import theano.tensor as at
from theano.graph import Variable
from theano.tensor import Reshape, shape_i

__all__ = ["sum_to_value"]


def sum_to_value(value: Variable, g: Variable) -> Variable:
    """Sum `g` over the copies of `value` that were made when it was assigned to something of the shape of `g`.

    Parameters
    ----------
    value : TensorVariable
    g : TensorVariable
        Of at least as many dimensions, aligned on the right.

    Returns
    -------
    TensorVariable, shape of `value`

    Notes
    -----
    Assignment stretches lengths of 1 also where the type does not show them, so this is decided at run time there.
    """
    new = g.type.ndim - value.type.ndim
    if new:
        g = at.sum(g, axis=list(range(new)))
    pairs = list(zip(value.type.broadcastable, g.type.broadcastable, strict=True))
    stretched = [i for i, (own, copied) in enumerate(pairs) if own and not copied]
    if stretched:
        g = at.sum(g, axis=stretched, keepdims=True)
    return _sum_unknown(value, g, [i for i, (own, copied) in enumerate(pairs) if not own and not copied])


def _sum_unknown(value: Variable, g: Variable, axes: list[int]) -> Variable:
    """Sum over those of `axes` along which the value turns out to have length 1.

    The length n of such an axis is that of the value, or a multiple of it (of 1): it is split in (own, n // own), and
    summed over the second part.
    """
    if not axes:
        return g
    lengths: list[Any] = []
    copies = []
    for i in range(value.type.ndim):
        if i in axes:
            own = shape_i(value, i)
            copies.append(len(lengths) + 1)
            # a value of length 0 has no copies; the maximum only keeps the division defined
            lengths += [own, shape_i(g, i) // at.maximum(own, 1)]
        else:
            lengths.append(1 if g.type.broadcastable[i] else shape_i(g, i))
    return at.sum(Reshape(len(lengths))(g, at.stack(lengths)), axis=copies)
