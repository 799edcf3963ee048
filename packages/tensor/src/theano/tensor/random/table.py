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
    "poisson": (4, counts.poisson),
    "binomial": (4, counts.binomial),
    "multinomial": (1, counts.multinomial),
    "gamma": (4, gammas.gamma),
    "beta": (8, gammas.beta),
}
"""Words of the stream for each element (float64 takes twice as many of uniform, normal and exponential), and
``(state, number of elements, dtype, *parameters) -> sample, flat``."""
