"""Tensors: symbolic dense arrays and everything that computes with them."""

from __future__ import annotations

import importlib as _importlib
from typing import Any as _Any

import theano.tensor.var  # noqa: F401  loads the module before the function of that name is bound
from theano.tensor import elemwise  # noqa: F401
from theano.tensor.basic import *
from theano.tensor.shared_tensor import tensor_constructor as _shared  # noqa: F401
from theano.tensor.variable import _tensor_py_operators  # noqa: F401

# Names that belong to packages above this one, found when first read.
_FROM_GRADIENT = frozenset({
    "DisconnectedType", "Lop", "Rop", "consider_constant", "grad", "grad_not_implemented", "grad_undefined", "hessian",
    "jacobian", "numeric_grad", "verify_grad",
})  # fmt: skip

# Submodules that load when first read, so that `import theano.tensor` stays quick.
_LAZY_MODULES = frozenset({
    "blas", "fft", "inplace", "nlinalg", "nnet", "opt", "raw_random", "shared_randomstreams", "sharedvar", "signal",
    "slinalg", "utils", "xlogx",
})  # fmt: skip


def __getattr__(name: str) -> _Any:
    if name in _FROM_GRADIENT:
        try:
            value = getattr(_importlib.import_module("theano.gradient"), name)
        except ModuleNotFoundError as error:
            if error.name != "theano.gradient":
                raise
            raise AttributeError(f"theano.tensor.{name} needs theano-grad: pip install theano-grad") from error
        globals()[name] = value
        return value
    if name in _LAZY_MODULES:
        try:
            return _importlib.import_module(f"theano.tensor.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"theano.tensor.{name}":
                raise
    raise AttributeError(f"module 'theano.tensor' has no attribute {name!r}")
