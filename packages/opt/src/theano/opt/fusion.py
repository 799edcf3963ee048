"""Fusion: clusters of elementwise nodes become one `Elemwise{Composite{...}}`, so each array is read and written once.

Levels keep the result free of cycles. A node's level falls by one across every edge that cannot be fused (another
kind of node, another broadcast pattern, a full cluster); levels are counted from the outputs, so a node stands beside
its consumers. Nodes of one level that are joined by fusable edges form a cluster: no path can leave a cluster and
come back, because on its way out the level would change. A cluster may have several outputs when several of its
values are used outside.
"""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano.codegen import NotLowerable
from theano.codegen.expr import Expr
from theano.codegen.formula import k
from theano.frozen import dataclass, field
from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.scalar import Composite, ScalarConstant, get_scalar_type
from theano.tensor.elemwise import Elemwise

from .database import SequenceDB
from .engine import GraphRule, Optimizer, copy_stack_trace, in2out
from .matching import has_one_client

__all__ = ["FusionOptimizer", "can_lower", "fusion_database", "local_add_mul_fusion"]

#: Limits of one cluster.
MAX_INPUTS, MAX_OPS, MAX_OUTPUTS = 32, 100, 8

_lowerable: dict[Any, bool] = {}


def can_lower(scalar_op: Any, dtypes: tuple[str, ...]) -> bool:
    """Whether the formula of `scalar_op` on operands of `dtypes` can be said in the loop IR."""
    key = (scalar_op, dtypes)
    known = _lowerable.get(key)
    if known is None:
        try:
            scalar_op.lower_exprs(k, [Expr("load", (), dtype, i) for i, dtype in enumerate(dtypes)])
            known = True
        except (NotLowerable, NotImplementedError, AttributeError, TypeError):
            known = False
        if len(_lowerable) > 10_000:
            _lowerable.clear()
        _lowerable[key] = known
    return known


def _fusable(node: Apply) -> bool:
    op = node.op
    if not isinstance(op, Elemwise) or op.inplace_pattern:
        return False
    if not node.outputs[0].type.ndim and not node.outputs[0].type.dtype.startswith("float"):
        return False  # 0-d integers are lengths, which the plan computes without kernels
    return can_lower(op.scalar_op, tuple([v.type.dtype for v in node.inputs]))


@dataclass(eq=False)
class _Cluster:
    """Nodes to be fused, consumers first; `inputs` are read from outside, `outputs` counts values used outside."""

    level: int
    pattern: tuple[bool, ...]
    nodes: dict[Apply, None] = field(default_factory=dict)
    inputs: dict[Variable, None] = field(default_factory=dict)
    outputs: int = 0


def _wide_inputs(inputs: Any) -> int:
    return sum(not isinstance(v, Constant) or v.data.size != 1 for v in inputs)


class FusionOptimizer(Optimizer):
    """Fuse elementwise clusters in one pass."""

    name = "composite_elemwise_fusion"

    def __init__(self, local_optimizer: Any = None) -> None:
        self.optimizer = local_optimizer  # accepted for old programs

    def apply(self, fgraph: FunctionGraph) -> bool:
        clusters = self._clusters(fgraph)
        changed = False
        for cluster in clusters:
            if len(cluster.nodes) > 1:
                changed = _fuse(fgraph, cluster) or changed
        return changed

    def _clusters(self, fgraph: FunctionGraph) -> list[_Cluster]:
        """Clusters in reverse topological order of their first nodes."""
        level: dict[Apply, int] = {}
        home: dict[Apply, _Cluster] = {}
        merged: dict[_Cluster, _Cluster] = {}
        found: list[_Cluster] = []

        def root(cluster: _Cluster) -> _Cluster:
            while cluster in merged:
                cluster = merged[cluster]
            return cluster

        for node in reversed(fgraph.toposort()):
            fusable = _fusable(node)
            pattern = getattr(node.outputs[0].type, "broadcastable", None)
            own, near = 0, []
            for output in node.outputs:
                for reader, _ in fgraph.clients(output):
                    if reader == "output":
                        continue
                    cluster = home.get(reader)
                    joins = fusable and cluster is not None and root(cluster).pattern == pattern
                    own = min(own, level[reader] - (0 if joins else 1))
                    if joins:
                        near.append(root(cluster))  # type: ignore[arg-type]
            near = [c for c in dict.fromkeys(near) if c.level == own]
            if not fusable:
                level[node] = own
                continue
            joined = self._join(fgraph, node, near, merged)
            if joined is None:
                own = own - 1 if near else own
                joined = _Cluster(own, pattern, {node: None}, dict.fromkeys(node.inputs), len(node.outputs))
                found.append(joined)
            level[node], home[node] = own, joined
        return [cluster for cluster in found if cluster not in merged]

    def _join(self, fgraph: FunctionGraph, node: Apply, near: list[_Cluster], merged: Any) -> _Cluster | None:
        """Put `node` into the clusters of its readers, made one; None when the limits forbid it."""
        if not near:
            return None
        first = near[0]
        inputs = dict(first.inputs)
        for cluster in near[1:]:
            inputs.update(cluster.inputs)
        inside = all(
            any(reader in cluster.nodes for cluster in near)
            for output in node.outputs
            for reader, _ in fgraph.clients(output)
        )
        for output in node.outputs:
            inputs.pop(output, None)
        inputs.update(dict.fromkeys(node.inputs))
        outputs = sum(c.outputs for c in near) + (0 if inside else len(node.outputs))
        size = sum(len(c.nodes) for c in near)
        if size >= MAX_OPS or outputs > MAX_OUTPUTS or (len(inputs) > MAX_INPUTS and _wide_inputs(inputs) > MAX_INPUTS):
            return None
        for other in near[1:]:
            first.nodes.update(other.nodes)
            merged[other] = first
        first.nodes[node] = None
        first.inputs, first.outputs = inputs, outputs
        return first


