"""Loops: `scan` and its frequent forms."""

from importlib import import_module as _import_module
from typing import Any as _Any

from theano.graph import clone_replace as clone
from theano.scan_module.checkpoints import scan_checkpoints
from theano.scan_module.loop import loop, while_loop
from theano.scan_module.returns import until
from theano.scan_module.scan import scan
from theano.scan_module.scan_views import foldl, foldr, map, reduce

__all__ = ["clone", "foldl", "foldr", "loop", "map", "reduce", "scan", "scan_checkpoints", "until", "while_loop"]

_SUBMODULES = frozenset({"scan_op", "scan_opt", "scan_utils", "scan_views"})


def __getattr__(name: str) -> _Any:
    if name in _SUBMODULES:
        return _import_module(f"theano.scan_module.{name}")
    raise AttributeError(f"module 'theano.scan_module' has no attribute {name!r}")
