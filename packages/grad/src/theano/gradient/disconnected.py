"""Types of gradients that have no value, under the names that programs import them by.

They live in ``theano.graph.null_types``, so that an op author can use them without this package.
"""

from theano.graph.null_types import (
    DisconnectedType,
    NullType,
    disconnected_type,
    grad_not_implemented,
    grad_undefined,
    is_disconnected,
    is_null,
)

__all__ = [
    "DisconnectedType",
    "NullType",
    "disconnected_type",
    "grad_not_implemented",
    "grad_undefined",
    "is_disconnected",
    "is_null",
]
