"""Classic path of databases of rewrites."""

from __future__ import annotations

from theano.gof._forward import forward

_DATABASES = ("DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "SequenceDB", "TopoDB")

__getattr__, __dir__, __all__ = forward(
    __name__,
    {**{name: f"theano.opt:{name}" for name in _DATABASES}, "Query": "theano.compile.query:Query"},
)