def _fuse(fgraph: FunctionGraph, cluster: _Cluster) -> bool:
    """Replace the nodes of `cluster` by one node."""
    members = cluster.nodes
    nodes = sorted(cluster.nodes, key=fgraph.rank)
    results = [
        v for node in nodes for v in node.outputs if any(reader not in members for reader, _ in fgraph.clients(v))
    ]  # fmt: skip
    op, outer = _fused_op(nodes, results)
    if op is None:
        return False
    fused = op.make_node(*outer)
    if any(new.type != old.type for new, old in zip(fused.outputs, results, strict=True)):
        return False
    for new, old in zip(fused.outputs, results, strict=True):
        copy_stack_trace(old, new)
        if len(results) == 1:
            copy_stack_trace([v for node in nodes for v in node.outputs], new)
    fgraph.replace_all_validate(list(zip(results, fused.outputs, strict=True)), reason="composite_elemwise_fusion")
    return True


# Networks repeat their layers: clusters that do the same on the same dtypes share one op.
_fused_ops: dict[Any, Elemwise] = {}


def _fused_op(nodes: list[Apply], results: list[Variable]) -> tuple[Elemwise | None, list[Variable]]:
    """The op that does what `nodes` do (None if all they read is constant), and what it is to be applied to."""
    places: dict[Variable, Any] = {}
    outer: list[Variable] = []
    steps = []
    for position, node in enumerate(nodes):
        for v in node.inputs:
            if v in places:
                continue
            if isinstance(v, Constant) and v.data.size == 1:
                places[v] = (v.type.dtype, v.data.tobytes())
            else:
                places[v] = len(outer)
                outer.append(v)
        steps.append((node.op.scalar_op, tuple([places[v] for v in node.inputs])))
        places.update((v, (position, i)) for i, v in enumerate(node.outputs))
    if not outer:
        return None, outer  # constants only: folding is the better way
    key = (tuple([v.type.dtype for v in outer]), tuple(steps), tuple([places[v] for v in results]))
    op = _fused_ops.get(key)
    if op is None:
        if len(_fused_ops) > 1000:
            _fused_ops.clear()
        op = _fused_ops[key] = Elemwise(_composite(nodes, outer, results))
    return op, outer


def _composite(nodes: list[Apply], outer: list[Variable], results: list[Variable]) -> Composite:
    scalars: dict[Variable, Variable] = {}
    for node in nodes:
        for v in node.inputs:
            if v not in scalars:
                scalars[v] = _scalar_for(v)
        made = node.op.scalar_op.make_node(*[scalars[v] for v in node.inputs])
        scalars.update(zip(node.outputs, made.outputs, strict=True))
    return Composite.owning([scalars[v] for v in outer], [scalars[v] for v in results])


def _scalar_for(variable: Variable) -> Variable:
    """The scalar that stands for `variable` inside a composite: its value when it is one number."""
    kind = get_scalar_type(variable.type.dtype)
    if isinstance(variable, Constant) and variable.data.size == 1:
        return ScalarConstant(kind, variable.data.reshape(-1)[0])
    return kind.make_variable()


def _add_mul(fgraph: FunctionGraph, node: Apply) -> Any:
    """add(add(a, b), c) -> add(a, b, c), mul likewise, for inner nodes with one reader."""
    kind = type(node.op.scalar_op)
    out = node.outputs[0]
    inputs: list[Variable] = []
    for v in node.inputs:
        inner = v.owner
        nested = inner is not None and isinstance(inner.op, Elemwise) and type(inner.op.scalar_op) is kind
        if nested and v.type == out.type and has_one_client(fgraph, v):
            inputs.extend(inner.inputs)  # type: ignore[union-attr]
        else:
            inputs.append(v)
    if len(inputs) == len(node.inputs) or len(inputs) > MAX_INPUTS:
        return None
    result = node.op(*inputs)
    return [result] if result.type == out.type else None


local_add_mul_fusion = GraphRule(_add_mul, [ts.Add, ts.Mul])
local_add_mul_fusion.name = "local_add_mul_fusion"


def fusion_database() -> SequenceDB:
    """The fusion phase."""
    db = SequenceDB()
    db.name = "elemwise_fusion"
    flat = in2out(local_add_mul_fusion, name="local_add_mul_fusion")
    db.register("local_add_mul_fusion", flat, 0, "fast_run", "fusion")
    db.register("composite_elemwise_fusion", FusionOptimizer(), 1, "fast_run", "fusion")
    return db
