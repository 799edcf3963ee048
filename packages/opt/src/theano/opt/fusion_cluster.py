"""One cluster of `theano.opt.fusion_reduction` while it grows: which nodes fit, and what they make."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.fused_loops import kernel_kind
from theano.tensor.reduction import CAReduce

from .fusion import can_lower

__all__ = ["Cluster", "is_fusable"]

MAX_INPUTS, MAX_REDUCTIONS = 16, 7
#: How many nodes outside the cluster are looked at for a way back into it.
MAX_VISITS = 400

FULL, SPREAD, THIN = "full", "spread", "thin"


class Cluster:
    """Nodes over one index space.

    Attributes
    ----------
    pattern : tuple of bool
        Broadcast pattern of what is reduced; every variable with this pattern counts as *full* when an elementwise
        node or a reduction of the cluster ties its shape to the others'.
    axes : tuple of int
        The reduced axes.
    form : {"rows", "whole", "columns"}
    made : dict
        What the nodes make: ``full``, ``spread`` (one value per row, reduced axes of length 1), or ``thin`` (without
        the reduced axes).
    bound : set
        Values per row that depend on inputs other than full ones; they cannot be computed after the last sweep.
    """

    def __init__(
        self, fgraph: FunctionGraph, pattern: tuple[bool, ...], axes: tuple[int, ...], updates: Container[Variable]
    ) -> None:
        self.fgraph, self.pattern, self.axes, self.updates = fgraph, pattern, axes, updates
        ndim = len(pattern)
        self.kept = tuple([d for d in range(ndim) if d not in axes])
        self.spread = tuple([d in axes or flag for d, flag in enumerate(pattern)])
        self.thin = tuple([pattern[d] for d in self.kept])
        if all(self.thin):
            self.form = "whole"
        else:
            self.form = "rows" if axes == tuple(range(ndim - len(axes), ndim)) else "columns"
        self.nodes: dict[Apply, None] = {}
        self.full: set[Variable] = set()
        self.made: dict[Variable, str] = {}
        self.bound: set[Variable] = set()

    @classmethod
    def around(cls, fgraph: FunctionGraph, seed: Apply, updates: Container[Variable] = ()) -> Cluster | None:
        """A cluster of one reduction; None when that cannot be fused. `updates` are new values of shared variables."""
        pattern = seed.inputs[0].type.broadcastable
        axes = tuple(sorted(seed.op.axes_of(len(pattern))))
        if not axes or any(pattern[a] for a in axes):
            return None
        cluster = cls(fgraph, pattern, axes, updates)
        cluster.full.add(seed.inputs[0])
        return cluster if cluster.add(seed) else None

    # -- what fits -----------------------------------------------------------------------------------------------

    def add(self, node: Apply) -> bool:
        """Take `node` in (with the reductions that are its only other readers), if it fits."""
        layout = self._layout(node)
        if layout is None:
            return False
        group = [node]
        if layout == FULL:
            group.extend(self._reductions_of(node))
            if not self._may_join(node, group):
                return False
        members = {**self.nodes, **dict.fromkeys(group)}
        if not self._within_limits(members) or not self._is_convex(members):
            return False
        self._enter(node, layout)
        for reduction in group[1:]:
            self._enter(reduction, THIN)
        return True

    def _enter(self, node: Apply, layout: str) -> None:
        self.nodes[node] = None
        self.made.update(dict.fromkeys(node.outputs, layout))
        if layout == FULL or isinstance(node.op, CAReduce):
            tied = [v for v in (*node.inputs, *node.outputs) if v.type.broadcastable == self.pattern]
            self.full.update(v for v in tied if not isinstance(v, Constant) or v.data.size != 1)
        elif any(self._is_foreign(v) or v in self.bound for v in node.inputs):
            self.bound.update(node.outputs)

    def _is_foreign(self, v: Variable) -> bool:
        return v not in self.made and not _is_number(v)

    def _layout(self, node: Apply) -> str | None:
        """What the outputs of `node` are in this index space; None when it does not belong here."""
        op, out = node.op, node.outputs[0]
        if isinstance(op, CAReduce):
            return THIN if self._is_ours(node) and self._may_reduce(node) else None
        if isinstance(op, DimShuffle):
            return self._layout_of_view(node)
        if not is_fusable(node):
            return None
        if out.type.broadcastable == self.pattern:
            return FULL if any(v in self.full for v in (*node.inputs, *node.outputs)) else None
        for layout, pattern in ((SPREAD, self.spread), (THIN, self.thin)):
            if out.type.broadcastable == pattern and any(self.made.get(v) == layout for v in node.inputs):
                return layout
        return None

    def _may_reduce(self, node: Apply) -> bool:
        x = node.inputs[0]
        if self.form == "columns" and self.nodes and x not in self.made:
            # what lies in memory has a way of its own through columns, which is for reductions of one array
            alone = FULL not in self.made.values()
            return alone and all(n.inputs[0] is x for n in self.nodes if isinstance(n.op, CAReduce))
        return x in self.full

    def _layout_of_view(self, node: Apply) -> str | None:
        source, order = self.made.get(node.inputs[0]), node.op.new_order
        if source == THIN:
            places: dict[Any, int] = dict(enumerate(self.kept))
        elif source == SPREAD:
            places = {d: d for d in self.kept}  # its other dims have length 1, like new ones
        else:
            return None
        shown = tuple([places.get(entry) for entry in order])
        if shown == self.kept:
            return THIN
        return SPREAD if shown == tuple([d if d in self.kept else None for d in range(len(self.pattern))]) else None

    def _is_ours(self, node: Apply) -> bool:
        """Whether `node` is a reduction of this index space that the loop IR knows."""
        if not isinstance(node.op, CAReduce):
            return False
        kind = node.inputs[0].type
        axes = tuple(sorted(node.op.axes_of(kind.ndim)))
        return axes == self.axes and kind.broadcastable == self.pattern and kernel_kind(node.op, kind.dtype) is not None

    def _reductions_of(self, node: Apply) -> list[Apply]:
        """Reductions of what `node` makes that are not members yet."""
        readers = {reader: None for v in node.outputs for reader, _ in self.fgraph.clients(v) if reader != "output"}
        return [r for r in readers if r not in self.nodes and self._is_ours(r)]

    def _may_join(self, node: Apply, group: list[Apply]) -> bool:
        """Whether a full elementwise node fits this form, and has a reason to join."""
        if self.form == "columns" and not self._suits_columns(node):
            return False
        readers = [reader for v in node.outputs for reader, _ in self.fgraph.clients(v)]
        if all(reader in self.nodes or reader in group for reader in readers):
            return True
        if self.form != "rows" or any(v in self.updates for v in node.outputs):
            return False
        return any(v in self.made for v in node.inputs) or any(reader in self.nodes for reader in readers)

    def _suits_columns(self, node: Apply) -> bool:
        """Whether `node` only prepares what members add up, and reads one array of the full size: several would be
        walked through in short stretches, which costs more than the result's way through memory."""
        made = any(v in self.made for v in node.inputs)
        wide = [v for v in node.inputs if v.type.broadcastable == self.pattern and not _is_number(v)]
        sums = all(kernel_kind(n.op, n.inputs[0].type.dtype) == "add" for n in self.nodes if isinstance(n.op, CAReduce))
        return sums and not made and len(wide) <= 1 and any(self._is_read(v) for v in node.outputs)

    def _is_read(self, v: Variable) -> bool:
        return any(reader in self.nodes for reader, _ in self.fgraph.clients(v))

    # -- limits --------------------------------------------------------------------------------------------------

    def _within_limits(self, members: Iterable[Apply]) -> bool:
        nodes = list(members)
        return (
            len(self.inputs(nodes)) <= MAX_INPUTS and sum(isinstance(n.op, CAReduce) for n in nodes) <= MAX_REDUCTIONS
        )

    def _is_convex(self, members: dict[Apply, None]) -> bool:
        """Whether no path leaves `members` and comes back."""
        fgraph = self.fgraph
        last = max(fgraph.rank(n) for n in members)
        stack = [r for n in members for v in n.outputs for r, _ in fgraph.clients(v) if r != "output"]
        seen: set[Apply] = set()
        while stack:
            node = stack.pop()
            if node in members:
                continue
            if node in seen or fgraph.rank(node) >= last:
                continue
            seen.add(node)
            if len(seen) > MAX_VISITS:
                return False
            for v in node.outputs:
                for reader, _ in fgraph.clients(v):
                    if reader in members:
                        return False
                    if reader != "output":
                        stack.append(reader)
        return True

    # -- the result ----------------------------------------------------------------------------------------------

    def prune(self) -> None:
        """Give back values per row that nothing inside reads and that could not be handed out."""
        changed = True
        while changed:
            changed = False
            for node in list(self.nodes):
                useless = all(not self._is_result(v) for v in node.outputs)
                if useless and not any(self._is_read(v) for v in node.outputs):
                    del self.nodes[node]
                    changed = True

    def _is_result(self, v: Variable) -> bool:
        """Whether the fused node could hand out `v`."""
        return self.made[v] == FULL or (self.made[v] == THIN and v not in self.bound)

    def inputs(self, nodes: Iterable[Apply]) -> list[Variable]:
        """What `nodes` read from outside; numbers are no inputs."""
        nodes = list(nodes)
        made = {v for n in nodes for v in n.outputs}
        return list(dict.fromkeys(v for n in nodes for v in n.inputs if v not in made and not _is_number(v)))

    def results(self, nodes: list[Apply]) -> list[Variable] | None:
        """What is read outside. Values per row that cannot be handed out stay outside too, computed a second time."""
        outside: set[Apply] = set()
        found: dict[Variable, None] = {}
        for node in reversed(nodes):
            for v in node.outputs:
                readers = [r for r, _ in self.fgraph.clients(v)]
                if not any(r == "output" or r not in self.nodes or r in outside for r in readers):
                    continue
                if self._is_result(v):
                    found[v] = None
                else:
                    outside.add(node)
        if self.form != "rows" and any(self.made[v] == FULL for v in found):
            return None
        return [v for n in nodes for v in n.outputs if v in found]


def _is_number(v: Variable) -> bool:
    """Whether `v` is a constant that loops hold as a literal."""
    return isinstance(v, Constant) and v.data.size == 1


def is_fusable(node: Apply) -> bool:
    """Whether the loop IR can say an elementwise node; 0-d integers are lengths, which plans compute otherwise."""
    op, kind = node.op, node.outputs[0].type
    if not isinstance(op, Elemwise) or op.inplace_pattern or not (kind.ndim or kind.dtype.startswith("float")):
        return False
    return can_lower(op.scalar_op, tuple([v.type.dtype for v in node.inputs]))
