"""Classic home of what was once tried out; only forwards."""

from importlib import import_module as _import_module
from typing import Any as _Any


def __getattr__(name: str) -> _Any:
    if name in ("multinomial", "rng_mrg"):  # so that the full path works after ``import theano``
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
