"""Rows of the table ``lowering.c``: ops that the runtime's own routines carry out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from theano.cpu.calls import arrays, blas, extrema, indexing

__all__ = ["register_calls"]

_LATER = {
    "theano.scan_module.scan_op": "loop",
    "theano.tensor.random.draw": "random",
    "theano.tensor.random.mrg_ops": "mrg",
}
"""Ops that most programs do not have, by the module that defines them: their rows are loaded with it."""


def register_calls(table: Any) -> None:
    """Register all rows."""
    for module in (arrays, blas, extrema, indexing):
        _register(table, module)
    for ops, name in _LATER.items():
        table.register_later(ops, lambda name=name: _register(table, import_module(f"theano.cpu.calls.{name}")))


def _register(table: Any, module: Any) -> None:
    for op_class, rule in module.ROWS:
        table.register(op_class, rule)
