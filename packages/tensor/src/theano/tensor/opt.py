"""Classic home of tensor rewrites: ops that live here, and everything else forwarded to `theano.opt` by name."""

from __future__ import annotations

import importlib
from typing import Any

from theano.tensor.asserts import Assert, assert_, assert_op
from theano.tensor.make_vector import MakeVector, make_vector

__all__ = ["Assert", "MakeVector", "assert_", "assert_op", "make_vector"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        rewrites = importlib.import_module("theano.opt")
    except ModuleNotFoundError as error:
        if error.name != "theano.opt":
            raise
        raise AttributeError(f"theano.tensor.opt.{name} needs theano-opt: pip install theano-opt") from error
    return getattr(rewrites, name)
