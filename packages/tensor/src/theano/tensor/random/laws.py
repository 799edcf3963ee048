"""The laws of `RandomState` as functions of a symbolic state, returning ``[new state, sample]``."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import explain
from theano.graph import Variable
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable, constant
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.helpers import (
    choice_helper,
    multinomial_helper,
    permutation_helper,
    random_integers_helper,
)
from theano.tensor.random.sizes import chance_of_success, draw_shape
from theano.tensor.type import TensorType
from theano.tensor.type_other import NoneConst

__all__ = [
    "binomial",
    "choice",
    "multinomial",
    "normal",
    "permutation",
    "poisson",
    "random_integers",
    "uniform",
]


def _real_law(name: str, state: Any, size: Any, ndim: int | None, dtype: str | None, *params: Any) -> list[Variable]:
    """A law with real parameters; the dtype defaults to the upcast of floatX and the parameters."""
    args = [as_tensor_variable(param) for param in params]
    if dtype is None:
        dtype = upcast(config.floatX, *[arg.type.dtype for arg in args])
    _, shape, flags = draw_shape(ndim, size, *args)
    return RandomFunction(name, TensorType(dtype, flags))(state, shape, *args)


def uniform(
    random_state: Variable,
    size: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Uniform numbers in [low, high).

    Parameters
    ----------
    random_state : variable of random_state_type
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
    return _real_law("uniform", random_state, size, ndim, dtype, low, high)


def normal(
    random_state: Variable,
    size: Any = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Gaussian numbers with mean `avg` and deviation `std`; other parameters as in `uniform`."""
    return _real_law("normal", random_state, size, ndim, dtype, avg, std)


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
    n = as_tensor_variable(n)
    if not n.type.dtype.startswith(("int", "uint")):
        raise TypeError(explain("binomial: n as integers", f"got {n.type}", "cast it"))
    return _real_law("binomial", random_state, size, ndim, dtype, n, p)


def random_integers(
    random_state: Variable, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Integers in the closed range [low, high]; other parameters as in `uniform`."""
    return _real_law(random_integers_helper, random_state, size, ndim, dtype, low, high)  # type: ignore[arg-type]


def poisson(
    random_state: Variable, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: str = "int64"
) -> list[Variable]:
    """Poisson counts of mean `lam`; other parameters as in `uniform`."""
    return _real_law("poisson", random_state, size, ndim, dtype, 1.0 if lam is None else lam)


def choice(
    random_state: Variable,
    size: Any = None,
    a: Any = 2,
    replace: Any = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Elements of the vector `a` (or of ``range(a)``), with or without replacement, with weights `p`."""
    a = as_tensor_variable(a)
    if isinstance(replace, bool):
        replace = constant(np.asarray(replace, dtype="int8"))
    p = NoneConst if p is None else as_tensor_variable(p)
    _, shape, flags = draw_shape(ndim, size)
    return RandomFunction(choice_helper, TensorType(dtype, flags))(random_state, shape, a, replace, p)


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
    _, shape, flags = draw_shape(ndim, size)
    op = RandomFunction(permutation_helper, TensorType(dtype, (*flags, False)), ndim_added=1)
    return op(random_state, shape, as_tensor_variable(n))


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
    n, pvals = as_tensor_variable(n), as_tensor_variable(list(pvals) if isinstance(pvals, tuple) else pvals)
    if pvals.type.ndim == 0:
        raise TypeError(explain("multinomial: probabilities per category", f"got {pvals.type}", "give a vector"))
    one_category = pvals[..., 0]
    _, shape, flags = draw_shape(ndim, size, n, one_category)
    outtype = TensorType(dtype, (*flags, pvals.type.broadcastable[-1]))
    return RandomFunction(multinomial_helper, outtype, ndim_added=1)(random_state, shape, n, pvals)
