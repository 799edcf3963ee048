"""Classic path of types."""

from __future__ import annotations

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "CDataType": "theano.cpu.legacy:CDataType",
        "CEnumType": "theano.gof.params_type:CEnumType",
        "EnumList": "theano.gof.params_type:EnumList",
        "EnumType": "theano.gof.params_type:EnumType",
        "Generic": "theano.graph:Generic",
        "Type": "theano.graph:Type",
        "generic": "theano.graph:generic",
    },
)
