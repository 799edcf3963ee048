"""Classic home of shared tensors."""

from theano.compile.sharedvalue import SharedVariable, shared_constructor
from theano.tensor.shared_tensor import (
    ScalarSharedVariable,
    TensorSharedVariable,
    load_shared_variable,
    scalar_constructor,
    tensor_constructor,
)

__all__ = [
    "ScalarSharedVariable",
    "SharedVariable",
    "TensorSharedVariable",
    "load_shared_variable",
    "scalar_constructor",
    "shared_constructor",
    "tensor_constructor",
]
