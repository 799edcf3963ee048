"""Compilation: from symbolic inputs and outputs to a function, on whatever backend there is."""

from importlib import import_module
from typing import Any

from theano.compile.backend import Backend, BackendUnavailable, PythonBackend
from theano.compile.builders import OpFromGraph
from theano.compile.callable import Function, PythonFunction
from theano.compile.io import In, Out, Param, SymbolicInput, SymbolicOutput
from theano.compile.linkers import Linker
from theano.compile.maker import FunctionMaker
from theano.compile.memory_contract import alias_root, infer_reuse_pattern
from theano.compile.mode import (
    FAST_COMPILE,
    FAST_RUN,
    Mode,
    get_default_mode,
    get_mode,
    predefined_linkers,
    predefined_modes,
    predefined_optimizers,
    register_linker,
    register_mode,
    register_optimizer,
)
from theano.compile.monitormode import MonitorMode
from theano.compile.old_style import convert_function_input
from theano.compile.ops import DeepCopyOp, FromFunctionOp, ViewOp, as_op, deep_copy_op, view_op
from theano.compile.profiling import ProfileStats
from theano.compile.query import Query
from theano.compile.rebuild import iter_over_pairs, rebuild_collect_shared
from theano.compile.runtime_errors import raise_with_op
from theano.compile.sharedvalue import Container, SharedVariable, generic_constructor, shared, shared_constructor
from theano.errors import AliasedMemoryError, UnusedInputError
from theano.plugin import registry

# The function takes the place of the submodule of the same name; it comes last for that reason.
from theano.compile.function import function, function_dump  # isort: skip
from theano.compile.pfunc import pfunc  # isort: skip

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "AliasedMemoryError",
    "Backend",
    "BackendUnavailable",
    "Container",
    "DeepCopyOp",
    "FromFunctionOp",
    "Function",
    "FunctionMaker",
    "In",
    "Linker",
    "Mode",
    "MonitorMode",
    "OpFromGraph",
    "Out",
    "Param",
    "ProfileStats",
    "PythonBackend",
    "PythonFunction",
    "Query",
    "SharedVariable",
    "SymbolicInput",
    "SymbolicOutput",
    "UnusedInputError",
    "ViewOp",
    "alias_root",
    "as_op",
    "convert_function_input",
    "deep_copy_op",
    "function",
    "function_dump",
    "generic_constructor",
    "get_default_mode",
    "get_mode",
    "infer_reuse_pattern",
    "iter_over_pairs",
    "pfunc",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "raise_with_op",
    "rebuild_collect_shared",
    "register_linker",
    "register_mode",
    "register_optimizer",
    "shared",
    "shared_constructor",
    "view_op",
]

# Classic names of ops that live with the tensors.
_IN_TENSOR = frozenset(("Rebroadcast", "Shape", "Shape_i", "SpecifyShape", "shape", "shape_i", "specify_shape"))
# Op classes that run a function of their own: the attribute that holds it.
ops_with_inner_function = {OpFromGraph: "fn"}


def __getattr__(name: str) -> Any:
    if name == "DebugMode":
        from theano.compile.debugmode import DebugMode  # lazy: few programs want it

        return DebugMode
    if name == "optdb":
        return registry().optdb
    if name in ("debugmode", "function_module"):
        return import_module(f"{__name__}.{name}")  # as above
    if name in _IN_TENSOR:
        # By name: tensors stand above this room.
        return getattr(import_module("theano.tensor"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
