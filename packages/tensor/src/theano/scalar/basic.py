"""Classic home of the scalar types and ops: the same objects as in `theano.scalar`."""

# ruff: noqa: F403
from theano.scalar import *
from theano.scalar import ComplexError, IntegerDivisionError, upcast, upgrade_dtypes  # noqa: F401
from theano.scalar.dtypes import *
