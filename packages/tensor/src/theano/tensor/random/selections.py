"""Laws that choose among categories or order elements, for counter-based streams: ``[new state, sample]``."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import NotScalarConstantError, explain
from theano.graph import Variable
from theano.tensor.alloc import alloc
from theano.tensor.asserts import Assert
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.extra_ops import cumsum, searchsorted
from theano.tensor.join import join, stack
from theano.tensor.math import cast, eq, ge, le
from theano.tensor.random.sizes import draw_shape
from theano.tensor.random.stream_laws import draw, integers_only, real, spread
from theano.tensor.shape import shape_i
from theano.tensor.sort import argsort
from theano.tensor.statistics import sum as sum_of

__all__ = ["categorical", "choice", "multinomial", "permutation"]


def multinomial(
    random_state: Variable,
    size: Any = None,
    n: Any = 1,
    pvals: Any = (0.5, 0.5),
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Counts per category of `n` draws with probabilities `pvals`, in a new last dimension.

    Parameters
    ----------
    n : integer tensor
    pvals : TensorVariable, (..., categories)
        Rows sum to 1.

    Returns
    -------
    [new state, sample], sample of shape ``(*size, categories)``
    """
    n, pvals = integers_only("multinomial: n", n), _categories("multinomial", pvals)
    last = pvals.type.ndim - 1
    _, shape, flags = draw_shape(ndim, size, n, pvals[..., 0])
    count = shape_i(pvals, last)
    if last:
        pvals = alloc(pvals, *[1 if flag else shape[i] for i, flag in enumerate(flags)], count)
    whole = join(0, shape, stack([count]))
    flags, trials = (*flags, pvals.type.broadcastable[-1]), spread(n, shape, flags)
    return draw("multinomial", str(np.dtype(dtype)), random_state, whole, flags, trials, pvals)


def _categories(law: str, p: Any) -> Variable:
    p = real(list(p) if isinstance(p, tuple) else p)
    if p.type.ndim == 0:
        raise TypeError(explain(f"{law}: probabilities per category", f"got {p.type}", "give a vector"))
    return p


def categorical(
    random_state: Variable, size: Any = None, p: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Numbers of categories, with weights `p` along its last dimension; other parameters as in `multinomial`."""
    p = _weights("categorical", _categories("categorical", p))
    _, shape, flags = draw_shape(ndim, size, p[..., 0])
    following, u = draw("uniform", "float64", random_state, shape, flags)
    edges = cumsum(p, axis=p.type.ndim - 1)
    above = ge((u * edges[..., -1]).dimshuffle(*range(len(flags)), "x"), edges[..., :-1])
    return [following, cast(sum_of(above, axis=-1, dtype="int64"), dtype)]


def _weights(law: str, p: Variable) -> Variable:
    return Assert(f"{law}: weights of 0 or more; a negative one; rescale p")(p, ge(p.min(), 0.0))


def _order(random_state: Variable, shape: Variable, flags: tuple[bool, ...]) -> list[Variable]:
    """Random orders along the last dimension: those of random numbers, all different but for 1 in 2**64."""
    following, keys = draw("bits", "uint64", random_state, shape, flags)
    return [following, argsort(keys, axis=-1, kind="stable")]


def permutation(
    random_state: Variable, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Permutations of ``range(n)`` in a new last dimension, one for each element of `size`.

    Returns
    -------
    [new state, sample], sample of shape ``(*size, n)``
    """
    if size is None:
        size, ndim = (), None
    n = integers_only("permutation: n", n)
    if n.type.ndim:
        raise TypeError(explain("permutation of one length n", f"got {n.type}", "give an integer"))
    _, shape, flags = draw_shape(ndim, size)
    following, order = _order(random_state, join(0, shape, stack([n])), (*flags, False))
    return [following, cast(order, dtype)]


def _constant_truth(replace: Any) -> bool:
    try:
        return bool(
            get_scalar_constant_value(as_tensor_variable(int(replace) if isinstance(replace, bool) else replace))
        )
    except NotScalarConstantError:
        found = "it is not known when the graph is built"
        raise TypeError(explain("choice with or without replacement", found, "give replace as a bool")) from None


def choice(
    random_state: Variable,
    size: Any = None,
    a: Any = 2,
    replace: Any = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Elements of the vector `a` (or of ``range(a)``), with or without replacement, with probabilities `p`."""
    a = as_tensor_variable(a)
    if a.type.ndim > 1:
        raise ValueError(explain("choice: a scalar or vector to draw from", f"{a.type.ndim} dimensions", "flatten it"))
    count = cast(shape_i(a, 0), "int64") if a.type.ndim else integers_only("choice: a", a)
    _, shape, flags = draw_shape(ndim, size)
    if p is not None:
        p = _probabilities(p, count)
    chosen = _with_replacement if _constant_truth(replace) else _without_replacement
    following, index = chosen(random_state, shape, flags, count, p)
    return [following, cast(a[index] if a.type.ndim else index, dtype)]


def _probabilities(p: Any, count: Variable) -> Variable:
    p = _categories("choice", p)
    if p.type.ndim != 1:
        raise ValueError(explain("choice: a vector of probabilities", f"{p.type.ndim} dimensions", "flatten p"))
    p = Assert("choice: one probability for each element; a and p differ in length; make them agree")(
        _weights("choice", p), eq(shape_i(p, 0), count)
    )
    total = sum_of(p)
    return Assert("choice: probabilities that add up to 1; they do not; divide p by its sum")(
        p, le(abs(total - 1.0), 1e-4)
    )


def _with_replacement(
    state: Variable, shape: Variable, flags: tuple[bool, ...], count: Variable, p: Variable | None
) -> list[Variable]:
    if p is None:
        zero = as_tensor_variable(np.int64(0))
        return draw("integers", "int64", state, shape, flags, zero, count - 1)
    following, u = draw("uniform", "float64", state, shape, flags)
    edges = cumsum(p)
    return [following, searchsorted(edges[:-1], u * edges[-1], side="right")]


def _without_replacement(
    state: Variable, shape: Variable, flags: tuple[bool, ...], count: Variable, p: Variable | None
) -> list[Variable]:
    """The first of a random order; with weights, of P. S. Efraimidis and P. G. Spirakis (2006)."""
    wanted = shape.prod()
    if p is None:
        following, order = _order(state, stack([count]), (False,))
        possible = count
    else:
        following, times = draw("exponential", "float64", state, stack([count]), (False,))
        order = argsort(times / p, axis=-1, kind="stable")
        possible = sum_of(p > 0.0)
    order = Assert("choice without replacement: more elements asked than there are to choose; take fewer")(
        order, le(wanted, possible)
    )
    return [following, order[:wanted].reshape(shape, ndim=len(flags))]
