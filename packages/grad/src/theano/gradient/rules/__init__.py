"""Rows of the tables of derivatives, and of "batching", for the ops of `theano.scalar` and `theano.tensor`.

Mirrors those packages: rules of the ops in ``theano/tensor/join.py`` are in ``rules/tensor/join.py``.
"""

from __future__ import annotations

from typing import Any

from theano.gradient.rules import scalar, tensor

__all__ = ["register"]


def register(registry: Any) -> None:
    """Add all rows to the registry."""
    scalar.register(registry)
    tensor.register(registry)
