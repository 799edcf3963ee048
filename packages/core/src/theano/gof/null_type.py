"""Classic path of the type of undefined gradients."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {"NullType": "theano.graph.null_types:NullType"},
)
