"""Rewriting of graphs: the engine, the database of rewrites with its query language, and the rewrites.

The names are those of classic `theano.gof.opt` and `theano.gof.optdb`.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "DB", "EquilibriumDB", "EquilibriumOptimizer", "FromFunctionLocalOptimizer", "FromFunctionOptimizer",
    "LocalGroupDB", "LocalOptGroup", "LocalOptimizer", "MergeFeature", "MergeOptimizer", "NavigatorOptimizer",
    "OpKeyOptimizer", "OpRemove", "OpSub", "Optimizer", "PatternSub", "ProxyDB", "Query", "SeqOptimizer",
    "SequenceDB", "TopoDB", "TopoOptimizer", "copy_stack_trace", "in2out", "inplace_optimizer",
    "is_same_graph_with_merge", "local_optimizer", "optdb", "optimizer", "out2in", "pre_constant_merge",
]  # fmt: skip

#: Where each name lives. All are looked up on first use: programs that only call functions, or compile some that a
#: process before them compiled, load this package for its plugin alone.
_HOMES = {
    **dict.fromkeys(__all__, "engine"),
    **dict.fromkeys(
        ("DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "Query", "SequenceDB", "TopoDB", "optdb"), "database"
    ),
    "Canonizer": "canonizer", "FusionOptimizer": "fusion", "ShapeFeature": "shape_feature",
    "ShapeOptimizer": "shape_feature",
    "UnShapeOptimizer": "shape_feature", "constant_folding": "constant_folding",
    **dict.fromkeys(
        (
            "AddFeatureOptimizer", "CheckStackTraceOptimization", "check_chain", "check_stack_trace",
            "inherit_stack_trace", "pre_greedy_local_optimizer", "register_canonicalize", "register_specialize",
            "register_specialize_device",
            "register_stabilize", "register_uncanonicalize", "register_useless",
        ),
        "classic",
    ),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("database", "engine"):
        return import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value
