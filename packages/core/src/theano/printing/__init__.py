"""Graphs as text: trees (`debugprint`), formulas (`pp`), and printing while a function runs (`Print`)."""

from __future__ import annotations

from typing import Any

from theano.printing.formula import (
    DefaultPrinter,
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    PrinterState,
    pp,
    pprint,
)
from theano.printing.informative import hex_digest, min_informative_str, position_independent_str, var_descriptor
from theano.printing.tree import debugprint

__all__ = [
    "DefaultPrinter",
    "FunctionPrinter",
    "IgnorePrinter",
    "LeafPrinter",
    "OperatorPrinter",
    "PPrinter",
    "PatternPrinter",
    "Print",
    "PrinterState",
    "debugprint",
    "default_colorCodes",
    "generated_code",
    "graph_as_dot",
    "hex_digest",
    "min_informative_str",
    "position_independent_str",
    "pp",
    "pprint",
    "pydotprint",
    "var_descriptor",
]

_LAZY = {
    "Print": "print_op",
    "_print_fn": "print_op",
    "default_colorCodes": "picture",
    "generated_code": "code",
    "graph_as_dot": "picture",
    "pydot_imported": "picture",
    "pydotprint": "picture",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'theano.printing' has no attribute {name!r}")
    # lazy: text needs only the classic attributes of graphs, the ops need theano.graph
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"theano.printing.{_LAZY[name]}"), name)
    return value
