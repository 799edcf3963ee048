"""All laws for counter-based streams, as functions of a symbolic state."""

# ruff: noqa: F403
from theano.tensor.random import selections, stream_laws
from theano.tensor.random.selections import *
from theano.tensor.random.stream_laws import *

__all__ = stream_laws.__all__ + selections.__all__
