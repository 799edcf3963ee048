"""The loop IR: scalar expressions, kernels made of sweeps, and the formula namespace."""

from theano.codegen.dtypes import can_lower
from theano.codegen.expr import PRIMITIVES, Expr, NotLowerable, call, cast, const, post_order
from theano.codegen.formula import FormulaNamespace, k
from theano.codegen.kernel import FinalSweep, Kernel, MapSweep, Out, ReduceSweep, sweep_values

__all__ = [
    "PRIMITIVES",
    "Expr",
    "FinalSweep",
    "FormulaNamespace",
    "Kernel",
    "MapSweep",
    "NotLowerable",
    "Out",
    "ReduceSweep",
    "call",
    "can_lower",
    "cast",
    "const",
    "k",
    "post_order",
    "sweep_values",
]
