"""Derivative rows of scalar ops, and the gradient of scalar ops applied to scalar variables."""

from __future__ import annotations

from typing import Any

import theano.scalar as aes
from theano.gradient.disconnected import is_disconnected
from theano.gradient.rules.conventions import forward
from theano.gradient.rules.scalar import arithmetic, comparison, complex, composite, special, transcendental
from theano.gradient.rules.scalar.derivative import partials, real_only
from theano.gradient.zeros import zero_gradient
from theano.tensor import xlogx
from theano.tensor.nnet import activations, sigm

__all__ = ["register", "row_classes"]


def scalar_gradient(node: Any, gs: Any) -> list:
    """Gradient of a scalar op on scalar variables."""
    arriving = [None if is_disconnected(g) else g for g in gs]
    terms = partials(node.op, aes, node.inputs, node.outputs, arriving)
    return [zero_gradient(x) if t is None else t for x, t in zip(node.inputs, terms, strict=True)]


@forward
def scalar_forward(node: Any, points: Any) -> list:
    """Tangent of a scalar op on scalar variables: the sum of partial derivative times tangent."""
    if len(node.outputs) != 1:
        raise NotImplementedError(f"Rop through {node.op}, which has {len(node.outputs)} outputs")
    out = node.outputs[0]
    terms = []
    for i, point in enumerate(points):
        if point is not None:
            term = partials(node.op, aes, node.inputs, [out], [aes.cast(point, out.type.dtype)])[i]
            if term is not None and not is_disconnected(term):
                terms.append(term)
    return [zero_gradient(out) if not terms else terms[0] if len(terms) == 1 else aes.add(*terms)]


def row_classes() -> dict[type, Any]:
    """Derivative rows by op class."""
    found: dict[type, Any] = {}
    for rows in (arithmetic.ROWS, comparison.ROWS, transcendental.ROWS, special.ROWS, complex.ROWS, composite.ROWS):
        for name, row in rows.items():
            cls = _class_named(name)
            if cls is not None:
                plain = name in complex.COMPLEX_CAPABLE or row is comparison.flat or row is composite.composite
                found[cls] = row if plain else real_only(row)
    return found


def _class_named(name: str) -> type | None:
    for home in (aes, sigm, activations, xlogx):
        cls = getattr(home, name, None)
        if isinstance(cls, type):
            return cls
    return None


def register(registry: Any) -> None:
    """Add the rows of scalar ops to the registry."""
    derivative = registry.table("derivative")
    # classic scalar ops state their derivative as a method; a row on the same class still wins
    derivative.methods.update({"L_op": composite.adapt_l_op, "grad": composite.adapt_grad})
    for cls, row in row_classes().items():
        derivative.register(cls, row)
    registry.table("gradient").register(aes.ScalarOp, scalar_gradient)
    registry.table("forward").register(aes.ScalarOp, scalar_forward)
