"""RandomStream: the stream for new programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.compile.sharedvalue import SharedVariable
from theano.graph import Variable
from theano.tensor.random import counter_based
from theano.tensor.random.chacha import new_state
from theano.tensor.random.streams import RandomStreamsBase
from theano.tensor.shared_tensor import tensor_constructor

__all__ = ["RandomStream"]


class RandomStream(RandomStreamsBase):
    """Source of random variables that compiled functions draw fast, with the same values on every machine.

    Each draw has a shared state of its own, a vector of five uint64 (a key and a position), which
    ``theano.function`` advances. An element of a sample depends on the state and on its place alone, so that neither
    the backend nor the number of threads shows.

    Parameters
    ----------
    seed : int or None
        0 to 2**256 - 1; None takes entropy from the system.

    Examples
    --------
    >>> import theano
    >>> stream = RandomStream(42)
    >>> draw = theano.function([], stream.normal((2,)))
    >>> bool((draw() != draw()).all())
    True
    """

    laws = counter_based

    def __init__(self, seed: int | None = None) -> None:
        self.default_instance_seed = seed
        self.state_updates: list[tuple[SharedVariable, Variable]] = []
        new_state(seed, 0)  # a bad seed is an error here, not at the first draw

    def updates(self) -> list[tuple[SharedVariable, Variable]]:
        """(state, next state) pairs of all draws so far."""
        return list(self.state_updates)

    def seed(self, seed: int | None = None) -> None:
        """Start every draw made so far anew from one seed (default: the constructor's)."""
        seed = self.default_instance_seed if seed is None else seed
        for i, (state, _) in enumerate(self.state_updates):
            state.set_value(new_state(seed, i), borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **kwargs: Any) -> Variable:
        """A draw from the law `op` with a fresh state; the result has attributes `rng` and `update`."""
        start = new_state(self.default_instance_seed, len(self.state_updates))
        state = tensor_constructor(start, borrow=True)
        following, sample = op(state, *args, **kwargs)
        sample.rng = state
        sample.update = (state, following)
        state.default_update = following
        self.state_updates.append(sample.update)
        return sample

    def bernoulli(self, size: Any = None, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64") -> Variable:
        """1 with probability `p`, else 0."""
        return self.gen(counter_based.bernoulli, size, p, ndim=ndim, dtype=dtype)

    def exponential(
        self, size: Any = None, scale: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Variable:
        """Exponential numbers of mean `scale`."""
        return self.gen(counter_based.exponential, size, scale, ndim=ndim, dtype=dtype)

    def gamma(
        self, size: Any = None, shape: Any = 1.0, scale: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Variable:
        """Gamma numbers of mean ``shape * scale``."""
        return self.gen(counter_based.gamma, size, shape, scale, ndim=ndim, dtype=dtype)

    def beta(
        self, size: Any = None, a: Any = 1.0, b: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Variable:
        """Beta numbers of mean ``a / (a + b)``."""
        return self.gen(counter_based.beta, size, a, b, ndim=ndim, dtype=dtype)

    def categorical(
        self, size: Any = None, p: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64"
    ) -> Variable:
        """Numbers of categories, with weights `p` along its last dimension."""
        return self.gen(counter_based.categorical, size, p, ndim=ndim, dtype=dtype)
