"""Symbolic shapes of all variables of a graph, worked out only when somebody asks.

The lengths of a variable follow from the rule of its op and the lengths of its inputs; where there is no rule, they are
`Shape_i` of the variable itself. So `shape(exp(x))[0]` can be had without computing `exp(x)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from theano.errors import AlreadyThere, ShapeError, explain
from theano.graph import Apply, Constant, Feature, FunctionGraph, Variable, equal_computations
from theano.plugin import table
from theano.tensor import cast, constant
from theano.tensor.shape import shape_i_op

from .engine import Optimizer, failed

__all__ = ["ShapeFeature", "ShapeOptimizer", "UnShapeOptimizer", "lengths_of"]

Lengths = tuple[Variable, ...]


def _length(value: Any) -> Variable:
    """`value` as a 0-d int64 variable."""
    if isinstance(value, int | np.integer):
        return _constant_length(int(value))
    if isinstance(value, Constant) and value.type.ndim == 0:
        return _constant_length(int(value.data))
    if isinstance(value, np.ndarray):
        return _constant_length(int(value))
    if value.type.dtype != "int64":
        return cast(value, "int64")
    return value


def _constant_length(value: int) -> Variable:
    return constant(np.asarray(value, dtype="int64"))


class _ShapeOf(Mapping[Variable, Any]):
    """The lengths by variable, computed on reading."""

    def __init__(self, feature: ShapeFeature) -> None:
        self.feature = feature

    def __getitem__(self, variable: Variable) -> Lengths | None:
        return self.feature.lengths(variable)

    def get(self, variable: Variable, default: Any = None) -> Any:
        return self.feature.lengths(variable)

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.feature.known)

    def __len__(self) -> int:
        return len(self.feature.known)


class ShapeFeature(Feature):
    """Answers symbolic shapes in a graph; `fgraph.shape_feature` while attached."""

    is_picklable = False

    def __init__(self) -> None:
        self.known: dict[Variable, Lengths | None] = {}
        self.replaced: dict[Variable, Variable] = {}
        self.leaves: set[Variable] = set()
        self.shape_of = _ShapeOf(self)

    def on_attach(self, fgraph: FunctionGraph) -> None:
        if getattr(fgraph, "shape_feature", None) is not None:
            raise AlreadyThere("a graph has one shape feature")
        fgraph.shape_feature = self  # type: ignore[attr-defined]

    def on_detach(self, fgraph: FunctionGraph) -> None:
        fgraph.shape_feature = None  # type: ignore[attr-defined]

    def on_change_input(
        self, fgraph: FunctionGraph, node: Any, i: int, old: Variable, new: Variable, reason: Any
    ) -> None:
        if old in self.leaves and old is not new:
            self.replaced[old] = new

    def lengths(self, variable: Variable) -> Lengths | None:
        """The lengths of `variable`, 0-d int64 variables; None for types without shape."""
        known = self.known
        if variable in known:
            return known[variable]
        stack = [variable]
        while stack:
            current = stack[-1]
            if current in known:
                stack.pop()
                continue
            node = current.owner
            missing = [] if node is None else [v for v in node.inputs if v not in known and v.owner is not None]
            if missing and table("shape").lookup(node.op) is not None:  # type: ignore[union-attr]
                stack.extend(missing)
                continue
            stack.pop()
            self._note(current)
        return known[variable]

    def length(self, variable: Variable, i: int) -> Variable:
        """Length of dimension `i` of `variable`."""
        if variable.type.broadcastable[i]:
            return _constant_length(1)
        return self.lengths(variable)[i]  # type: ignore[index]

    def _note(self, variable: Variable) -> None:
        node = variable.owner
        if node is None:
            self.known[variable] = self._of_root(variable)
            return
        rule = table("shape").lookup(node.op)
        results: Any = None
        if rule is not None:
            inputs = [self._of_input(v) for v in node.inputs]
            results = self._apply_rule(rule, node, inputs)
        for i, output in enumerate(node.outputs):
            found = None if results is None else results[i]
            self.known[output] = self._default(output) if found is None else self._clean(output, found)

    def _of_input(self, variable: Variable) -> Lengths | None:
        if variable not in self.known:
            self.known[variable] = self._of_root(variable)
        return self.known[variable]

    def _apply_rule(self, rule: Any, node: Apply, inputs: list[Lengths | None]) -> Any:
        try:
            results = rule(node, inputs)
        except (ShapeError, NotImplementedError):
            return None
        except Exception as error:
            failed(f"shape rule of {type(node.op).__name__}", error, node)
            return None
        fits = isinstance(results, list | tuple) and len(results) == len(node.outputs)
        if not fits or any(lengths is not None and not isinstance(lengths, tuple | list) for lengths in results):
            text = explain(
                f"infer_shape of {node.op}",
                f"it returned {results!r}",
                f"return a list with one tuple of lengths for each of the {len(node.outputs)} outputs",
            )
            failed(f"shape rule of {type(node.op).__name__}", TypeError(text), node)
            return None
        return results

    def _of_root(self, variable: Variable) -> Lengths | None:
        if isinstance(variable, Constant) and getattr(variable.type, "ndim", None) is not None:
            return tuple(_constant_length(n) for n in np.shape(variable.data))
        return self._default(variable)

    def _default(self, variable: Variable) -> Lengths | None:
        """Ask the value itself, but for lengths that the type tells."""
        pattern = getattr(variable.type, "broadcastable", None)
        if pattern is None:
            return None
        self.leaves.add(variable)
        return tuple(_constant_length(1) if flag else shape_i_op(i)(variable) for i, flag in enumerate(pattern))

    def _clean(self, variable: Variable, found: Any) -> Lengths | None:
        pattern = getattr(variable.type, "broadcastable", None)
        if pattern is None:
            return None
        if len(found) != len(pattern):
            return self._default(variable)
        return tuple(_constant_length(1) if flag else _length(n) for flag, n in zip(pattern, found, strict=True))

    def same_shape(self, x: Variable, y: Variable) -> bool:
        """Whether `x` and `y` provably have equal shapes."""
        a, b = self.lengths(x), self.lengths(y)
        if a is None or b is None or len(a) != len(b):
            return False
        return all(self.same_length(m, n) for m, n in zip(a, b, strict=True))

    @staticmethod
    def same_length(m: Variable, n: Variable) -> bool:
        """Whether two lengths are provably equal."""
        if isinstance(m, Constant) and isinstance(n, Constant):
            return bool(m.data == n.data)  # of any integer types
        return m is n or equal_computations([m], [n])


def lengths_of(fgraph: FunctionGraph | None, variable: Variable) -> list[Variable]:
    """The lengths of a tensor variable: from the shape feature of the graph, or read off the value."""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is not None:
        return list(feature.lengths(variable))
    pattern = variable.type.broadcastable
    return [_constant_length(1) if flag else shape_i_op(i)(variable) for i, flag in enumerate(pattern)]


class ShapeOptimizer(Optimizer):
    """Attach a `ShapeFeature`."""

    name = "ShapeOpt"

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(ShapeFeature())

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing to do beyond attaching."""


class UnShapeOptimizer(Optimizer):
    """Take the `ShapeFeature` off again."""

    name = "UnShapeOpt"

    def apply(self, fgraph: FunctionGraph) -> None:
        for feature in [f for f in fgraph.features if isinstance(f, ShapeFeature)]:
            fgraph.remove_feature(feature)
