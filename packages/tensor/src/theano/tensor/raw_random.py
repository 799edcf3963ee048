"""Classic home of the random laws: the same objects as in `theano.tensor.random`."""

# ruff: noqa: F403
from theano.tensor.random import *
from theano.tensor.random import __all__ as __all__
