"""An op in one file: x / (1 + |x|), with meaning, gradient and kernel.

Installed with pip it is found by Theano through its entry point; nothing else is to be configured.
"""

from __future__ import annotations

from theano.plugin import hookimpl
from theano.scalar import UnaryScalarOp, upgrade_to_float
from theano.tensor.elemwise import Elemwise


class SoftSign(UnaryScalarOp):
    """x / (1 + |x|); the formula is both what NumPy computes and what the compiled kernel computes."""

    def formula(self, k, x):
        return x / (1 + k.abs(x))


softsign = Elemwise(SoftSign(upgrade_to_float, name="softsign"))


@hookimpl
def theano_register_ops(registry):
    """Let tools find the op by name."""
    registry.ops["softsign"] = softsign


@hookimpl
def theano_register_gradient_rules(registry):
    """The derivative is 1 / (1 + |x|)**2."""

    @registry.table("derivative").register(SoftSign)
    def softsign_derivative(op, k, xs, out, g):
        return [g / k.sqr(1 + abs(xs[0]))]
