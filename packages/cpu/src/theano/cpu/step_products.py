"""Products of matrices and short vectors in the step of a loop.

The matrix is an input of the step that does not move. The result of a product is a row like others: the ``load`` leaf
of an input behind all inputs of the step. The runtime multiplies (``runtime/short_product.h``), in the order of
additions that it takes for the same product outside of loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.codegen import Expr
from theano.codegen.expr import call
from theano.frozen import dataclass
from theano.lowering import CallStep, ViewStep

__all__ = ["MatrixOf", "Product", "Products"]


@dataclass(frozen=True)
class MatrixOf:
    """Input `input` of the step, a matrix, or its transpose."""

    input: int
    turned: bool


@dataclass(frozen=True)
class Product:
    """`matrix` times the row of which `operand` is an element."""

    matrix: MatrixOf
    operand: Expr


class Products:
    """Finds the products of a plan; `found` holds them in their order."""

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        self.found: list[Product] = []

    def of_step(self, step: Any, inputs: Sequence[Any]) -> dict[int, Any] | None:
        """Values of the outputs of a step that has to do with matrices; None for other steps, and what cannot be done.

        Lengths that differ are found at run time: all rows of a loop have one, which is that of the matrices too.
        """
        if isinstance(step, ViewStep) and isinstance(inputs[0], MatrixOf) and step.kind in ("identity", "dimshuffle"):
            turned = step.kind == "dimshuffle" and tuple(step.params) == (1, 0)
            straight = step.kind == "identity" or tuple(step.params) == (0, 1)
            return {0: MatrixOf(inputs[0].input, inputs[0].turned != turned)} if turned or straight else None
        if not isinstance(step, CallStep):
            return None
        if step.routine == "shape_i" or (step.routine == "alloc_empty" and self._is_vector(step.outputs[0])):
            return {0: None}
        if step.routine == "dot" and len(inputs) == 2:
            turned = isinstance(inputs[1], MatrixOf)
            row = self._product(inputs[turned], inputs[not turned], turned, step.outputs[0])
            return None if row is None else {0: row}
        if step.routine == "gemm" and self._is_vector(step.outputs[0]):
            return self._sum(step, inputs)
        return None

    def _is_vector(self, slot: int) -> bool:
        return self.plan.slots[slot].type.ndim == 1

    def _product(self, matrix: Any, operand: Any, turned: bool, slot: int) -> Expr | None:
        if not isinstance(matrix, MatrixOf) or not isinstance(operand, Expr):
            return None
        product = Product(MatrixOf(matrix.input, matrix.turned != turned), operand)
        if product not in self.found:
            self.found.append(product)
        place = len(self.plan.inputs) + self.found.index(product)
        return Expr("load", (), self.plan.slots[slot].type.dtype, (place, 0))

    def _sum(self, step: Any, inputs: Sequence[Any]) -> dict[int, Any] | None:
        """``beta z + alpha A x`` with factors that round nothing which the library would not."""
        z, alpha, matrix, x, beta = inputs
        if not _is_const(alpha) or not _is_const(beta) or beta.value not in (0, 1):
            return None
        row = self._product(matrix, x, False, step.outputs[0])
        if row is None or (beta.value and not isinstance(z, Expr)):
            return None
        row = row if alpha.value == 1 else call("mul", row, alpha)
        return {0: call("add", z, row) if beta.value else row}


def _is_const(value: Any) -> bool:
    return isinstance(value, Expr) and value.kind == "const"
