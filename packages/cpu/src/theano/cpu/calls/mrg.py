"""Draws from the generator MRG31k3p."""

from __future__ import annotations

from typing import Any

from theano.tensor.random.mrg_ops import mrg_uniform

__all__ = ["ROWS"]


def call_mrg(node: Any, build: Any) -> Any:
    """Sample and states; these lie where the given ones lay, if those die here."""
    if node.op.inplace or node.outputs[1].type.dtype not in ("float32", "float64"):
        return None
    return build.call("mrg_uniform", inplace=[(0, 0)])


ROWS = ((mrg_uniform, call_mrg),)
