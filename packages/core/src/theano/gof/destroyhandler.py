"""Classic path of the check of in-place operations."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "DestroyHandler": "theano.graph:DestroyHandler",
        "InconsistencyError": "theano.errors:InconsistencyError",
    },
)
