"""The laws of counter-based draws by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theano.tensor.random import counts, fills, gammas

__all__ = ["LAWS"]

LAWS: dict[str, tuple[int, Callable[..., np.ndarray]]] = {
    "uniform": (1, fills.uniform),
    "normal": (1, fills.normal),
    "exponential": (1, fills.exponential),
    "bernoulli": (1, fills.bernoulli),
    "integers": (2, fills.integers),
    "bits": (2, fills.bits),
    "poisson": (1, counts.poisson),
    "binomial": (1, counts.binomial),
    "multinomial": (1, counts.multinomial),
    "gamma": (1, gammas.gamma),
    "beta": (1, gammas.beta),
}
"""Words of the stream for each element (twice as many for float64 where there is no loop), and
``(state, number of elements, dtype, *parameters) -> sample, flat``."""
