"""The engine: rewriters and the ways to drive them. Nothing here knows a tensor."""

from typing import TYPE_CHECKING, Any

from .equilibrium import EquilibriumOptimizer
from .late import LateOptimizer, LateRule
from .local import (
    Dispatch,
    FromFunctionLocalOptimizer,
    GraphRule,
    LocalOptGroup,
    LocalOptimizer,
    apply_local,
    dispatch_keys,
    local_optimizer,
)
from .merge import MergeFeature, MergeOptimizer, is_same_graph_with_merge, pre_constant_merge
from .navigator import NavigatorOptimizer, OpKeyOptimizer, TopoOptimizer, in2out, out2in
from .rewriter import FromFunctionOptimizer, Optimizer, copy_stack_trace, failed, inplace_optimizer, optimizer
from .sequence import SeqOptimizer

if TYPE_CHECKING:
    from .pattern import OpRemove, OpSub, PatternSub

__all__ = [
    "Dispatch", "EquilibriumOptimizer", "FromFunctionLocalOptimizer", "FromFunctionOptimizer", "GraphRule",
    "LateOptimizer", "LateRule", "LocalOptGroup", "LocalOptimizer", "MergeFeature", "MergeOptimizer",
    "NavigatorOptimizer", "OpKeyOptimizer", "OpRemove", "OpSub", "Optimizer", "PatternSub", "SeqOptimizer",
    "TopoOptimizer", "apply_local", "copy_stack_trace", "dispatch_keys", "failed", "in2out", "inplace_optimizer",
    "is_same_graph_with_merge", "local_optimizer", "optimizer", "out2in", "pre_constant_merge",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in ("OpRemove", "OpSub", "PatternSub"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import pattern  # lazy: our own rules do without patterns

    value = globals()[name] = getattr(pattern, name)
    return value
