"""Classic path of linkers that compile."""

from __future__ import annotations

from theano.gof._forward import forward

_LINKERS = ("CLinker", "OpWiseCLinker")

__getattr__, __dir__, __all__ = forward(__name__, {name: f"theano.compile.linkers:{name}" for name in _LINKERS})
