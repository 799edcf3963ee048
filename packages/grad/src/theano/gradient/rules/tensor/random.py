"""Draws: nothing about them is differentiable; location and scale of counter-based ones are arithmetic around them."""

from __future__ import annotations

from typing import Any

from theano.gradient.disconnected import grad_undefined
from theano.tensor.random.draw import Advance, Draw
from theano.tensor.random.from_uniform import ChoiceFromUniform, MultinomialFromUniform
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.mrg_ops import DotModulo, mrg_uniform_base

__all__ = ["register"]

_OPS = (RandomFunction, Draw, Advance, mrg_uniform_base, DotModulo, MultinomialFromUniform, ChoiceFromUniform)


def draw_gradient(node: Any, gs: list) -> list:
    advice = "write the draw as avg + std * normal(size), or keep it out with disconnected_grad"
    return [grad_undefined(node.op, i, v, advice) for i, v in enumerate(node.inputs)]


def register(registry: Any) -> None:
    for op in _OPS:
        registry.table("gradient").register(op, draw_gradient)
