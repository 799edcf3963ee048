"""Rewrites of loops live in ``theano.opt.rewrites.scan_module``; their names can be imported from here."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    home = "theano.opt.rewrites.scan_module"
    try:
        return getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        raise AttributeError(f"{name} needs theano-opt: pip install theano-opt") from error
