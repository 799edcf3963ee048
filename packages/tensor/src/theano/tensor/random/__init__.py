"""Random variables: drawn from NumPy random states, or, faster, from counter-based streams."""

from theano.tensor.random.function import RandomFunction
from theano.tensor.random.helpers import (
    choice_helper,
    multinomial_helper,
    permutation_helper,
    random_integers_helper,
)
from theano.tensor.random.laws import (
    binomial,
    choice,
    multinomial,
    normal,
    permutation,
    poisson,
    random_integers,
    uniform,
)
from theano.tensor.random.state import RandomStateType, random_state_type
from theano.tensor.random.stream import RandomStream
from theano.tensor.random.streams import RandomStreamsBase

__all__ = [
    "RandomFunction",
    "RandomStateType",
    "RandomStream",
    "RandomStreamsBase",
    "binomial",
    "choice",
    "choice_helper",
    "multinomial",
    "multinomial_helper",
    "normal",
    "permutation",
    "permutation_helper",
    "poisson",
    "random_integers",
    "random_integers_helper",
    "random_state_type",
    "uniform",
]
