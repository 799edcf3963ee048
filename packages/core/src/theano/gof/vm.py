"""Classic path of the lazy linker."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(__name__, {"VM_Linker": "theano.compile.linkers:VM_Linker"})
