"""Decorators that let a rule state its formula only: zeros, discrete operands and indices are filled in here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.region import connection_of
from theano.gradient.zeros import is_continuous, zero_gradient
from theano.graph import Variable

__all__ = ["forward", "gradient"]


def gradient(rule: Callable[[Any, list], list]) -> Callable[[Any, list], list]:
    """Complete a gradient rule.

    The rule may return None for an input: that becomes a zero gradient, or a disconnected one where the op's connection
    pattern says so. Discrete inputs get zeros whatever the rule returns; ops with discrete outputs only never reach the
    rule.
    """

    @wraps(rule)
    def completed(node: Any, gs: list) -> list:
        if any(is_continuous(v) and not is_disconnected(g) for v, g in zip(node.outputs, gs, strict=True)):
            terms = rule(node, gs)
        else:
            terms = [None] * len(node.inputs)
        pattern = connection_of(node)
        return [
            _complete(x, term, pattern is None or any(pattern[i]))
            for i, (x, term) in enumerate(zip(node.inputs, terms, strict=True))
        ]

    return completed


def _complete(x: Variable, term: Variable | None, connected: bool) -> Variable:
    if not connected:
        return disconnected_type()
    if term is not None and (is_disconnected(term) or is_null(term)):
        return term
    if term is not None and is_continuous(x):
        return term
    return zero_gradient(x)


def forward(rule: Callable[[Any, list], list]) -> Callable[[Any, list], list]:
    """Mark a forward rule as one that takes None for a tangent that is zero or does not exist."""
    rule.takes_none = True  # type: ignore[attr-defined]
    return rule
