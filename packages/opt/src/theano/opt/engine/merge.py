"""Merging: equal constants become one, equal nodes (same op, same inputs) become one. One pass in topological order."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from theano.graph import Apply, Constant, Feature, FunctionGraph, Variable

from .rewriter import Optimizer, copy_stack_trace

__all__ = ["MergeFeature", "MergeOptimizer", "is_same_graph_with_merge", "merge_constants", "pre_constant_merge"]


class _Key:
    """A signature that hashes its content once."""

    __slots__ = ("hash", "signature")

    def __init__(self, signature: Any) -> None:
        self.signature, self.hash = signature, hash(signature)

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.hash == other.hash and bool(self.signature == other.signature)


# Constants live through many passes, and hashing their data is the dear part of a pass.
_keys: WeakKeyDictionary[Constant, Any] = WeakKeyDictionary()


# The edition of each graph after it was last merged: what did not change since has nothing to merge.
_merged: WeakKeyDictionary[FunctionGraph, int] = WeakKeyDictionary()


def signature_of(constant: Constant) -> Any:
    """A hashable key that equal constants share; the constant itself where there is none."""
    key = _keys.get(constant)
    if key is None:
        try:
            key = _Key(constant.merge_signature())
        except (TypeError, NotImplementedError, AttributeError):
            return constant
        _keys[constant] = key
    return key


def merge_constants(fgraph: FunctionGraph, nodes: list[Apply]) -> bool:
    """Let every constant used by `nodes` and by the outputs stand for all equal ones; named ones are preferred."""
    chosen: dict[Any, Constant] = {}
    twins: dict[Constant, Any] = {}
    for variable in [v for node in nodes for v in node.inputs] + list(fgraph.outputs):
        if not isinstance(variable, Constant) or variable in twins:
            continue
        key = twins[variable] = signature_of(variable)
        first = chosen.get(key)
        if first is None or (first.name is None and variable.name is not None):
            chosen[key] = variable
    pairs = [(constant, chosen[key]) for constant, key in twins.items() if chosen[key] is not constant]
    if pairs:
        fgraph.replace_all(pairs, reason="merge")
    return bool(pairs)


class MergeOptimizer(Optimizer):
    """Merge equal constants and equal nodes, in linear time.

    Inputs and shared variables never merge. Nodes that destroy an input stay apart.
    """

    name = "merge"

    def apply(self, fgraph: FunctionGraph) -> bool:
        if _merged.get(fgraph) == fgraph.edition:
            return False
        changed = self._merge(fgraph)
        _merged[fgraph] = fgraph.edition
        return changed

    def _merge(self, fgraph: FunctionGraph) -> bool:
        nodes = fgraph.toposort()
        changed = merge_constants(fgraph, nodes)
        first_of: dict[Any, Apply] = {}
        for node in nodes:
            op = node.op
            key = (op, *node.inputs)
            first = first_of.setdefault(key, node)
            if first is node or op.destroy_map:
                continue
            self._join(fgraph, first, node)
            changed = True
        return changed

    @staticmethod
    def _join(fgraph: FunctionGraph, first: Apply, node: Apply) -> None:
        pairs = []
        for kept, gone in zip(first.outputs, node.outputs, strict=True):
            if not fgraph.has_client(gone):
                continue
            if kept.name is None and gone.name is not None:
                kept.name = gone.name
            copy_stack_trace(gone, kept)
            pairs.append((gone, kept))
        fgraph.replace_all(pairs, reason="merge")


class MergeFeature(Feature):
    """Kept for programs that attach it; merging needs no standing bookkeeping."""


def pre_constant_merge(variables: list[Variable]) -> list[Variable]:
    """Merge equal constants in an expression that no graph owns yet, in place."""
    chosen: dict[Any, Constant] = {}

    def merged(variable: Variable) -> Variable:
        return chosen.setdefault(signature_of(variable), variable) if isinstance(variable, Constant) else variable

    seen: set[Apply] = set()
    stack = [v.owner for v in variables if v.owner is not None]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        node.inputs[:] = [merged(v) for v in node.inputs]
        stack.extend(v.owner for v in node.inputs if v.owner is not None)
    return [merged(v) for v in variables]


def is_same_graph_with_merge(var1: Variable, var2: Variable, givens: dict[Variable, Variable] | None = None) -> bool:
    """Whether two expressions are the same once merged; `givens` maps variables of either to their counterparts."""
    from theano.graph import clone_replace, graph_inputs  # lazy: only this helper clones

    first, second = clone_replace([var1, var2], replace=givens or {})
    inputs = [v for v in graph_inputs([first, second]) if not isinstance(v, Constant)]
    fgraph = FunctionGraph(inputs, [first, second], clone=True)
    MergeOptimizer().optimize(fgraph)
    return fgraph.outputs[0] is fgraph.outputs[1]
