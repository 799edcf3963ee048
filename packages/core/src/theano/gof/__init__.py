"""Classic path of graphs, ops, types and rewrites; every name is forwarded to where it lives now."""

from __future__ import annotations

from theano.gof._forward import forward

_GRAPH = ("Apply", "Constant", "FunctionGraph", "Generic", "Op", "Type", "Variable", "generic")
_LINKERS = (
    "CLinker", "Container", "Linker", "LocalLinker", "OpWiseCLinker", "PerformLinker", "WrapLinker", "WrapLinkerMany",
)  # fmt: skip
_REWRITERS = (
    "EquilibriumOptimizer", "LocalOptGroup", "LocalOptimizer", "MergeOptimizer", "NavigatorOptimizer",
    "OpKeyOptimizer", "OpRemove", "OpSub", "Optimizer", "PatternSub", "SeqOptimizer", "TopoOptimizer",
    "inplace_optimizer", "local_optimizer", "optimizer",
)  # fmt: skip
_DATABASES = ("DB", "EquilibriumDB", "LocalGroupDB", "ProxyDB", "SequenceDB")
_ERRORS = ("CachedConstantError", "InconsistencyError", "MissingInputError", "ReplacementDidntRemovedError")
_FEATURES = ("Bookkeeper", "Feature", "History", "NoOutputFromInplace", "ReplaceValidate", "Validator")
_PARAMETERS = ("CEnumType", "EnumList", "EnumType", "Params", "ParamsType")

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        **{name: f"theano.graph:{name}" for name in (*_GRAPH, "DestroyHandler")},
        **{name: f"theano.gof.link:{name}" for name in _LINKERS},
        **{name: f"theano.opt:{name}" for name in (*_REWRITERS, *_DATABASES)},
        **{name: f"theano.errors:{name}" for name in _ERRORS},
        **{name: f"theano.gof.toolbox:{name}" for name in _FEATURES},
        **{name: f"theano.gof.params_type:{name}" for name in _PARAMETERS},
        "COp": "theano.gof.op:COp",
        "OpenMPOp": "theano.gof.op:OpenMPOp",
        "PureOp": "theano.graph:Op",
        "Query": "theano.compile.query:Query",
        "object2": "theano.gof.utils:object2",
    },
    submodules=(
        "cc", "cmodule", "destroyhandler", "features", "fg", "graph", "link", "null_type", "op", "opt", "optdb",
        "params_type", "toolbox", "type", "utils", "vm",
    ),
)  # fmt: skip
