"""NVIDIA GPUs: what is there, and why it cannot be used where it cannot.

Importing this room never touches a driver, never imports pycuda, and never fails.

Examples
--------
>>> from theano.cuda import availability
>>> isinstance(availability().reason, str)
True
"""

from theano.cuda.driver import Availability, Device, availability

__all__ = ["Availability", "Device", "availability", "cuda_available"]


def __getattr__(name: str) -> object:
    # Classic programs read this as an attribute; the driver is asked only when they do.
    if name == "cuda_available":
        return availability().ok
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
