"""Draws: nothing about them is differentiable."""

from __future__ import annotations

from typing import Any

from theano.gradient.disconnected import grad_undefined
from theano.tensor.random import RandomFunction

__all__ = ["register"]


def draw_gradient(node: Any, gs: list) -> list:
    advice = "write the draw as avg + std * normal(size), or keep it out with disconnected_grad"
    return [grad_undefined(node.op, i, v, advice) for i, v in enumerate(node.inputs)]


def register(registry: Any) -> None:
    registry.table("gradient").register(RandomFunction, draw_gradient)
