"""The phase of fusion through reductions, whose files are imported when a graph has a reduction or a softmax."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, FunctionGraph
from theano.tensor.reduction import CAReduce

from .database import SequenceDB
from .engine import GraphRule, Optimizer, in2out

__all__ = ["reduction_fusion_database"]

NAME = "fusion_through_reductions"


class LateReductionFusion(Optimizer):
    """`theano.opt.fusion_reduction.ReductionFusion` for graphs with reductions."""

    name = NAME

    def apply(self, fgraph: FunctionGraph) -> bool:
        if not any(issubclass(op, CAReduce) for op, _ in fgraph.kinds()):
            return False
        from .fusion_reduction import ReductionFusion  # lazy: see the module

        return ReductionFusion().apply(fgraph)


def _softmax_of_shifted(fgraph: FunctionGraph, node: Apply) -> Any:
    from .fusion_softmax import local_softmax_of_shifted  # lazy: see the module

    return local_softmax_of_shifted.rewrite(fgraph, node)


def _open_softmax(fgraph: FunctionGraph, node: Apply) -> Any:
    from .fusion_softmax import local_open_softmax  # lazy: see the module

    return local_open_softmax.rewrite(fgraph, node)


def reduction_fusion_database() -> SequenceDB:
    """The phase behind elementwise fusion."""
    db = SequenceDB()
    db.name = "reduction_fusion"
    rules = (
        ("local_softmax_of_shifted", _softmax_of_shifted, ["Softmax", "LogSoftmax"]),
        ("local_open_softmax", _open_softmax, ["Softmax", "LogSoftmax", "SoftmaxGrad"]),
    )
    for place, (name, function, tracks) in enumerate(rules):
        rule = GraphRule(function, tracks)
        rule.name = name
        db.register(name, in2out(rule, name=name), place / 10, "fast_run", "fusion")
    db.register(NAME, LateReductionFusion(), 1, "fast_run", "fusion")
    return db
