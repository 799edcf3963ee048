"""Classic home of tensor variables and constants."""

from theano.errors import AsTensorError
from theano.tensor.constant import TensorConstant, TensorConstantSignature
from theano.tensor.variable import TensorVariable, _tensor_py_operators

__all__ = ["AsTensorError", "TensorConstant", "TensorConstantSignature", "TensorVariable", "_tensor_py_operators"]
