"""Sparse matrices: csr and csc types, their products and sums, and gradients, by SciPy.

Examples
--------
>>> import numpy as np, scipy.sparse, theano
>>> from theano import sparse, tensor
>>> x = sparse.csr_matrix("x", dtype="float64")
>>> v = tensor.dvector("v")
>>> f = theano.function([x, v], sparse.dot(x, v))
>>> f(scipy.sparse.csr_matrix(np.eye(2)), [3.0, 4.0])
array([3., 4.])
"""

from theano.sparse import sharedvar
from theano.sparse.basic import *  # noqa: F403

enable_sparse = True
sparse_formats = ["csc", "csr"]

__all__ = ["enable_sparse", "sharedvar", "sparse_formats"]
