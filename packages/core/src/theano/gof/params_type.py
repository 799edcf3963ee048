"""Classic path of parameters of ops in C."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {name: f"theano.cpu.legacy:{name}" for name in ("CEnumType", "EnumList", "EnumType", "Params", "ParamsType")},
)
