"""Rows of the table ``lowering.c``: ops that the runtime's own routines carry out."""

from __future__ import annotations

from typing import Any

from theano.cpu.calls import arrays, blas, extrema, indexing

__all__ = ["register_calls"]


def register_calls(table: Any) -> None:
    """Register all rows."""
    for module in (arrays, blas, extrema, indexing):
        for op_class, rule in module.ROWS:
            table.register(op_class, rule)
    table.register_later("theano.scan_module.scan_op", lambda: _register_loops(table))


def _register_loops(table: Any) -> None:
    from theano.cpu.calls import loop  # lazy: most programs have no loop

    for op_class, rule in loop.ROWS:
        table.register(op_class, rule)
