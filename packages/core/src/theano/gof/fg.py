"""Classic path of `FunctionGraph`."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "CachedConstantError": "theano.errors:CachedConstantError",
        "FunctionGraph": "theano.graph:FunctionGraph",
        "InconsistencyError": "theano.errors:InconsistencyError",
        "MissingInputError": "theano.errors:MissingInputError",
    },
)
