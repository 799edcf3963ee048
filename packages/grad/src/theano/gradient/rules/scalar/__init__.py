"""Derivative rows of scalar ops, and the gradient of scalar ops applied to scalar variables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any

import theano.scalar as aes
from theano.gradient.disconnected import is_disconnected
from theano.gradient.rules.conventions import forward
from theano.gradient.rules.scalar import arithmetic, comparison, complex, composite, special, transcendental
from theano.gradient.rules.scalar.derivative import nothing, partials, real_only, tangent
from theano.tensor import xlogx

__all__ = ["register", "row_classes"]


def scalar_gradient(node: Any, gs: Any) -> list:
    """Gradient of a scalar op on scalar variables."""
    arriving = [None if is_disconnected(g) else g for g in gs]
    terms = partials(node.op, aes, node.inputs, node.outputs, arriving)
    return [nothing(node, i) if term is None else term for i, term in enumerate(terms)]


@forward
def scalar_forward(node: Any, points: Any) -> list:
    """Tangents of a scalar op on scalar variables: sums of partial derivative times tangent."""
    return [tangent(node.op, aes, node, o, points) for o in range(len(node.outputs))]


def row_classes(homes: Sequence[Any] = (aes, xlogx)) -> dict[type, Any]:
    """Derivative rows by class, of the scalar ops that the modules `homes` hold."""
    found: dict[type, Any] = {}
    for rows in (arithmetic.ROWS, comparison.ROWS, transcendental.ROWS, special.ROWS, complex.ROWS, composite.ROWS):
        for name, row in rows.items():
            cls = next((c for c in (getattr(home, name, None) for home in homes) if isinstance(c, type)), None)
            if cls is not None:
                plain = name in complex.COMPLEX_CAPABLE or row is comparison.flat or row is composite.composite
                found[cls] = row if plain else real_only(row)
    return found


def register(registry: Any) -> None:
    """Add the rows of scalar ops to the registry; those of activation functions when one is met."""
    derivative = registry.table("derivative")
    # classic scalar ops state their derivative as a method; a row on the same class still wins
    derivative.methods.update({"L_op": composite.adapt_l_op, "grad": composite.adapt_grad})
    for cls, row in row_classes().items():
        derivative.register(cls, row)
    for home in ("theano.tensor.nnet.sigm", "theano.tensor.nnet.activations"):
        derivative.register_later(home, partial(_register_home, derivative, home))
    registry.table("gradient").register(aes.ScalarOp, scalar_gradient)
    registry.table("forward").register(aes.ScalarOp, scalar_forward)


def _register_home(derivative: Any, home: str) -> None:
    for cls, row in row_classes([import_module(home)]).items():
        if cls.__module__ == home:
            derivative.register(cls, row)
