"""Rectifiers and other activations built from elementwise ops."""

from __future__ import annotations

from typing import Any

from theano.graph import Variable
from theano.scalar.base import UnaryScalarOp
from theano.scalar.rules import upgrade_to_float
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.elemwise import Elemwise

__all__ = ["ScalarSoftsign", "elu", "relu", "scalar_softsign", "selu", "softsign"]


class ScalarSoftsign(UnaryScalarOp):
    """x / (1 + abs(x))."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.true_div(x, k.add(k.abs(x), k.const(1.0, str(x.dtype))))


scalar_softsign = ScalarSoftsign(upgrade_to_float, name="scalar_softsign")
softsign = Elemwise(scalar_softsign, name="softsign")


def relu(x: Any, alpha: Any = 0) -> Variable:
    """Rectifier ``max(x, 0)`` with slope `alpha` below 0.

    Parameters
    ----------
    x : TensorVariable
    alpha : number or tensor that broadcasts against `x`

    Returns
    -------
    TensorVariable
        Written with ``abs``, so the slope at 0 is ``(1 + alpha) / 2``.

    Examples
    --------
    >>> import theano.tensor as T
    >>> relu(T.constant([-2.0, 3.0]), alpha=0.5).eval().tolist()
    [-1.0, 3.0]
    """
    x = as_tensor_variable(x)
    if isinstance(alpha, int | float) and alpha == 0:
        return 0.5 * (x + abs(x))
    alpha = as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: Any = 1) -> Variable:
    """``x`` above 0, ``alpha * expm1(x)`` elsewhere.

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units,
    2016, eq. 14.
    """
    # lazy: math is larger than what the ops above need
    from theano.tensor.math import expm1, switch

    x = as_tensor_variable(x)
    return switch(x > 0, x, alpha * expm1(x))


def selu(x: Any) -> Variable:
    """Self-normalising exponential linear unit: scaled `elu`.

    Source: Klambauer and others, Self-normalizing neural networks, 2017, eq. 2 and 14.
    """
    alpha = 1.6732632423543772848170429916717
    scale = 1.0507009873554804934193349852946
    return scale * elu(x, alpha)
