"""The logistic function, its cheap approximations, and softplus."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.graph import Variable
from theano.scalar.base import UnaryScalarOp
from theano.scalar.rules import transfer_type, upgrade_to_float
from theano.scalar.type import get_scalar_type
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.elemwise import Elemwise

__all__ = [
    "ScalarSigmoid",
    "ScalarSoftplus",
    "UltraFastScalarSigmoid",
    "hard_sigmoid",
    "scalar_sigmoid",
    "scalar_softplus",
    "sigmoid",
    "sigmoid_inplace",
    "softplus",
    "ultra_fast_scalar_sigmoid",
    "ultra_fast_sigmoid",
    "ultra_fast_sigmoid_inplace",
]


class ScalarSigmoid(UnaryScalarOp):
    """1 / (1 + exp(-x)) without overflow."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.sigmoid(x)


class UltraFastScalarSigmoid(UnaryScalarOp):
    """Piecewise sigmoid without exponentials, within 0.02 of the exact value and flat from ``|x| = 6``.

    With u = |x| / 2, tanh(u) is replaced by its rational approximant u (27 + u^2) / (27 + 9 u^2) below 1.5, by the
    straight line from there to tanh(3) up to 3, and by tanh(3) beyond.
    """

    def formula(self, k: Any, x: Any) -> Any:
        def number(value: float) -> Any:
            return k.const(value, str(x.dtype))

        half = k.mul(k.abs(x), number(0.5))
        square = k.mul(half, half)
        curve = k.true_div(k.mul(half, k.add(square, number(27.0))), k.add(k.mul(square, number(9.0)), number(27.0)))
        low, high = 1.5 * (27 + 2.25) / (27 + 9 * 2.25), math.tanh(3.0)
        line = k.add(k.mul(k.sub(half, number(1.5)), number((high - low) / 1.5)), number(low))
        z = k.where(k.lt(half, number(1.5)), curve, k.where(k.lt(half, number(3.0)), line, number(high)))
        signed = k.where(k.lt(x, number(0.0)), k.neg(z), z)
        return k.mul(k.add(signed, number(1.0)), number(0.5))


class ScalarSoftplus(UnaryScalarOp):
    """log(1 + exp(x)) without overflow."""

    def formula(self, k: Any, x: Any) -> Any:
        return k.softplus(x)


scalar_sigmoid = ScalarSigmoid(upgrade_to_float, name="scalar_sigmoid")
sigmoid = Elemwise(scalar_sigmoid, name="sigmoid")
sigmoid_inplace = Elemwise(ScalarSigmoid(transfer_type(0)), inplace_pattern={0: 0}, name="sigmoid_inplace")

ultra_fast_scalar_sigmoid = UltraFastScalarSigmoid(upgrade_to_float, name="ultra_fast_scalar_sigmoid")
ultra_fast_sigmoid = Elemwise(ultra_fast_scalar_sigmoid, name="ultra_fast_sigmoid")
ultra_fast_sigmoid_inplace = Elemwise(
    UltraFastScalarSigmoid(transfer_type(0)), inplace_pattern={0: 0}, name="ultra_fast_sigmoid_inplace"
)

scalar_softplus = ScalarSoftplus(upgrade_to_float, name="scalar_softplus")
softplus = Elemwise(scalar_softplus, name="softplus")


def hard_sigmoid(x: Any) -> Variable:
    """``clip(0.2 * x + 0.5, 0, 1)``, dtype float-upgraded.

    Examples
    --------
    >>> import theano.tensor as T
    >>> hard_sigmoid(T.constant([-3.0, 0.0, 3.0])).eval().tolist()
    [0.0, 0.5, 1.0]
    """
    # lazy: math is larger than what the ops above need
    from theano.tensor.math import clip

    x = as_tensor_variable(x)
    dtype = upgrade_to_float(get_scalar_type(x.type.dtype))[0].dtype
    slope, shift = np.asarray(0.2, dtype), np.asarray(0.5, dtype)
    return clip(x * slope + shift, np.asarray(0, dtype), np.asarray(1, dtype))
