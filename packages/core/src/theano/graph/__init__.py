"""Graphs: variables, nodes, ops, types, and the graph that rewrites change."""

from theano.graph.apply import Apply
from theano.graph.clone import clone, clone_get_equiv, clone_replace, rebuild_graph
from theano.graph.equality import equal_computations, is_same_graph
from theano.graph.features import DestroyHandler, Feature, Supervisor
from theano.graph.function_graph import FunctionGraph
from theano.graph.null_types import DisconnectedType, NullType, grad_not_implemented, grad_undefined
from theano.graph.op import Op, frozen_op
from theano.graph.refusals import NotANumber, variable_text
from theano.graph.rules import RuleTable
from theano.graph.tag import Scratchpad, scratchpad
from theano.graph.trace import add_tag_trace, copy_stack_trace, format_trace
from theano.graph.traversal import (
    ancestors,
    depends_on,
    explicit_inputs,
    graph_inputs,
    io_toposort,
    toposort,
    variables_between,
    view_roots,
)
from theano.graph.type import Generic, Type, generic
from theano.graph.variable import AtomicVariable, Constant, Variable

__all__ = [
    "Apply",
    "AtomicVariable",
    "Constant",
    "DestroyHandler",
    "DisconnectedType",
    "Feature",
    "FunctionGraph",
    "Generic",
    "NotANumber",
    "NullType",
    "Op",
    "RuleTable",
    "Scratchpad",
    "Supervisor",
    "Type",
    "Variable",
    "add_tag_trace",
    "ancestors",
    "clone",
    "clone_get_equiv",
    "clone_replace",
    "copy_stack_trace",
    "depends_on",
    "equal_computations",
    "explicit_inputs",
    "format_trace",
    "frozen_op",
    "generic",
    "grad_not_implemented",
    "grad_undefined",
    "graph_inputs",
    "io_toposort",
    "is_same_graph",
    "rebuild_graph",
    "scratchpad",
    "toposort",
    "variable_text",
    "variables_between",
    "view_roots",
]
