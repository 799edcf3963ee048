"""Rewriting by pattern: nested tuples of ops, with strings as wildcards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Constant, FunctionGraph, Variable

from .local import LocalOptimizer
from .rewriter import copy_stack_trace

__all__ = ["OpRemove", "OpSub", "PatternSub"]


class OpSub(LocalOptimizer):
    """Replace every application of `op1` by `op2` on the same inputs."""

    def __init__(self, op1: Any, op2: Any, transfer_tags: bool = True) -> None:
        self.op1, self.op2, self.transfer_tags = op1, op2, transfer_tags
        self.name = f"{op1} -> {op2}"

    def tracks(self) -> Sequence[Any]:
        return [self.op1]

    def transform(self, node: Apply) -> Any:
        if node.op != self.op1:
            return False
        twin = self.op2.make_node(*node.inputs)
        if self.transfer_tags:
            for old, new in zip(node.outputs, twin.outputs, strict=True):
                copy_stack_trace(old, new)
        return twin.outputs


class OpRemove(LocalOptimizer):
    """Replace every application of a one-input op by its input."""

    def __init__(self, op: Any) -> None:
        self.op, self.name = op, f"{op}(x) -> x"

    def tracks(self) -> Sequence[Any]:
        return [self.op]

    def transform(self, node: Apply) -> Any:
        return node.inputs if node.op == self.op else False


class PatternSub(LocalOptimizer):
    """Replace what matches `in_pattern` by `out_pattern`.

    A pattern is `(op, sub, ...)`; a sub-pattern is a tuple again, a string (a wildcard: equal strings match the same
    variable), a number or a Constant (matches a constant of equal value), or a dict with the keys ``pattern``,
    ``constraint`` (a function of the variable) and ``allow_multiple_clients``.

    Parameters
    ----------
    in_pattern, out_pattern : tuple or str
        `out_pattern` may also be a single wildcard.
    allow_multiple_clients : bool
        False: inner matched nodes must have one client.
    skip_identities_fn : callable(variable) -> bool, optional
        Variables made by one-input nodes for which it holds are looked through.
    values_eq_approx : callable, optional
        Put on the result's tag, for checks that compare values.
    """

    def __init__(
        self,
        in_pattern: Any,
        out_pattern: Any,
        allow_multiple_clients: bool = False,
        skip_identities_fn: Callable[[Variable], bool] | None = None,
        name: str | None = None,
        pdb: bool = False,
        tracks: Sequence[Any] = (),
        get_nodes: Callable[..., Any] | None = None,
        values_eq_approx: Callable[..., bool] | None = None,
    ) -> None:
        head = in_pattern["pattern"] if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(head, list | tuple):
            raise TypeError(explain("PatternSub(in_pattern)", f"{in_pattern!r}", "start with an op: (op, sub, ...)"))
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.op = head[0]
        self.allow_multiple_clients = allow_multiple_clients
        self.skip_identities_fn = skip_identities_fn
        self.values_eq_approx = values_eq_approx
        self.name = name or f"{in_pattern} -> {out_pattern}"
        self._tracks = tuple(tracks)
        self.get_nodes = get_nodes

    def tracks(self) -> Sequence[Any]:
        return self._tracks or [self.op]

    def op_key(self) -> Any:
        """The op at the head of the pattern."""
        return self.op

    def transform(self, node: Apply) -> Any:
        return self.rewrite(None, node)  # type: ignore[arg-type]

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        if self.get_nodes is not None and node.op != self.op:
            for real in self.get_nodes(node):
                found = real != "output" and self.rewrite(fgraph, real)
                if found:
                    return dict(zip(real.outputs, found, strict=True))
            return False
        if node.op != self.op or len(node.outputs) != 1:
            return False
        bound = self._match(fgraph, node.out)
        if bound is None:
            return False
        result = self._build(self.out_pattern, bound, node.out)
        if result.type != node.out.type:
            return False
        if self.values_eq_approx is not None:
            result.tag.values_eq_approx = self.values_eq_approx
        copy_stack_trace(node.out, result)
        return [result]

    def _match(self, fgraph: Any, root: Variable) -> dict[str, Variable] | None:
        bound: dict[str, Variable] = {}
        stack: list[tuple[Any, Variable, bool, bool]] = [(self.in_pattern, root, self.allow_multiple_clients, True)]
        while stack:
            pattern, variable, many, top = stack.pop()
            if self.skip_identities_fn is not None and not top:
                while (
                    variable.owner is not None and len(variable.owner.inputs) == 1 and self.skip_identities_fn(variable)
                ):
                    variable = variable.owner.inputs[0]
            if isinstance(pattern, dict):
                if not pattern.get("constraint", _always)(variable):
                    return None
                stack.append((pattern["pattern"], variable, many or pattern.get("allow_multiple_clients", False), top))
            elif isinstance(pattern, list | tuple):
                node = variable.owner
                if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
                    return None
                if not (top or many or fgraph is None) and len(fgraph.clients(variable)) > 1:
                    return None
                stack.extend(
                    (sub, v, many, False) for sub, v in reversed(list(zip(pattern[1:], node.inputs, strict=True)))
                )
            elif isinstance(pattern, str):
                if bound.setdefault(pattern, variable) is not variable:
                    return None
            elif not _same_constant(pattern, variable):
                return None
        return bound

    def _build(self, pattern: Any, bound: dict[str, Variable], root: Variable) -> Any:
        if isinstance(pattern, str):
            return bound[pattern]
        if isinstance(pattern, list | tuple):
            made = pattern[0](*[self._build(sub, bound, root) for sub in pattern[1:]])
            return copy_stack_trace(root, made)
        if isinstance(pattern, dict):
            return self._build(pattern["pattern"], bound, root)
        return pattern


def _always(variable: Variable) -> bool:
    return True


def _same_constant(pattern: Any, variable: Variable) -> bool:
    """Whether `variable` is a constant with the value of `pattern`; broadcasts of a 0-d constant are looked through."""
    if isinstance(pattern, Constant) and isinstance(variable, Constant) and pattern.equals(variable):
        return True
    while variable.owner is not None and type(variable.owner.op).__name__ == "DimShuffle":
        variable = variable.owner.inputs[0]
    if not isinstance(variable, Constant):
        return False
    value = pattern.data if isinstance(pattern, Constant) else pattern
    if not isinstance(value, Number | np.ndarray | np.generic):
        return False
    data = np.asarray(variable.data)
    return data.size == np.size(value) and bool(np.all(data == value))
