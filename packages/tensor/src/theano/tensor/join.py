"""Putting tensors together and taking them apart, gathered from the modules that do it."""

from theano.tensor.joining import (
    Join,
    concatenate,
    horizontal_stack,
    join,
    join_,
    stack,
    stacklists,
    vertical_stack,
)
from theano.tensor.make_vector import (
    MakeVector,
    ScalarFromTensor,
    TensorFromScalar,
    make_vector,
    scalar_from_tensor,
    tensor_from_scalar,
)
from theano.tensor.splitting import Split, split
from theano.tensor.tiling import Tile, roll, tile

__all__ = [
    "Join",
    "MakeVector",
    "ScalarFromTensor",
    "Split",
    "TensorFromScalar",
    "Tile",
    "concatenate",
    "horizontal_stack",
    "join",
    "join_",
    "make_vector",
    "roll",
    "scalar_from_tensor",
    "split",
    "stack",
    "stacklists",
    "tensor_from_scalar",
    "tile",
    "vertical_stack",
]
