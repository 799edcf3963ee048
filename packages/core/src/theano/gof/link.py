"""Classic path of linkers and of errors at run time."""

from __future__ import annotations

from theano.gof._forward import forward

_LINKERS = ("CLinker", "Linker", "LocalLinker", "OpWiseCLinker", "PerformLinker", "WrapLinker", "WrapLinkerMany")

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        **{name: f"theano.compile.linkers:{name}" for name in _LINKERS},
        "Container": "theano.compile.sharedvalue:Container",
        "raise_with_op": "theano.compile.runtime_errors:raise_with_op",
    },
)
