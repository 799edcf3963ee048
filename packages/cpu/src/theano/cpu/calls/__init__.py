"""Rows of the table ``lowering.c``: ops that the runtime's own routines carry out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["register_calls"]

FILES = {
    "arrays": (
        "compile.ops", "tensor.alloc", "tensor.asserts", "tensor.creation", "tensor.joining", "tensor.make_vector",
        "tensor.rebroadcast", "tensor.shape", "tensor.splitting",
    ),
    "blas": ("tensor.activated", "tensor.blas", "tensor.dot", "tensor.swept"),
    "extrema": ("tensor.extrema",),
    "indexing": (
        "tensor.diagonal", "tensor.nonzeros", "tensor.subtensor.advanced", "tensor.subtensor.increment",
        "tensor.subtensor.rows",
    ),
    "loop": ("scan_module.scan_op",),
    "random": ("tensor.random.draw",),
    "mrg": ("tensor.random.mrg_ops",),
}  # fmt: skip
"""From each file to the modules (below ``theano``) that define its ops: it is imported when one of these is met."""


def register_calls(table: Any) -> None:
    """Register all rows."""
    for name, modules in FILES.items():
        for module in modules:
            table.register_later(f"theano.{module}", lambda name=name: _register(table, name))


def _register(table: Any, name: str) -> None:
    for op_class, rule in import_module(f"theano.cpu.calls.{name}").ROWS:
        table.register(op_class, rule)
