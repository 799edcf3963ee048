"""Rewrites of loops, in three phases: move work out, tidy up and merge, store only what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph import FunctionGraph
from theano.opt.database import EquilibriumDB, SequenceDB
from theano.opt.engine import GraphRule, Optimizer, TopoOptimizer
from theano.opt.rewrites.scan_module.memory import scan_save_mem
from theano.opt.rewrites.scan_module.merge import merge_loops
from theano.opt.rewrites.scan_module.pushout import scan_pushout_dot1, scan_pushout_output, scan_pushout_seqs
from theano.opt.rewrites.scan_module.tidy import (
    scan_merge_inner,
    scan_merge_inouts,
    scan_pushout_nonseqs,
    scan_remove_unused,
    scan_remove_unused_outputs,
)
from theano.scan_module.scan_op import Scan

__all__ = ["LoopMerger", "register_all"]

_REMOVE = "remove_constants_and_unused_inputs_scan"

#: Work that moves out of loops: name, rule, further tags.
PUSHING: tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...] = (
    ("scanOp_merge_inner0", scan_merge_inner, ()),
    ("scanOp_remove_constants_and_unused_inputs0", scan_remove_unused, (_REMOVE,)),
    ("scanOp_remove_unused_outputs0", scan_remove_unused_outputs, ()),
    ("scanOp_pushout_nonseqs_ops", scan_pushout_nonseqs, ()),
    ("scanOp_pushout_seqs_ops", scan_pushout_seqs, ()),
    ("scan_pushout_dot1", scan_pushout_dot1, ("more_mem",)),
    ("scanOp_pushout_output", scan_pushout_output, ("more_mem",)),
)

#: What makes loops smaller once the graph around them has settled.
CLEANING: tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...] = (
    ("scanOp_merge_inner1", scan_merge_inner, ()),
    ("scanOp_remove_constants_and_unused_inputs1", scan_remove_unused, (_REMOVE,)),
    ("scanOp_remove_unused_outputs1", scan_remove_unused_outputs, ()),
    ("scanOp_merge_inouts", scan_merge_inouts, ("scan_merge_inouts",)),
)


class LoopMerger(Optimizer):
    """Merges loops over the same steps."""

    name = "scanOp_merge"

    def apply(self, fgraph: FunctionGraph) -> bool:
        return merge_loops(fgraph)


def _rule(name: str, fn: Callable[..., Any]) -> GraphRule:
    rule = GraphRule(fn, [Scan])
    rule.name = name
    return rule


def _database(entries: Any) -> EquilibriumDB:
    database = EquilibriumDB()
    for name, fn, tags in entries:
        # A tag that equals the name of its entry goes without saying.
        database.register(name, _rule(name, fn), "fast_run", "scan", *[tag for tag in tags if tag != name])
    return database


def register_all(optdb: SequenceDB) -> None:
    """Enter the rewrites of loops with phases of their own."""
    optdb.register("scan_eqopt1", _database(PUSHING), 0.05, "fast_run", "scan")
    cleaning = _database(CLEANING)
    cleaning.register("scanOp_merge", LoopMerger(), "fast_run", "scan", final_opt=True)
    optdb.register("scan_eqopt2", cleaning, 1.6, "fast_run", "scan")
    saving = TopoOptimizer(_rule("scanOp_save_mem", scan_save_mem))
    optdb.register("scanOp_save_mem", saving, 1.61, "fast_run", "scan")
