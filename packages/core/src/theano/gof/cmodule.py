"""Classic path of compilers."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {"GCC_compiler": "theano.cpu.legacy:GCC_compiler", "MissingGXX": "theano.cpu.legacy:MissingGXX"},
)
