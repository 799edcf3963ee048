"""Shared sparse matrices, at their classic home."""

from theano.sparse.variable import SparseTensorSharedVariable, sparse_constructor

__all__ = ["SparseTensorSharedVariable", "sparse_constructor"]
