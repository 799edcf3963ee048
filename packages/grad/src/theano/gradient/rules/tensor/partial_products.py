"""Products of all elements but one: their derivatives are products of all but two, and so on."""

from __future__ import annotations

from typing import Any

from theano.gradient.rules.conventions import forward, gradient
from theano.tensor.partial_products import PartialProducts

__all__ = ["register"]


@gradient
def partial_products_gradient(node: Any, gs: list) -> list:
    """By the elements: one direction more; by a direction: g in its place."""
    (x, *directions), (g,) = node.inputs, gs
    others = [directions[:i] + directions[i + 1 :] for i in range(len(directions))]
    return [node.op(x, *directions, g), *(node.op(x, *rest, g) for rest in others)]


@forward
def partial_products_forward(node: Any, points: list) -> list:
    """The same terms, for tangents: whether element i counts for j or j for i, the product lacks both."""
    x, *directions = node.inputs
    terms = [] if points[0] is None else [node.op(x, *directions, points[0])]
    for i, point in enumerate(points[1:]):
        if point is not None:
            terms.append(node.op(x, *directions[:i], point, *directions[i + 1 :]))
    total: Any = None
    for term in terms:
        total = term if total is None else total + term
    return [total]


def partial_products_batching(node: Any, block: Any) -> list:
    """The same groups in each row."""
    return [node.op(*[block.full(i) for i in range(len(block.inputs))])]


def register(registry: Any) -> None:
    registry.table("gradient").register(PartialProducts, partial_products_gradient)
    registry.table("forward").register(PartialProducts, partial_products_forward)
    registry.table("batching").register(PartialProducts, partial_products_batching)
