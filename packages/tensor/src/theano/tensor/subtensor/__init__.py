"""Indexing: reading and writing parts of tensors."""

from theano.tensor.subtensor import advanced, basic, entries, increment, reading, rows, slices, writing
from theano.tensor.subtensor.advanced import *
from theano.tensor.subtensor.basic import *
from theano.tensor.subtensor.entries import *
from theano.tensor.subtensor.increment import *
from theano.tensor.subtensor.reading import *
from theano.tensor.subtensor.rows import *
from theano.tensor.subtensor.slices import *
from theano.tensor.subtensor.writing import *

__all__ = (
    advanced.__all__
    + basic.__all__
    + entries.__all__
    + increment.__all__
    + reading.__all__
    + rows.__all__
    + slices.__all__
    + writing.__all__
)
