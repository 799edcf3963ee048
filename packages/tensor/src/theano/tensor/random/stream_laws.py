"""The laws of `RandomStream` as functions of a symbolic state, returning ``[new state, sample]``.

Location and scale are arithmetic on standard draws: it is fused with what follows, and gradients flow through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import NotScalarConstantError, explain
from theano.graph import Variable
from theano.scalar import upcast
from theano.tensor.alloc import alloc
from theano.tensor.constant_value import get_scalar_constant_value
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.math import cast, eq, lt, switch
from theano.tensor.random.draw import Advance, Draw, words_for
from theano.tensor.random.sizes import chance_of_success, draw_shape
from theano.tensor.rebroadcast import addbroadcast

__all__ = [
    "bernoulli",
    "beta",
    "binomial",
    "exponential",
    "gamma",
    "normal",
    "poisson",
    "random_integers",
    "uniform",
]

_FLOATS = ("float16", "float32", "float64")


def draw(law: str, dtype: str, state: Variable, shape: Variable, flags: tuple[bool, ...], *params: Any) -> list[Any]:
    sample = Draw(law, dtype, flags)(state, shape, *params)
    return [Advance(words_for(law, dtype))(state, shape), sample]


def _float_dtype(law: str, dtype: str | None, params: tuple[Variable, ...]) -> str:
    """`dtype`, or the upcast of floatX and the parameters."""
    chosen = upcast(config.floatX, *[p.type.dtype for p in params]) if dtype is None else str(np.dtype(dtype))
    if chosen not in _FLOATS:
        raise TypeError(explain(f"{law} numbers of dtype {chosen}", "they are floats", "give a float dtype"))
    return chosen


def _standard(law: str, state: Any, size: Any, ndim: int | None, dtype: str | None, *params: Any) -> list[Any]:
    """New state and a standard draw, then the parameters in its dtype."""
    args = tuple(as_tensor_variable(param) for param in params)
    dtype = _float_dtype(law, dtype, args)
    _, shape, flags = draw_shape(ndim, size, *args)
    return [*draw(law, dtype, state, shape, flags), *(_fitted(cast(arg, dtype), flags) for arg in args)]


def _fitted(param: Variable, flags: tuple[bool, ...]) -> Variable:
    """`param`, of length 1 wherever the draw is, so that it cannot make the result larger than asked."""
    shift = len(flags) - param.type.ndim
    axes = [d for d, flag in enumerate(param.type.broadcastable) if flags[d + shift] and not flag]
    return addbroadcast(param, *axes) if axes else param


def _is(param: Any, value: float) -> bool:
    return isinstance(param, int | float) and param == value


def uniform(
    random_state: Variable,
    size: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Uniform numbers in [low, high), multiples of 2**-24 (float32) or 2**-53 (float64) of the range.

    Parameters
    ----------
    random_state : variable, vector of uint64
    size : None, tuple, list or integer vector
        None takes the shape of the parameters; so does an entry -1.
    low, high : tensors that broadcast to `size`
    ndim : int, optional
        Needed when the length of `size` is not known.
    dtype : str, optional
        Default: the upcast of floatX, `low` and `high`.

    Returns
    -------
    [new state, sample]
    """
    if _is(low, 0) and _is(high, 1):
        return _standard("uniform", random_state, size, ndim, dtype)
    following, unit, low, high = _standard("uniform", random_state, size, ndim, dtype, low, high)
    value = low + (high - low) * unit
    # a sum may round up to the bound that is not to be reached
    return [following, switch(eq(lt(value, high), lt(low, high)), value, low)]


