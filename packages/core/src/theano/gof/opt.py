"""Classic path of rewriters; all names of `theano.opt` are here."""

from __future__ import annotations

from theano.gof._forward import forward

_REWRITERS = (
    "EquilibriumOptimizer", "FromFunctionLocalOptimizer", "FromFunctionOptimizer", "LocalOptGroup", "LocalOptimizer",
    "MergeFeature", "MergeOptimizer", "NavigatorOptimizer", "OpKeyOptimizer", "OpRemove", "OpSub", "Optimizer",
    "PatternSub", "SeqOptimizer", "TopoOptimizer", "copy_stack_trace", "in2out", "inplace_optimizer",
    "local_optimizer", "optimizer", "out2in", "pre_constant_merge",
)  # fmt: skip

_NAMES = {name: f"theano.opt:{name}" for name in _REWRITERS}
__getattr__, __dir__, __all__ = forward(__name__, _NAMES, rest="theano.opt")
