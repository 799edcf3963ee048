"""MRG_RandomStreams: random variables of the generator MRG31k3p."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np

import theano.tensor as tensor_namespace  # looked up at call time: a draw is arithmetic on uniform numbers
from theano.compile.sharedvalue import SharedVariable
from theano.configuration import config
from theano.errors import explain
from theano.graph import Constant, Variable
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.random.from_uniform import ChoiceFromUniform, MultinomialFromUniform
from theano.tensor.random.mrg import M1, M2, ff_2p134, jumped_states
from theano.tensor.random.mrg_ops import mrg_uniform
from theano.tensor.shared_tensor import tensor_constructor

__all__ = ["MRG_RandomStreams", "guess_n_streams"]

_MOST_STREAMS = 60 * 256

#: Deviation of standard normal numbers of which those beyond 2 got another radius, but kept their angle.
_WITHIN_TWO = 0.890575206394428


def _all_ints(size: Any) -> bool:
    return isinstance(size, list | tuple) and all(isinstance(n, int | np.integer) for n in size)


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """How many substreams a draw of `size` is taken from: a sixth of its elements, if they are known, at most 15360.

    Parameters
    ----------
    size : tuple, list or variable
    warn : bool
        Tell when the number of elements is not known.
    """
    if _all_ints(size):
        count = int(np.prod([int(n) for n in size], dtype="int64"))
        return min(count // 6 if count > 6 else count, _MOST_STREAMS)
    if warn:
        text = explain("choose the number of substreams", "the size is not made of ints", "pass nstreams")
        warnings.warn(text, stacklevel=3)
    return _MOST_STREAMS


def _undefined(value: Any) -> Variable:
    """`value`, with a gradient that is an error to ask for; without theano-grad nobody can ask."""
    value = as_tensor_variable(value)
    if isinstance(value, Constant):
        return value
    try:
        gradient = import_module("theano.gradient")  # by name: gradients stand above this room
    except ImportError:
        return value
    undefined: Variable = gradient.undefined_grad(value)
    return undefined


def _checked_size(size: Any) -> Any:
    """A tuple of positive ints and integer scalars, or an integer vector."""
    if isinstance(size, Variable):
        if size.type.ndim != 1 or not size.type.dtype.startswith(("int", "uint")):
            raise TypeError(explain("a draw whose size is an integer vector", f"got {size.type}", "give such a vector"))
        return size
    if not isinstance(size, Iterable):
        raise TypeError(explain("a draw whose size is a tuple", f"got {size!r}", "give a tuple of ints or scalars"))
    lengths = tuple(size)
    for n in lengths:
        known = isinstance(n, int | np.integer) and not isinstance(n, bool)
        if known and n <= 0:
            raise ValueError(explain(f"a draw of size {lengths}", f"a length of {n}", "give positive lengths"))
        if not known and not (isinstance(n, Variable) and n.type.ndim == 0 and "int" in n.type.dtype):
            found = f"a length {n!r}"
            raise TypeError(explain(f"a draw of size {lengths}", found, "give ints or integer scalars"))
    return lengths


def _checked_seed(seed: Any) -> np.ndarray:
    """Six words."""
    asked, do = f"a stream with seed {seed!r}", f"give an int from 1 to {M2 - 1}, or six ints"
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        if not 0 < seed < M2:
            raise ValueError(explain(asked, "it is 0, negative or too large", do))
        return np.full(6, seed, "int32")
    if not isinstance(seed, Iterable) or isinstance(seed, str) or len(words := list(seed)) != 6:
        raise TypeError(explain(asked, "neither an int nor six", do))
    for half, limit, name in ((words[:3], M1, "first"), (words[3:], M2, "second")):
        if not all(0 <= word < limit for word in half) or not any(half):
            raise ValueError(explain(asked, f"the {name} three are all 0, or one is negative or too large", do))
    return np.asarray(words, "int32")


def _checked_arguments(a: Any, b: Any, dtype: str | None, size: Any) -> tuple[Variable, Variable, str, Any]:
    """Two parameters as variables, the dtype of a sample with them, and its size."""
    a, b = _undefined(a), _undefined(b)
    return a, b, upcast(config.floatX, a.type.dtype, b.type.dtype) if dtype is None else dtype, _checked_size(size)


class MRG_RandomStreams:
    """Source of random variables from many substreams of one generator, the same on all backends.

    Parameters
    ----------
    seed : int or sequence of six ints
        Nonzero and below 2147462579.

    Examples
    --------
    >>> import theano
    >>> draw = theano.function([], MRG_RandomStreams(12345).uniform((2,)))
    >>> draw().round(6).tolist()
    [0.735324, 0.258569]
    """

    def __init__(self, seed: Any = 12345) -> None:
        self.state_updates: list[tuple[SharedVariable, Variable, Any, int]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    def set_rstate(self, seed: Any) -> None:
        """Set the base state from a seed."""
        self.rstate = _checked_seed(seed)

    def seed(self, seed: Any = None) -> None:
        """Start all samples made so far anew, in order of creation (default: from the constructor's seed)."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for state, following, _, nstreams in self.state_updates:
            dtype = following.owner.outputs[1].type.dtype
            state.set_value(self.get_substream_rstates(nstreams, dtype), borrow=True)

    def inc_rstate(self) -> None:
        """Jump the base state 2**134 steps ahead."""
        self.rstate = ff_2p134(self.rstate)

    def get_substream_rstates(self, n_streams: int, dtype: str, inc_rstate: bool = True) -> np.ndarray:
        """States of `n_streams` substreams, 2**72 steps apart, (n_streams, 6); then `inc_rstate` unless told not to."""
        if not isinstance(n_streams, int | np.integer) or n_streams < 1:
            found = f"got {n_streams!r}"
            raise ValueError(explain("states of a number of substreams", found, "give a positive int as nstreams"))
        states = jumped_states(self.rstate, int(n_streams))
        if inc_rstate:
            self.inc_rstate()
        return np.ascontiguousarray(states)

    def n_streams(self, size: Any) -> int:
        """Default number of substreams for `size`."""
        return guess_n_streams(size)

    def updates(self) -> list[tuple[SharedVariable, Variable]]:
        """(state, next state) pairs of all samples made so far."""
        return [entry[:2] for entry in self.state_updates]

    def pretty_return(
        self, node_rstate: SharedVariable, new_rstate: Variable, sample: Variable, size: Any, nstreams: int
    ) -> Variable:
        """`sample` with attributes `rstate` and `update`, registered; functions update its state by themselves."""
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        node_rstate.default_update = new_rstate
        return sample

    def uniform(
        self,
        size: Any,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Numbers of the open interval from `low` to `high`.

        Parameters
        ----------
        size : tuple of positive ints or integer scalars, or integer vector
        low, high : tensors that broadcast to `size`
        ndim : int, optional
            Needed when the length of `size` is not known.
        dtype : str, optional
            Default: the upcast of floatX, `low` and `high`.
        nstreams : int, optional
            Number of substreams.
        """
        low, high, dtype, size = _checked_arguments(low, high, dtype, size)
        if nstreams is None:
            nstreams = self.n_streams(size)
        state = tensor_constructor(self.get_substream_rstates(nstreams, dtype), borrow=True)
        unit = self.pretty_return(state, *mrg_uniform.new(state, ndim, dtype, size), size, nstreams)
        if all(isinstance(v, Constant) and v.data.size == 1 and v.data.item() == k for v, k in ((low, 0), (high, 1))):
            return unit
        low, high = tensor_namespace.cast(low, dtype), tensor_namespace.cast(high, dtype)
        sample = unit * (high - low) + low
        if sample.type.broadcastable != unit.type.broadcastable:
            asked = f"uniform numbers of type {unit.type}"
            raise NotImplementedError(explain(asked, "low or high are larger", "give the size of the result"))
        sample.rstate, sample.update = unit.rstate, unit.update
        return sample

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """1 with probability `p`, else 0; `n` must be 1."""
        if n != 1:
            found = f"n is {n}"
            raise NotImplementedError(explain("binomial draws of one trial", found, "use RandomStream for more"))
        p = _undefined(p)
        if size is None:
            size, ndim = p.shape, p.type.ndim
        sample = self.uniform(size, ndim=ndim, nstreams=nstreams)
        return tensor_namespace.cast(sample < p, dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Counts of each category in `n` draws for each row of the matrix `pvals`."""
        pvals = self._rows("multinomial", pvals, size is not None, ndim)
        unis = self.uniform(pvals[:, 0].shape * n, ndim=1, nstreams=nstreams)
        return MultinomialFromUniform(dtype)(pvals, unis, n)

    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """`size` different numbers of categories for each row of the matrix `p`; `replace` must be False."""
        if replace:
            do = "pass replace=False, or use multinomial"
            raise NotImplementedError(explain("choice with replacement", "it is not offered", do))
        if a is not None:
            raise TypeError(explain("choice among range(categories)", "a is given", "index a with the result"))
        p = self._rows("choice", p, False, ndim)
        unis = self.uniform(p[:, 0].shape * size, ndim=1, nstreams=nstreams)
        return ChoiceFromUniform(odtype=dtype)(p, unis, size)

    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: str = "int64",
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Older form of ``choice(size=n, replace=False, p=pvals)``."""
        warnings.warn(
            "multinomial_wo_replacement is the old name of choice; use that", DeprecationWarning, stacklevel=2
        )
        if size is not None:
            raise ValueError(explain("multinomial_wo_replacement", "size is given", "the rows of pvals tell it"))
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams)

    def _rows(self, law: str, p: Any, sized: bool, ndim: int | None) -> Variable:
        """The matrix of probabilities."""
        if p is None:
            raise TypeError(explain(f"{law}: a matrix of probabilities", "none is given", "give one"))
        if sized or ndim is not None:
            found = "size or ndim is given"
            raise ValueError(explain(f"{law} draws", found, "leave it out: the matrix of probabilities tells it"))
        p = _undefined(p)
        if p.type.ndim != 2:
            raise NotImplementedError(explain(f"{law}: a matrix of probabilities", f"got {p.type}", "give a matrix"))
        return p

    def normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        truncate: bool = False,
        **kwargs: Any,
    ) -> Variable:
        """Gaussian numbers, by Box and Muller; `truncate` redraws those beyond two deviations."""
        t = tensor_namespace
        avg, std, dtype, size = _checked_arguments(avg, std, dtype, size)
        shape = size if isinstance(size, Variable) else t.stack([as_tensor_variable(n) for n in size]) if size else None
        count = as_tensor_variable(np.int64(1)) if shape is None else t.prod(shape, dtype="int64")
        pairs = (count + 1) // 2
        unit = self.uniform((2 * pairs,), ndim=1, dtype=dtype, nstreams=nstreams)
        radius, angle = t.sqrt(-2.0 * t.log(unit[:pairs])), np.asarray(2 * np.pi, dtype) * unit[pairs:]
        turned = t.join(0, t.cos(angle), t.sin(angle))
        drawn = t.join(0, radius, radius) * turned
        if truncate:
            # the same angle with a radius below two deviations
            low = np.asarray(np.exp(-2.0), dtype)
            again = self.uniform((2 * pairs,), low=low, high=1.0, ndim=1, dtype=dtype, nstreams=nstreams)
            drawn = t.switch(abs(drawn) > 2.0, t.sqrt(-2.0 * t.log(again)) * turned, drawn)
        known = ndim if isinstance(size, Variable) else len(size)
        flat = drawn[:count]
        sample = flat.reshape(size if isinstance(size, Variable) else tuple(size), ndim=known)
        return sample * t.cast(std, dtype) + t.cast(avg, dtype)

    def truncated_normal(
        self,
        size: Any,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: str | None = None,
        nstreams: int | None = None,
        **kwargs: Any,
    ) -> Variable:
        """Gaussian numbers within two deviations, widened so that their deviation is about `std`."""
        std = std / as_tensor_variable(np.asarray(_WITHIN_TWO, config.floatX))
        return self.normal(size, avg, std, ndim, dtype, nstreams, truncate=True)
