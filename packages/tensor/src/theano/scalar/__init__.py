"""Scalar types and ops: what tensors do to each element."""

# The wildcard imports are this package's door: each module lists its public names in ``__all__``.
# ruff: noqa: F401
from theano.errors import ComplexError, IntegerDivisionError

from theano.scalar.dtypes import upcast, upgrade_dtypes  # isort: skip
from theano.scalar.type import *  # isort: skip
from theano.scalar.rules import *  # isort: skip
from theano.scalar.autocast import *  # isort: skip
from theano.scalar.variable import *  # isort: skip
from theano.scalar.base import *  # isort: skip
from theano.scalar.comparison import *  # isort: skip
from theano.scalar.arithmetic import *  # isort: skip
from theano.scalar.rounding import *  # isort: skip
from theano.scalar.transcendental import *  # isort: skip
from theano.scalar.special import *  # isort: skip
from theano.scalar.casting import *  # isort: skip
from theano.scalar.composite import *  # isort: skip

# last: the module and the op share the name "complex"
from theano.scalar.complex import *  # isort: skip


def __getattr__(name: str) -> object:
    if name in ("basic", "basic_scipy", "sharedvar"):  # classic homes, which nothing here needs
        from importlib import import_module  # lazy, as are they

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
