"""Fusion through reductions: elementwise work, the reductions it feeds, and what is made of their results, as one node.

A cluster grows from a reduction over the nodes beside it that share its index space: the shape of what is reduced,
and the reduced axes. It stays convex (no path leaves it and comes back), so replacing it by one `Fused` node makes no
cycle. What may join depends on how the loops will run:

* rows (the reduced axes are the last ones, and not all): everything, since a row stays in the cache between sweeps;
* whole (one row): nothing that must be stored element by element, since each sweep walks through memory again;
* columns (any other axes): producers of reductions only, since lanes are rows there.
"""

from __future__ import annotations

from collections.abc import Iterator

from theano.codegen import MapSweep, NotLowerable, ReduceSweep
from theano.errors import InconsistencyError
from theano.graph import Apply, FunctionGraph
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.fused import Fused
from theano.tensor.fused_loops import row_program
from theano.tensor.reduction import CAReduce

from .engine import Optimizer, copy_stack_trace
from .fusion import FusionOptimizer
from .fusion_cluster import Cluster
from .fusion_split import split_producer

__all__ = ["ReductionFusion"]

MAX_SWEEPS, MAX_NODES, MAX_READERS = 8, 40, 32
NAME = "fusion_through_reductions"


class ReductionFusion(Optimizer):
    """Fuse clusters around reductions, in order of evaluation."""

    name = NAME

    def apply(self, fgraph: FunctionGraph) -> bool:
        changed = split = False
        updates = {fgraph.outputs[i] for i in fgraph.update_mapping}
        for seed in fgraph.toposort():
            if isinstance(seed.op, CAReduce) and seed in fgraph.apply_nodes:
                split = split_producer(fgraph, seed) or split
                cluster = Cluster.around(fgraph, seed, updates)
                if cluster is not None:
                    _grow(cluster)
                    changed = _replace(cluster) or changed
        if split:  # what is stored may now join the elementwise work that reads it
            FusionOptimizer().apply(fgraph)
        return changed or split


def _grow(cluster: Cluster) -> None:
    """Add neighbours until none fits any more."""
    grown = True
    while grown and len(cluster.nodes) < MAX_NODES:
        grown = False
        for node in _neighbours(cluster):
            if node not in cluster.nodes and cluster.add(node):
                grown = True
                if len(cluster.nodes) >= MAX_NODES:
                    break


def _neighbours(cluster: Cluster) -> Iterator[Apply]:
    """Producers, then other readers of what the cluster reads, then readers of what it makes."""
    members = list(cluster.nodes)
    found: dict[Apply, None] = {}
    for node in members:
        found.update((v.owner, None) for v in node.inputs if v.owner is not None)
    read = [v for n in members for v in n.inputs if v in cluster.full]
    for v in dict.fromkeys([*read, *[v for n in members for v in n.outputs]]):
        found.update((reader, None) for reader, _ in cluster.fgraph.clients(v)[:MAX_READERS] if reader != "output")
    return iter([node for node in found if node not in cluster.nodes])


def _replace(cluster: Cluster) -> bool:
    """Put one node into the place of the cluster, if that is worth while and can be lowered."""
    cluster.prune()
    working = [n for n in cluster.nodes if not isinstance(n.op, DimShuffle)]
    if len(working) < 2 or not any(isinstance(n.op, CAReduce) for n in working):
        return False
    fgraph = cluster.fgraph
    nodes = sorted(cluster.nodes, key=fgraph.rank)
    results = cluster.results(nodes)
    inputs = cluster.inputs(nodes)
    if results is None or not inputs:
        return False
    node = Fused(inputs, results).make_node(*inputs)
    if not _can_run(node) or any(new.type != old.type for new, old in zip(node.outputs, results, strict=True)):
        return False
    for new, old in zip(node.outputs, results, strict=True):
        copy_stack_trace(old, new)
    copy_stack_trace([v for n in nodes for v in n.outputs], node.outputs[0])
    try:
        fgraph.replace_all_validate(list(zip(results, node.outputs, strict=True)), reason=NAME)
    except InconsistencyError:
        return False  # a node that overwrites what the cluster reads stands between its parts
    return True


def _can_run(node: Apply) -> bool:
    try:
        step = row_program(node.op, node)
    except NotLowerable:
        return False
    walks = [s for s in step.kernel.sweeps if isinstance(s, MapSweep | ReduceSweep)]
    return len(walks) <= MAX_SWEEPS