def normal(
    random_state: Variable,
    size: Any = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Gaussian numbers with mean `avg` and deviation `std`; other parameters as in `uniform`."""
    if _is(avg, 0) and _is(std, 1):
        return _standard("normal", random_state, size, ndim, dtype)
    following, unit, avg, std = _standard("normal", random_state, size, ndim, dtype, avg, std)
    return [following, avg + std * unit]


def exponential(
    random_state: Variable, size: Any = None, scale: Any = 1.0, ndim: int | None = None, dtype: str | None = None
) -> list[Variable]:
    """Exponential numbers of mean `scale`; other parameters as in `uniform`."""
    if _is(scale, 1):
        return _standard("exponential", random_state, size, ndim, dtype)
    following, unit, scale = _standard("exponential", random_state, size, ndim, dtype, scale)
    return [following, scale * unit]


def _with_parameters(
    law: str, state: Any, size: Any, ndim: int | None, dtype: str, params: tuple[Variable, ...], flags: Any = None
) -> list[Variable]:
    """A draw whose parameters are single numbers or have its shape; `flags` if `size` is its shape already."""
    if flags is None:
        _, size, flags = draw_shape(ndim, size, *params)
    return draw(law, str(np.dtype(dtype)), state, size, flags, *(spread(p, size, flags) for p in params))


def spread(param: Variable, shape: Variable, flags: tuple[bool, ...]) -> Variable:
    """`param` as a single number, or as large as the draw."""
    if all(param.type.broadcastable):
        return param.dimshuffle()
    return alloc(param, *[1 if flag else shape[i] for i, flag in enumerate(flags)])


def bernoulli(
    random_state: Variable, size: Any = None, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """1 with probability `p`, else 0; other parameters as in `uniform`."""
    return _with_parameters("bernoulli", random_state, size, ndim, dtype, (real(p),))


def _is_one(n: Variable) -> bool:
    try:
        return int(get_scalar_constant_value(n)) == 1
    except NotScalarConstantError:
        return False


def binomial(
    random_state: Variable,
    size: Any = None,
    n: Any = 1,
    p: Any = 0.5,
    ndim: int | None = None,
    dtype: str = "int64",
    prob: Any = None,
) -> list[Variable]:
    """Number of successes in `n` trials of probability `p`; other parameters as in `uniform`."""
    p = chance_of_success(p, prob)
    n = integers_only("binomial: n", n)
    if _is_one(n) and n.type.ndim == 0:
        return bernoulli(random_state, size, p, ndim, dtype)
    return _with_parameters("binomial", random_state, size, ndim, dtype, (n, real(p)))


def real(value: Any) -> Variable:
    return cast(as_tensor_variable(value), "float64")


def integers_only(what: str, value: Any) -> Variable:
    value = as_tensor_variable(value)
    if not value.type.dtype.startswith(("int", "uint", "bool")):
        raise TypeError(explain(f"{what} as integers", f"got {value.type}", "cast it"))
    return cast(value, "int64")


def random_integers(
    random_state: Variable, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Integers in the closed range [low, high], each equally likely; other parameters as in `uniform`."""
    params = (integers_only("random_integers: low", low), integers_only("random_integers: high", high))
    return _with_parameters("integers", random_state, size, ndim, dtype, params)


def poisson(
    random_state: Variable, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Poisson counts of mean `lam`; other parameters as in `uniform`."""
    return _with_parameters("poisson", random_state, size, ndim, dtype, (real(1.0 if lam is None else lam),))


def gamma(
    random_state: Variable,
    size: Any = None,
    shape: Any = 1.0,
    scale: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Gamma numbers of mean ``shape * scale``; other parameters as in `uniform`."""
    shape, scale = as_tensor_variable(shape), as_tensor_variable(scale)
    dtype = _float_dtype("gamma", dtype, (shape, scale))
    _, lengths, flags = draw_shape(ndim, size, shape, scale)
    following, unit = _with_parameters("gamma", random_state, lengths, len(flags), dtype, (real(shape),), flags)
    return [following, _fitted(cast(scale, dtype), flags) * unit]


def beta(
    random_state: Variable, size: Any = None, a: Any = 1.0, b: Any = 1.0, ndim: int | None = None, dtype: Any = None
) -> list[Variable]:
    """Beta numbers of mean ``a / (a + b)``; other parameters as in `uniform`."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    dtype = _float_dtype("beta", dtype, (a, b))
    return _with_parameters("beta", random_state, size, ndim, dtype, (real(a), real(b)))
