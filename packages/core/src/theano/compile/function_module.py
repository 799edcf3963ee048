"""Classic path of what makes functions; the parts live in rooms named after their subject."""

from theano.compile.builders import OpFromGraph
from theano.compile.callable import Function
from theano.compile.io import In, SymbolicInput, SymbolicOutput
from theano.compile.maker import FunctionMaker
from theano.compile.memory_contract import add_copies as insert_deepcopy
from theano.compile.memory_contract import alias_root, infer_reuse_pattern
from theano.compile.old_style import convert_function_input
from theano.errors import AliasedMemoryError, UnusedInputError
from theano.graph import Supervisor

__all__ = [
    "AliasedMemoryError",
    "Function",
    "FunctionMaker",
    "In",
    "OpFromGraph",
    "Supervisor",
    "SymbolicInput",
    "SymbolicOutput",
    "UnusedInputError",
    "alias_root",
    "convert_function_input",
    "infer_reuse_pattern",
    "insert_deepcopy",
]
