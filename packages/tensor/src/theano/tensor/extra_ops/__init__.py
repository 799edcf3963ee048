"""Ops beyond the basic ones: running sums, repetition, counting, positions, diagonals."""

from theano.tensor.extra_ops import counting, cumulative, diagonals, layout, positions, repetition
from theano.tensor.extra_ops.counting import *
from theano.tensor.extra_ops.cumulative import *
from theano.tensor.extra_ops.diagonals import *
from theano.tensor.extra_ops.layout import *
from theano.tensor.extra_ops.positions import *
from theano.tensor.extra_ops.repetition import *

__all__ = (
    counting.__all__ + cumulative.__all__ + diagonals.__all__ + layout.__all__ + positions.__all__ + repetition.__all__
)
