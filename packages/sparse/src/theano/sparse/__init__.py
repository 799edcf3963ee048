"""Sparse matrices: csr and csc types, their products and sums, and gradients, by SciPy.

The names are those of `theano.sparse.basic`; they are loaded, and SciPy with them, when the first is used.

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

from __future__ import annotations

from importlib import import_module
from typing import Any

enable_sparse = True
sparse_formats = ["csc", "csr"]

_ROOMS = ("arithmetic", "basic", "conversion", "products", "sharedvar", "type", "variable")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    basic = import_module("theano.sparse.basic")
    found = getattr(basic, name, None)
    if found is None and name in _ROOMS:
        found = import_module(f"theano.sparse.{name}")
    if found is None:
        raise AttributeError(f"module 'theano.sparse' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *vars(import_module("theano.sparse.basic")), *_ROOMS})
