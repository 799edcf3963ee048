"""Gradient and forward rules of the loop op."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.scan_module.forward import scan_tangents
from theano.gradient.rules.scan_module.reverse import scan_gradient
from theano.scan_module.scan_op import Scan

__all__ = ["register", "scan_gradient", "scan_tangents"]


def register(registry: Any) -> None:
    registry.table("gradient").register(Scan, scan_gradient)
    registry.table("forward").register(Scan, scan_tangents)
