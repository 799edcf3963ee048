"""From a rewritten graph to a plan of steps."""

from theano.lowering.build import Build, Rows
from theano.lowering.plan import Plan, Slot
from theano.lowering.steps import CallStep, KernelStep, PerformStep, Step, ViewStep
from theano.lowering.verify import PlanError, verify_plan
from theano.lowering.waist import lower

__all__ = [
    "Build",
    "CallStep",
    "KernelStep",
    "PerformStep",
    "Plan",
    "PlanError",
    "Rows",
    "Slot",
    "Step",
    "ViewStep",
    "lower",
    "verify_plan",
]
