"""Draws: nothing about them is differentiable; location and scale of counter-based ones are arithmetic around them."""

from __future__ import annotations

from typing import Any

from theano.gradient.disconnected import grad_undefined
from theano.tensor.random import RandomFunction
from theano.tensor.random.draw import Advance, Draw

__all__ = ["register"]


def draw_gradient(node: Any, gs: list) -> list:
    advice = "write the draw as avg + std * normal(size), or keep it out with disconnected_grad"
    return [grad_undefined(node.op, i, v, advice) for i, v in enumerate(node.inputs)]


def register(registry: Any) -> None:
    for op in (RandomFunction, Draw, Advance):
        registry.table("gradient").register(op, draw_gradient)
