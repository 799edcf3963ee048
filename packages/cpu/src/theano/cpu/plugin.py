"""What theano-cpu registers."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl

__all__ = ["theano_register_backends", "theano_register_lowerings"]


@hookimpl
def theano_register_backends(registry: Any) -> None:
    """The backend "cpu"."""
    from theano.cpu.backend import backend  # lazy: programs that compile nothing do without

    registry.backends["cpu"] = backend


@hookimpl
def theano_register_lowerings(registry: Any, target: str) -> None:
    """Routines of the native runtime for ops that are not loops."""
    if target != "c":
        return
    from theano.cpu.calls import register_calls  # lazy: needs the ops

    register_calls(registry.table("lowering.c"))
