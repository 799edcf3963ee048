"""Gradients against central differences, and forward mode against reverse mode.

Differentiation is asked for by name (``theano.grad``, ``theano.Rop``): where theano-grad is not installed, these checks
are left out and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import theano
import theano.tensor as at
from theano.compile import Mode, function
from theano.graph.traversal import toposort
from theano.plugin import table
from theano.testing.values import assert_same

__all__ = ["check_forward", "check_gradient", "missing_rules"]

_STEP = 1e-5
_MOST_ELEMENTS = 40
_TOLERANCE = (2e-5, 2e-6)


def missing_rules(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> list[str]:
    """The ops with continuous results on the way from `inputs` for which the rule table `name` has no rule."""
    rules, found = table(name), set()
    reached = set(inputs)
    for node in toposort(list(outputs), list(inputs)):
        if not any(v in reached for v in node.inputs) or not any(_is_continuous(v) for v in node.outputs):
            continue
        reached.update(node.outputs)
        if rules.lookup(node.op) is None:
            found.add(str(node.op))
    return sorted(found)


def _is_continuous(v: Any) -> bool:
    return str(getattr(v.type, "dtype", "")).startswith(("float", "complex"))


def _is_float(v: Any) -> bool:
    return str(getattr(v.type, "dtype", "")).startswith("float")


class _Problem:
    """A weighted sum of the float outputs, as a function of the float inputs."""

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], arrays: Sequence[np.ndarray], seed: int) -> None:
        self.inputs, self.arrays = list(inputs), list(arrays)
        self.numbers = np.random.default_rng(seed)
        self.wrt = [v for v in inputs if _is_float(v)]
        self.positions = [i for i, v in enumerate(inputs) if _is_float(v)]
        self.floats = [v for v in outputs if _is_float(v)]
        values = self.compile(self.floats)(*arrays)
        self.weights = [self.numbers.uniform(0.5, 1.5, np.shape(v)).astype(np.asarray(v).dtype) for v in values]

    def compile(self, outputs: Sequence[Any]) -> Any:
        return function(self.inputs, list(outputs), mode=Mode("py", None), on_unused_input="ignore")

    def cost(self) -> Any:
        total: Any = 0.0
        for v, w in zip(self.floats, self.weights, strict=True):
            total = total + at.sum(v * at.constant(w))
        return total

    def reverse(self, grad: Callable[..., Any] | None = None) -> list[np.ndarray]:
        made = (grad or theano.grad)(self.cost(), self.wrt, disconnected_inputs="ignore")
        values: list[np.ndarray] = self.compile(made)(*self.arrays)
        return values


def check_gradient(
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    arrays: Sequence[np.ndarray],
    subject: str,
    grad: Callable[..., Any] | None = None,
) -> bool:
    """Compare reverse-mode gradients with central differences; False if nothing can be differentiated.

    Parameters
    ----------
    grad : callable, optional
        ``grad(cost, wrt, disconnected_inputs="ignore")``; default `theano.grad`.
    """
    problem = _Problem(inputs, outputs, arrays, len(arrays))
    if not problem.wrt or not problem.floats:
        return False
    cost = problem.compile([problem.cost()])
    for position, found in zip(problem.positions, problem.reverse(grad), strict=True):
        array = arrays[position]
        text = f"{subject}: gradient for input {position}"
        if array.shape != np.shape(found):
            assert_same(found, array, text)
        chosen = np.arange(array.size)[:_MOST_ELEMENTS]
        numeric = [_difference(cost, arrays, position, int(k)) for k in chosen]
        scale = max(1.0, float(np.max(np.abs(numeric), initial=0.0)))
        assert_same(np.ravel(found)[chosen], numeric, text, (_TOLERANCE[0], _TOLERANCE[1] * scale))
    return True


def _difference(cost: Callable[..., list[Any]], arrays: Sequence[np.ndarray], position: int, k: int) -> float:
    """The slope along element `k` of one input."""
    moved = []
    step = _STEP * max(1.0, abs(float(arrays[position].flat[k])))
    for sign in (1, -1):
        copies = [a.copy() for a in arrays]
        copies[position].flat[k] += sign * step
        moved.append(float(cost(*copies)[0]))
    return (moved[0] - moved[1]) / (2 * step)


def check_forward(inputs: Sequence[Any], outputs: Sequence[Any], arrays: Sequence[np.ndarray], subject: str) -> bool:
    """Check that both modes see one Jacobian J: w (J u) equals (w J) u; False if nothing can be differentiated."""
    problem = _Problem(inputs, outputs, arrays, len(arrays))
    if not problem.wrt or not problem.floats:
        return False
    points = [problem.numbers.normal(size=arrays[i].shape).astype(arrays[i].dtype) for i in problem.positions]
    constants = [
        at.patternbroadcast(at.constant(p), v.type.broadcastable) for p, v in zip(points, problem.wrt, strict=True)
    ]
    tangents = theano.Rop(problem.floats, problem.wrt, constants, disconnected_outputs="ignore")
    carried = problem.compile(tangents)(*arrays)
    forward = sum(float(np.sum(w * t)) for w, t in zip(problem.weights, carried, strict=True))
    reverse = sum(float(np.sum(g * p)) for g, p in zip(problem.reverse(), points, strict=True))
    assert_same(np.float64(forward), np.float64(reverse), f"{subject}: forward against reverse mode", (1e-9, 1e-9))
    return True
