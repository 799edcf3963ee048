"""NVIDIA GPUs: what is there, and why it cannot be used where it cannot.

Importing this room never touches a driver, never imports pycuda, and never fails.

Examples
--------
>>> from theano.cuda import availability
>>> isinstance(availability().reason, str)
True
"""

from importlib import import_module
from typing import Any

__all__ = ["Availability", "Device", "availability", "cuda_available"]


def __getattr__(name: str) -> Any:
    # Classic programs read this as an attribute; the driver is asked only when they do.
    if name == "cuda_available":
        return import_module("theano.cuda.driver").availability().ok
    if name in __all__:
        return getattr(import_module("theano.cuda.driver"), name)
    if name in ("backend", "driver"):
        return import_module(f"theano.cuda.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
